"""Lines that a fix has made too long, broken at the arguments of a call as one would by hand."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from lrmigrate.analysis.syntax import CannotParse, Source, parse
from lrmigrate.edits import splice
from lrmigrate.model import Edit, Finding, Span

_SHORT = 79  # columns that every file may have
_BEFORE = -1_000_000  # the rank of a break, which stands before all that is inserted at its place
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
    edits = _with_breaks(old, moved, broken)
    if edits is None:
        return finding
    back = [Edit(Span(e.span.start + line.start, e.span.end + line.start), e.text, e.rank) for e in edits]
    others = [edit for edit in finding.edits if edit not in here]
    return replace(finding, edits=tuple(sorted([*others, *back], key=lambda edit: edit.key)))


def _with_breaks(old: str, edits: list[Edit], broken: str) -> list[Edit] | None:
    """Edits of a line with the breaks that its new text has besides; None where a break is in two of them."""
    texts = {number: edit.text for number, edit in enumerate(edits)}
    pieces = _pieces(old, edits)
    added: list[Edit] = []
    for start, length, text in reversed([*_breaks(splice(old, edits), broken)]):
        first = next((p for p in pieces if p.start < start <= p.end), None)
        if first is None or (start + length > first.end and length):
            first = next((p for p in pieces if p.start <= start and start + length <= p.end), None)
        if first is None:
            return None
        place = start - first.start
        if first.edit is not None:
            was = texts[first.edit]
            texts[first.edit] = was[:place] + text + was[place + length :]
        else:
            at = first.old + place
            added.append(Edit(Span(at, at + length), text, _BEFORE))
    return [*(replace(edit, text=texts[number]) for number, edit in enumerate(edits)), *added]


@dataclass(frozen=True)
class _Piece:
    """A part of a new text: from the old one, where it began at ``old``, or the text of an edit."""

    start: int
    end: int
    old: int = 0
    edit: int | None = None


def _pieces(old: str, edits: list[Edit]) -> list[_Piece]:
    """The parts of the text that edits make."""
    found: list[_Piece] = []
    here = before = 0
    for number, edit in sorted(enumerate(edits), key=lambda pair: pair[1].key):
        found.append(_Piece(here, here + edit.span.start - before, before))
        here = found[-1].end
        found.append(_Piece(here, here + len(edit.text), edit=number))
        here, before = found[-1].end, edit.span.end
    return [*found, _Piece(here, here + len(old) - before, before)]


def _breaks(line: str, broken: str) -> Iterator[tuple[int, int, str]]:
    """Where a line was broken: the place in it, the white space that went, and what stands there now."""
    here = there = 0
    while here < len(line):
        if line[here] == broken[there] and broken[there] not in "\r\n":
            here, there = here + 1, there + 1
            continue
        start, begin = here, there
        while line[here] in " \t":
            here += 1
        while broken[there] in " \t\r\n":
            there += 1
        yield start, here - start, broken[begin:there]


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
