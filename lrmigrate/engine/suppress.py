"""Comments that suppress findings: what they cover, which of them cover nothing, and how they are written.

`# lrmigrate: ignore[LR101]`, `# noqa: LR101`, both without codes for all of them; `# lrmigrate: off[LR101]`
up to `# lrmigrate: on`; and `# lrmigrate: skip-file`. Only what Python itself takes for a comment counts.
Knows rules by their codes and, in comments of ours, by their names.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lrmigrate.analysis.syntax import NEWLINE, CannotParse, line_starts, parse
from lrmigrate.edits import splice
from lrmigrate.model import Applicability, Edit, Finding, Span
from lrmigrate.rules import code_named, table
from lrmigrate.rules.files import UNUSED

_OURS = "lrmigrate:"
_CODE = re.compile(r"LR(?<=\bLR)\d")  # so written that a search can jump to the letters
_RELEVANT = frozenset({tokenize.COMMENT, tokenize.NEWLINE, tokenize.NL})
_SKIP = re.compile(r"#\s*lrmigrate:\s*skip-file\b")
_REASON = r"(?:(?!\s+#\s).)*"  # up to the next comment within the comment
_IGNORE = re.compile(rf"#\s*lrmigrate:\s*ignore(?![\w-])(?:\s*\[([^\]]*)\]|(?!\s*\[)){_REASON}")
_OFF = re.compile(rf"#\s*lrmigrate:\s*off(?![\w-])(?:\s*\[([^\]]*)\]|(?!\s*\[)){_REASON}")
_ON = re.compile(r"#\s*lrmigrate:\s*on(?![\w-])")
_NOQA_CODES = r"[A-Z]+[0-9]+\b(?:[\s,]+[A-Z]+[0-9]+\b)*"
_NOQA = re.compile(rf"#\s*(?i:noqa)(?![\w-])(?:\s*:\s*({_NOQA_CODES})|(?!\s*:))")


@dataclass(frozen=True, slots=True)
class Directive:
    """A comment, or a part of one, that suppresses what is found on its line, or up to its ``last`` line.

    ``codes`` are as they are written, each with its place; empty stands for all codes.
    """

    span: Span
    line: int
    codes: tuple[tuple[str, Span], ...]
    is_ours: bool  # and not a `noqa`, which may be meant for other tools
    last: int = 0  # of a range

    def covers(self, finding: Finding) -> bool:
        """Whether the directive speaks of the finding's rule."""
        return not self.codes or any(self.meant(code) == finding.code for code, _ in self.codes)

    def reaches(self, finding: Finding, lines: Sequence[int]) -> bool:
        """Whether a finding on some lines is in reach."""
        return self.line < finding.line <= self.last if self.last else self.line in lines

    def meant(self, code: str) -> str:
        """The code that is meant by what is written; a `noqa` takes no names, nor other letters."""
        return code_named(code) if self.is_ours and "-" in code else code


@dataclass(frozen=True, slots=True)
class Split:
    """Findings that stay, those that are suppressed, and findings about directives that suppress nothing."""

    kept: tuple[Finding, ...]
    suppressed: tuple[Finding, ...] = ()
    unused: tuple[Finding, ...] = ()


