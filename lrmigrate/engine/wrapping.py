"""Lines that a fix has made too long, broken at the arguments of a call as one would by hand."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from lrmigrate.analysis.syntax import CannotParse, Source, parse
from lrmigrate.edits import splice
from lrmigrate.model import Edit, Finding, Span

_SHORT = 79  # columns that every file may have
_LEAST = 8  # characters of arguments, which are worth a line of their own


def wrapped(source: Source, findings: list[Finding]) -> list[Finding]:
    """Findings whose fixes break the line that they would make too long.

    A line grows to the length of the longest one of its file, or to 79 columns. A statement that stood on
    several lines, or does not stand alone on its line, or is mended by several fixes, is left as it is.
    """
    places = Counter(source.line_start(start) for f in findings for start in {e.span.start for e in f.edits})
    found = []
    for finding in findings:
        own = {source.line_start(edit.span.start) for edit in finding.edits}
        line = source.line_start(finding.span.start)
        inside = len({e.span.start for e in finding.edits if source.line_start(e.span.start) == line})
        is_alone = line in own and places[line] == inside
        one = _with_line(source, finding, line) if is_alone else finding
        others = (edit for other in findings if other is not finding for edit in other.edits)
        found.append(one if any(finding.span.contains(e.span) for e in others) else _aligned(source, one))
    return found


def _aligned(source: Source, finding: Finding) -> Finding:
    """A finding whose fix keeps continuation lines below the first argument of its call, if they stood so."""
    first = _first_argument(source, finding.span)
    if first is None or any(e.span.start <= first < e.span.end and not e.text for e in finding.edits):
        return finding
    start = source.line_start(first)
    before = [e for e in finding.edits if start <= e.span.start and e.span.end <= first]
    shift = sum(len(e.text) - (e.span.end - e.span.start) for e in before)
    moves: list[Edit] = []
    for line in source.line_starts:
        place = line + first - start
        if not (first < line < finding.span.end and len(source.indent(line)) == first - start):
            continue
        if any(edit.span.start < place <= edit.span.end for edit in finding.edits):
            continue  # what stood here goes
        if source.line_end(line) - line + shift > _longest(source):
            return finding
        span = Span(place, place) if shift > 0 else Span(place + shift, place)
        moves.append(Edit(span, " " * shift, -1))
    is_plain = not any("\n" in edit.text for edit in before)
    edits = [*finding.edits, *(moves if shift and is_plain else ())]
    return replace(finding, edits=tuple(sorted(edits, key=lambda edit: edit.key)))


def _first_argument(source: Source, span: Span) -> int | None:
    """Where the first argument of a call of several lines begins, on the line of its parenthesis."""
    calls: list[ast.Call] = source.nodes(ast.Call)
    call = next((one for one in calls if source.span(one) == span), None)
    if call is None or call.lineno == call.end_lineno or not (call.args or call.keywords):
        return None
    if any(
        isinstance(node, ast.Constant | ast.JoinedStr) and node.lineno != node.end_lineno
        for node in ast.walk(call)
    ):
        return None  # a text of several lines
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    first = min(source.span(one).start for one in given)
    return first if "\n" not in source.text[source.span(call.func).end : first] else None


def _with_line(source: Source, finding: Finding, start: int) -> Finding:
    """A finding whose edits on its line are one, if that line must be broken."""
    line = _line(source, start)
    here = [edit for edit in finding.edits if line is not None and line.contains(edit.span)]
    if line is None or not here or any("\n" in edit.text for edit in here):
        return finding
    moved = [Edit(Span(e.span.start - line.start, e.span.end - line.start), e.text, e.rank) for e in here]
    old = source.text[line.start : line.end]
    broken = _broken(splice(old, moved), _longest(source), source.newline)
    if broken is None:
        return finding
    first, last = _changed(old, broken)
    text = broken[first : len(broken) - len(old) + last]
    whole = Edit(Span(line.start + first, line.start + last), text)
    others = [edit for edit in finding.edits if edit not in here]
    return replace(finding, edits=tuple(sorted([*others, whole], key=lambda edit: edit.key)))


def _line(source: Source, start: int) -> Span | None:
    """The line of a statement that is a call, or gives one to a name, and has the line for itself.

    Comments behind it do not count.
    """
    text = source.text[start : source.line_end(start)].rstrip("\r\n")
    indent = text[: len(text) - len(text.lstrip())]
    try:
        body = parse(text[len(indent) :]).body
    except CannotParse:
        return None
    match body:
        case [ast.Assign(value=ast.Call()) | ast.Expr(value=ast.Call()) | ast.Return(value=ast.Call())]:
            return Span(start, start + len(indent) + _place(text.lstrip(), body[0].end_col_offset or 0))
    return None


def _longest(source: Source) -> int:
    """How long a line may be: as the longest one."""
    return max(_SHORT, *(len(line) for line in source.text.splitlines()))


def _changed(old: str, new: str) -> tuple[int, int]:
    """The part of a text that another one replaces: from the first to the last character that differs."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, len(old) - end


