"""What a name stands for, place by place. `HERE` is the expression that is asked about."""

from __future__ import annotations

import ast

import pytest

from lrmigrate.analysis.scopes import Names
from lrmigrate.analysis.sites import known
from lrmigrate.analysis.syntax import Source

SGD = "keras.optimizers.SGD"


def candidates(text: str) -> set[str | None]:
    """What the argument of `HERE(...)` may stand for."""
    source = Source(text)
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Name(id="HERE"), args=[argument]):
                return set(Names(source, known).resolve(argument))
    raise AssertionError("no HERE")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a.b\nHERE(a.b.c)", {"a.b.c"}),
        ("import a.b as x\nHERE(x.c)", {"a.b.c"}),
        ("from a import b as x\nHERE(x)", {"a.b"}),
        ("from . import b\nHERE(b)", {".b"}),
        ("HERE(b)", {None}),
        ("import a\nt = a.t\nu = t.u\nHERE(u.v)", {"a.t.u.v"}),
        ("import a\na = a.b\nHERE(a.c)", {"a.b.c"}),
        ("import a\ndef f(a):\n    HERE(a.b)", {None}),
        ("import a\ndef f():\n    a = 1\n    HERE(a.b)", {None}),
        ("import a\ndef f():\n    HERE(a.b)\na = 1", {None}),
        ("import a\nHERE(a.b)\na = 1", {"a.b"}),
        ("import a\nfor i in x:\n    HERE(a.b)\n    a = 1", {"a.b", None}),
        ("try:\n    import a\nexcept ImportError:\n    a = None\nHERE(a.b)", {"a.b"}),
        ("try:\n    import a\nexcept ImportError:\n    import c as a\nHERE(a.b)", {"a.b", "c.b"}),
        ("if x:\n    import a\nelse:\n    a = f()\nHERE(a.b)", {"a.b", None}),
        ("import a\nimport c as a\nHERE(a.b)", {"c.b"}),
        ("class C:\n    import a\n    HERE(a.b)", {"a.b"}),
        ("class C:\n    import a\n    def f(self):\n        HERE(a.b)", {None}),
        ("def f():\n    global a\n    import a\ndef g():\n    HERE(a.b)", {"a.b"}),
        ("global a\nimport a\nHERE(a.b)", {"a.b"}),
        ("def f():\n    import a\n    def g():\n        HERE(a.b)", {"a.b"}),
        ("import a\n[HERE(a.b) for a in x]", {None}),
        ("import a\n[0 for b in HERE(a.b)]", {"a.b"}),
        ("import a\nlambda a: HERE(a.b)", {None}),
        ("import a\nlambda c=HERE(a.b): 0", {"a.b"}),
        ("import a\nif (a := 1): pass\nHERE(a.b)", {"a.b", None}),
        ("import a\ndel a\nHERE(a.b)", {None}),
        ("import a\nwith x as a:\n    HERE(a.b)", {None}),
        ("import a\nfor a in x:\n    HERE(a.b)", {None}),
        ("import a\na += 1\nHERE(a.b)", {None}),
        ("from keras.optimizers import *\nHERE(SGD)", {SGD}),
        ("from keras.optimizers import *\nHERE(Nonsense)", {None}),
        ("from keras.optimizers import *\nfrom mine import *\nHERE(SGD)", {SGD, None}),
        ("from mine import *\nfrom keras.optimizers import *\nHERE(SGD)", {SGD}),
        ("from keras.optimizers import *\nfrom keras.layers import *\nHERE(SGD)", {SGD}),
        ("from keras.optimizers import *\nclass SGD: pass\nHERE(SGD)", {None}),
        ("from keras.optimizers import SGD\nclass SGD(SGD): pass\nHERE(SGD)", {None}),
        ("import a\nmatch x:\n    case {'k': a}: HERE(a.b)", {"a.b", None}),
        ("import a\ntry: pass\nexcept E as a:\n    HERE(a.b)", {"a.b", None}),
    ],
)
def test_candidates(text: str, expected: set[str | None]) -> None:
    assert candidates(text) == expected