class Comments:
    """The comments of one text. A text that Python cannot read to its end has those before that place."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def starts(self) -> list[int]:
        """The offset of each line."""
        return line_starts(self.text)

    @cached_property
    def _tokens(self) -> list[tokenize.TokenInfo]:
        """The comments and the ends of lines."""
        return [token for token in _tokens(self.text) if token.type in _RELEVANT]

    @cached_property
    def comments(self) -> list[tuple[int, Span]]:
        """The comments with their lines."""
        tokens = [token for token in self._tokens if token.type == tokenize.COMMENT]
        starts = [(t.start[0], self.starts[t.start[0] - 1] + t.start[1], len(t.string)) for t in tokens]
        return [(line, Span(start, start + length)) for line, start, length in starts]

    @cached_property
    def line_ends(self) -> list[int]:
        """The lines at whose end a comment may stand."""
        return [token.start[0] for token in self._tokens if token.type != tokenize.COMMENT]

    @cached_property
    def directives(self) -> tuple[Directive, ...]:
        """The comments that suppress something, in the order of the text."""
        found = [
            Directive(Span(span.start + match.start(), span.start + match.end()), line, codes, is_ours)
            for line, span in self.comments
            for pattern, is_ours in ((_IGNORE, True), (_NOQA, False))
            for match in pattern.finditer(self.text[span.start : span.end].rstrip())
            for codes in [tuple(_codes(match, span.start))]
        ]
        found += self._ranges()
        return tuple(sorted(found, key=lambda directive: directive.span))

    def _ranges(self) -> Iterator[Directive]:
        """The comments that begin a range; without an `on` it reaches to the end of the text."""
        if _OURS not in self.text:
            return
        ends = [line for line, span in self.comments if _ON.search(self.text, span.start, span.end)]
        for line, span in self.comments:
            for match in _OFF.finditer(self.text[span.start : span.end].rstrip()):
                last = next((end for end in ends if end > line), len(self.starts))
                where = Span(span.start + match.start(), span.start + match.end())
                yield Directive(where, line, tuple(_codes(match, span.start)), True, max(last, 1))

    @property
    def skip_file(self) -> bool:
        """Whether the file is to be left alone."""
        if _OURS not in self.text or not _SKIP.search(self.text):
            return False  # most files: spares the tokens
        return any(_SKIP.search(self.text, span.start, span.end) for _, span in self.comments)

    def lines_of(self, finding: Finding) -> tuple[int, ...]:
        """The lines on which a comment speaks of a finding: where it begins, and where it ends.

        A line that is continued by a backslash or a string has no place for one: the line that ends it has.
        """
        first, last = (bisect_left(self.line_ends, line) for line in (finding.line, finding.end_line))
        behind = [*self.line_ends[first : first + 1], *self.line_ends[last : last + 1]]
        return tuple(behind) or (finding.line, finding.end_line)

    def _may_speak(self, findings: Sequence[Finding]) -> bool:
        """Whether a comment may speak of ``findings``, or name a rule of ours: else no token is looked at.

        Most `noqa` are meant for other tools: `# noqa: E501`.
        """
        if _OURS in self.text:
            return True
        if not (findings or _CODE.search(self.text)) or "noqa" not in self.text.lower():
            return False
        lines = (line for line in NEWLINE.split(self.text) if "noqa" in line.lower())
        found = (match[1] for line in lines for match in _NOQA.finditer(line))
        return any(codes is None or _CODE.search(codes) for codes in found)

    def split(self, findings: Sequence[Finding]) -> Split:
        """What the directives do to the findings of this text, given in its own lines."""
        if not self._may_speak(findings):
            return Split(tuple(findings))
        used: set[tuple[Directive, str]] = set()
        suppressed = []
        for finding in findings:
            lines = self.lines_of(finding)
            covering = [d for d in self.directives if d.reaches(finding, lines) and d.covers(finding)]
            used.update((directive, finding.code) for directive in covering)
            suppressed += [finding] if covering else []
        serving = {directive.span for directive, _ in used} | {finding.span for finding in suppressed}
        kept = [_in_place(finding, serving) for finding in findings if finding not in suppressed]
        idle = {d: codes for d in self.directives if (codes := _idle(d, used)) is not None}
        meant = {d: [f for f in kept if self._is_meant(f, d, codes)] for d, codes in idle.items()}
        unheeded = {finding: directive for directive, found in meant.items() for finding in found}
        kept = [_unheeded(f, unheeded[f]) if f in unheeded else f for f in kept]
        return Split(tuple(kept), tuple(suppressed), tuple(self._unused(idle, meant)))

    def _is_meant(self, finding: Finding, directive: Directive, idle: list[str]) -> bool:
        """Whether an idle directive may speak of a finding: a slip of the code, or a line inside the call."""
        lines = (*self.lines_of(finding), finding.line, finding.end_line)
        named = {directive.meant(code).upper() for code in idle}
        families = {code[:3] if code in table() else finding.code[:3] for code in named}
        near = directive.reaches(finding, lines) or min(lines) <= directive.line <= max(lines)
        return near and (not idle or finding.code[:3] in families)

    def _unused(
        self, idle: dict[Directive, list[str]], meant: dict[Directive, list[Finding]]
    ) -> Iterator[Finding]:
        """A finding for every comment with a directive that suppresses nothing, or less than it says."""
        for line, span in self.comments:
            here = {directive: codes for directive, codes in idle.items() if span.contains(directive.span)}
            if here:
                finding = self._finding(line, span, here)
                others = [other for directive in here for other in meant[directive]]
                yield _perhaps_meant(finding, others[0]) if others else finding

    def _finding(self, line: int, comment: Span, idle: dict[Directive, list[str]]) -> Finding:
        """The finding on one comment, with the edit that removes it, or what is idle in it."""
        parts = list(idle.items())
        messages, text = [], self.text[: comment.end]
        for directive, codes in parts:
            words = self.text[directive.span.start : directive.span.end].strip()
            some = f"`{', '.join(codes)}` in " if len(codes) < len(directive.codes) else ""
            messages.append(f"{some}`{words}` suppresses nothing")
        for directive, codes in reversed(parts):
            text = _without(text, directive, codes)
        text = text[comment.start :].rstrip()
        start = self.starts[line - 1]
        span = Span(parts[0][0].span.start, parts[-1][0].span.end)
        places = (line, span.start - start + 1, line, span.end - start + 1)
        if any(directive.last for directive in idle):
            reason = "nothing is found up to its `on`: take both away"
            level = Applicability.MANUAL
            return Finding(UNUSED.code, "; ".join(messages), span, *places, level, reason)
        edit = Edit(comment, text) if text else self._removed(line, comment)
        return Finding(UNUSED.code, "; ".join(messages), span, *places, Applicability.SAFE, edits=(edit,))

    def _removed(self, line: int, comment: Span) -> Edit:
        """A comment gone, with its line if it has one of its own."""
        first = self.starts[line - 1]
        last = self.starts[line] if line < len(self.starts) else len(self.text)
        before = self.text[first : comment.start].rstrip()
        return Edit(Span(first + len(before), comment.end) if before else Span(first, last), "")


def _in_place(finding: Finding, serving: Iterable[Span]) -> Finding:
    """A finding without its fix if that would part another one from the comment that suppresses it."""
    if not any(edit.span.contains(span) for edit in finding.edits for span in serving):
        return finding
    reason = "a comment inside this call suppresses another finding, and the fix would tear them apart"
    return replace(finding, applicability=Applicability.MANUAL, reason=reason, edits=())


def _unheeded(finding: Finding, directive: Directive) -> Finding:
    """A finding that its author may have wanted to be left alone, without its fix."""
    reason = (
        f"the comment on line {directive.line} may be meant for this call: "
        f"`# lrmigrate: ignore[{finding.code}]` on its first or last line leaves it alone"
    )
    return replace(finding, applicability=Applicability.MANUAL, reason=reason, edits=())


def _perhaps_meant(unused: Finding, finding: Finding) -> Finding:
    """The finding on a comment that may be meant for another one: it does not just go."""
    reason = (
        f"it may be meant for {finding.code} at line {finding.line}: "
        f"then write `# lrmigrate: ignore[{finding.code}]` on the first or the last line of that call"
    )
    return replace(unused, applicability=Applicability.MANUAL, reason=reason, edits=())


def _idle(directive: Directive, used: set[tuple[Directive, str]]) -> list[str] | None:
    """The codes of a directive that suppress nothing; none of a bare one that does not, None if all is well.

    Of a `noqa` only codes of ours are known to be idle.
    """
    if any(directive.meant(code) == UNUSED.code for code, _ in directive.codes):
        return None
    if not directive.codes:
        serves = not directive.is_ours or any(other == directive for other, _ in used)
        return None if serves else []
    codes = [code for code, _ in directive.codes if directive.is_ours or code in table()]
    return [code for code in codes if (directive, directive.meant(code)) not in used] or None


def _without(text: str, directive: Directive, idle: list[str]) -> str:
    """``text``, which ends with a comment, without the idle codes of a directive in it."""
    kept, previous = "", directive.span
    for code, span in directive.codes:
        if code not in idle:
            kept += (text[previous.end : span.start] if kept else "") + code
        previous = span
    if kept:
        return text[: directive.codes[0][1].start] + kept + text[directive.codes[-1][1].end :]
    behind = text[directive.span.end :].lstrip()
    return text[: directive.span.start] + ("# " if behind and not behind.startswith("#") else "") + behind


def ignoring(text: str, findings: Iterable[Finding], reason: str = "") -> list[Edit]:
    """Edits that write a comment for every finding, at the end of the line where it begins.

    A comment of ours that stands there gets the codes. ``reason`` is put behind the codes of a new one.
    """
    comments = Comments(text)
    wanted: dict[int, set[str]] = {}
    for finding in findings:
        wanted.setdefault(comments.lines_of(finding)[0], set()).add(finding.code)
    return [_ignore(comments, line, sorted(codes), reason) for line, codes in wanted.items()]


def with_comments(text: str, findings: Iterable[Finding], reason: str = "") -> str:
    """The text with a comment for every finding; as it was where that would be another program."""
    after = splice(text, ignoring(text, findings, reason))
    return after if is_same_program(text, after) else text


def is_same_program(before: str, after: str) -> bool:
    """Whether two texts are one program; a text that does not parse is none."""
    try:
        return ast.dump(parse(before)) == ast.dump(parse(after))
    except (CannotParse, RecursionError):
        return False


def _ignore(comments: Comments, line: int, codes: list[str], reason: str) -> Edit:
    """The edit that ignores codes on one line."""
    ours = [d for d in comments.directives if d.line == line and d.is_ours and d.codes and not d.last]
    if ours:
        end = ours[0].codes[-1][1].end
        return Edit(Span(end, end), "".join(f", {code}" for code in codes))
    start = comments.starts[line - 1]
    last = comments.starts[line] if line < len(comments.starts) else len(comments.text)
    end = start + len(comments.text[start:last].rstrip())
    words = f"  # lrmigrate: ignore[{', '.join(codes)}] {reason}".rstrip()
    return Edit(Span(end, end), words)


def _codes(match: re.Match[str], offset: int) -> Iterator[tuple[str, Span]]:
    """The codes of a directive with their places."""
    for code in re.finditer(r"[^\s,]+", match[1] or ""):
        start = offset + match.start(1) + code.start()
        yield code.group(), Span(start, start + len(code.group()))


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """Python's tokens as far as it can read them; lines end as they do for its parser."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text, newline=None).readline)
    except (tokenize.TokenError, SyntaxError):
        return