def _broken(line: str, limit: int, newline: str) -> str | None:
    """A line broken at the arguments of its outermost call; None where it need not or cannot be."""
    if len(line) <= limit:
        return None
    indent = line[: len(line) - len(line.lstrip())]
    call = _call(line, indent)
    if call is None:
        return None
    deeper = indent + ("\t" if indent.endswith("\t") else "    ")
    parts = _parts(line, indent, call)
    if parts is None:
        return None
    head, arguments, tail = parts
    together = f"{deeper}{', '.join(arguments)}{tail}"
    lines = [head, together]
    if len(together) > limit:
        lines = [head, *_one_by_one(arguments, tail, deeper, limit, newline)]
    result = newline.join(lines)
    return result if _says_the_same(line, result) else None


def _one_by_one(arguments: list[str], tail: str, indent: str, limit: int, newline: str) -> Iterator[str]:
    """Each argument on a line, which is broken where it is too long itself."""
    for number, argument in enumerate(arguments):
        line, end = f"{indent}{argument}", tail if number == len(arguments) - 1 else ","
        yield (_broken(line, limit - len(end), newline) or line) + end


def _call(line: str, indent: str) -> ast.Call | None:
    """The outermost call of a statement that has arguments worth a line of their own."""
    try:
        tree = parse(line[len(indent) :])
    except CannotParse:
        return None
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Call) and len(node.args) == 1 and not node.keywords:
                waiting.insert(0, node.func)  # `Schedule(...)(step)`
                continue
            if node.args or node.keywords:
                return node
        if not isinstance(node, ast.JoinedStr):
            waiting += ast.iter_child_nodes(node)
    return None


def _parts(line: str, indent: str, call: ast.Call) -> tuple[str, list[str], str] | None:
    """What stands before the arguments of a call, these, and what stands behind; None where that is odd."""
    text = line[len(indent) :]
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    nodes = sorted(given, key=lambda node: node.col_offset)
    spans = [(_place(text, node.col_offset), _place(text, node.end_col_offset or 0)) for node in nodes]
    opening = text[_place(text, call.func.end_col_offset or 0) : spans[0][0]]
    between = [text[one[1] : other[0]].strip() for one, other in pairwise(spans)]
    if opening.strip() != "(" or any(found != "," for found in between):
        return None
    arguments = [text[start:end] for start, end in spans]
    if sum(map(len, arguments)) < _LEAST:
        return None
    return indent + text[: spans[0][0]].rstrip(), arguments, text[spans[-1][1] :]


def _place(text: str, offset: int) -> int:
    """An offset in bytes as one in characters."""
    return len(text.encode()[:offset].decode())


def _says_the_same(line: str, broken: str) -> bool:
    """Whether two texts are the same to Python."""
    try:
        return ast.dump(parse(line.lstrip())) == ast.dump(parse(broken.lstrip()))
    except CannotParse:
        return False
