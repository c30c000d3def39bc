"""Whether a text that does not parse looks like Python 2, so that advice on that is given where it helps."""

from __future__ import annotations

import re

#: What Python 2 takes and Python 3 does not, as it stands at the beginning of a line or in it.
_STATEMENT = re.compile(
    r"""^[ \t]*(?:.*:[ \t]+)?(?:
        print[ \t]+(?:["'\w%]|>>)           # print "x", print x, print >>stream
      | exec[ \t]+["'\w]                    # exec code
      | raise[ \t]+[\w.]+[ \t]*,            # raise ValueError, "x"
      | except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:
    )""",
    re.MULTILINE | re.VERBOSE,
)
_IN_LINE = re.compile(r"<>|`[^`]+`|\b[uU][rR][\"']|\b\d+[lL]\b|(?<![\w.])0[0-7]+\b")


def looks_like_python2(text: str, line: int) -> bool:
    """Whether a text whose ``line`` (1-based) does not parse looks like Python 2."""
    if _STATEMENT.search(text):
        return True
    lines = text.splitlines()[line - 1 : line]
    return any(_IN_LINE.search(re.sub(r"#.*", "", broken)) for broken in lines)
