"""What an option of the command line may be, as far as its declaration tells."""

from __future__ import annotations

import ast

from lrmigrate.analysis.library import Kind
from lrmigrate.analysis.values import Values, is_whole

_DECLARES_WHOLE = "DEFINE_integer"


def is_whole_option(values: Values, node: ast.expr) -> bool:
    """Whether `args.rate` may be a whole number: an option of that name has one as default, or as type.

    Which parser has made `args` is not asked: a number that is one already bears a `float(...)`.
    """
    if not isinstance(node, ast.Attribute) or values.kinds(node).isdisjoint({Kind.UNKNOWN, Kind.FOREIGN}):
        return False
    for home, declare in (
        *values.outside.attribute_reads("add_argument", values),
        *values.outside.attribute_reads(_DECLARES_WHOLE, values),
    ):
        call = home.source.parents[declare]
        if isinstance(call, ast.Call) and call.func is declare and _name_of(call) == node.attr:
            if declare.attr == _DECLARES_WHOLE or _is_whole(home, call):
                return True
    return False


def _name_of(call: ast.Call) -> str:
    """The attribute that an option is read by; "" where it is not in sight."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if isinstance(name := given.get("dest"), ast.Constant):
        return str(name.value)
    names = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    long = [name for name in names if name.startswith("--")] or names
    return long[0].lstrip("-").replace("-", "_") if long else ""


def _is_whole(home: Values, call: ast.Call) -> bool:
    """Whether a declared option may be a whole number; a default that is no text is taken as it is."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    default, kind = given.get("default"), given.get("type")
    if default is not None and any(map(is_whole, home.of(default))):
        return True
    return isinstance(kind, ast.Name) and kind.id == "int" and not home.names.live("int", kind)
