"""What was seen, as text: a table of the trees, the totals, and the suspects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tests.corpus.compare import Comparison
from tests.corpus.rewriting import Rewriting
from tests.corpus.tool import Run

_COLUMNS = (
    *(
        "files",
        "findings",
        "safe",
        "unsafe",
        "manual",
        "fixed",
        "changed",
        "broken",
        "unstable",
        "lost",
        "crashes",
    ),
    *("expected", "explained", "unread", "misses?", "alarms?", "seconds"),
)
_BUG = "LR903"


class Tree(NamedTuple):
    """Everything about one tree."""

    name: str
    files: int
    check: Run
    rewriting: Rewriting
    comparison: Comparison

    @property
    def crashes(self) -> list[str]:
        """What went wrong in any of the runs."""
        runs = (self.check, self.rewriting.first, self.rewriting.second)
        bugs = [str(finding) for run in runs for finding in run.findings if finding.code == _BUG]
        return [run.trouble for run in runs if run.trouble] + bugs

    @property
    def numbers(self) -> tuple[float, ...]:
        """One row of the table, in the order of its columns."""
        levels = Counter(finding.level for finding in self.check.findings)
        rewriting, comparison = self.rewriting, self.comparison
        return (
            *(self.files, len(self.check.findings), levels["safe"], levels["unsafe"], levels["manual"]),
            *(len(rewriting.first.fixed), len(rewriting.changed), len(rewriting.broken)),
            *(len(rewriting.unstable), len(rewriting.uncommented), len(self.crashes)),
            *(comparison.expected, comparison.explained, comparison.unread),
            *(len(comparison.misses), len(comparison.false_alarms), round(self.check.seconds, 1)),
        )

    @property
    def is_sound(self) -> bool:
        """Whether nothing went wrong that is wrong whatever one thinks of the findings."""
        rewriting = self.rewriting
        return not (rewriting.broken or rewriting.unstable or rewriting.uncommented or self.crashes)


def render(trees: Sequence[Tree], diffs: bool = False) -> str:
    """The whole report."""
    parts = [_table(trees), _by_rule(trees)]
    for tree in trees:
        parts += _section(tree, "broken by a fix", tree.rewriting.broken)
        parts += _section(tree, "changed by a second fix", tree.rewriting.unstable)
        parts += _section(tree, "lost a comment", tree.rewriting.uncommented)
        parts += _section(tree, "crashes", tree.crashes)
    for tree in trees:
        parts += _section(tree, "suspects for misses", tree.comparison.misses)
        parts += _section(tree, "suspects for false alarms", tree.comparison.false_alarms)
        parts += [f"{tree.name}: what was written\n{tree.rewriting.diff}"] if diffs else []
    return "\n".join(parts)


def _table(trees: Sequence[Tree]) -> str:
    """One line per tree and one for all."""
    width = max(len(tree.name) for tree in trees)
    total = [sum(numbers) for numbers in zip(*(tree.numbers for tree in trees), strict=True)]
    rows = [(tree.name, tree.numbers) for tree in trees] + [("total", total)]
    lines = [" " * width + "".join(f"{column:>10}" for column in _COLUMNS)]
    lines += [f"{name:<{width}}" + "".join(f"{number:>10g}" for number in row) for name, row in rows]
    return "\n".join(lines) + "\n"


def _by_rule(trees: Sequence[Tree]) -> str:
    """Findings by rule and level."""
    counts = Counter((f.code, f.level) for tree in trees for f in tree.check.findings)
    levels = ("safe", "unsafe", "manual")
    lines = ["rule " + "".join(f"{level:>8}" for level in levels)]
    for code in sorted({code for code, _ in counts}):
        lines.append(code + "".join(f"{counts[code, level]:>8}" for level in levels))
    return "\n".join(lines) + "\n"


def _section(tree: Tree, title: str, things: Iterable[object]) -> list[str]:
    """A titled list; nothing when it is empty."""
    lines = [f"  {thing}" for thing in things]
    return [f"{tree.name}: {title}", *lines, ""] if lines else []
