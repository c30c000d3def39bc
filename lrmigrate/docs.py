"""Catalogue -> the README's rule table, the page of the rules, and `explain`. Their results are computed."""

from __future__ import annotations

from collections.abc import Callable

from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability, Finding
from lrmigrate.rules import code_named, table
from lrmigrate.rules.rule import Rule

_BEGIN, _END = "<!-- rules:", "<!-- /rules -->"


def explain(code: str, markdown: bool = False) -> str | None:
    """The page on one code: what, why it hurts, before and after, what makes a fix unsafe.

    Plain text for a terminal, or Markdown with its code marked as Python.
    """
    rule = table().get(code_named(code))
    if rule is None:
        return None
    title = f"**{rule.code}**: {rule.title}" if markdown else f"{rule.code}: {rule.title.replace('`', '')}"
    title += f" (`{rule.name}`)" if markdown else f" ({rule.name})"
    block = _fenced if markdown else _indented
    parts = [title, rule.why]
    if rule.example:
        parts += ["Before:\n\n" + block(rule.example), _outcome(rule, block)]
    if rule.unsafe:
        parts.append("When a fix is unsafe or not offered: " + rule.unsafe)
    if not rule.default:
        parts.append(f"Off by default: `--select {rule.code}` looks for it.")
    for target, elsewhere in rule.targets.items():
        level = {None: "off", Applicability.MANUAL: "report only"}.get(elsewhere.level, "unsafe at best")
        parts.append(f"With the target {target.value}: {level}, because {elsewhere.why}.")
    if rule.reference:
        parts.append(f"See {rule.reference}")
    return "\n\n".join(parts)


def rule_table() -> str:
    """The README's table: a row per code, with what `fix` does to the rule's example."""
    lines = ["| code | finds | fix |", "|---|---|---|"]
    lines += [f"| {rule.code} | {rule.title} | {_fix_word(rule)} |" for rule in table().values()]
    return "\n".join(lines) + "\n"


def rules_page() -> str:
    """The page of the docs that has every rule, each below a heading that is its code."""
    head = "# Rules\n\nMade by `python -m lrmigrate.docs`, as is what `lrmigrate explain CODE` says.\n"
    return "\n".join([head, *(_section(rule) for rule in table().values())])


def _section(rule: Rule) -> str:
    """The part of the page on one rule."""
    first, _, rest = (explain(rule.code, markdown=True) or "").partition("\n\n")
    levels = ", ".join("by hand" if level is Applicability.MANUAL else level.value for level in rule.levels)
    return f"## {rule.code}\n\n{first}\n\nIts findings can be: {levels}.\n\n{rest}\n"


def _findings(rule: Rule) -> list[Finding]:
    """The rule's own findings in its example."""
    return [finding for finding in check_text(rule.example).findings if finding.code == rule.code]


def _fix_word(rule: Rule) -> str:
    """`safe`, `unsafe` or `report only`."""
    levels = [finding.applicability for finding in _findings(rule)] if rule.example else []
    if not levels or levels[0] is Applicability.MANUAL:
        return "report only" if rule.default else "report only, off by default"
    return "safe, unsafe where noted" if levels[0] is Applicability.SAFE and rule.unsafe else levels[0].value


def _outcome(rule: Rule, block: Callable[[str], str]) -> str:
    """The example after the fix, or what is said instead."""
    fixed = fix_text(rule.example, level=Applicability.UNSAFE)
    if fixed.changed:
        level = _findings(rule)[0].applicability.value
        return f"After ({level}):\n\n" + block(fixed.after or "")
    said = [f"{finding.message}; {finding.reason}" for finding in _findings(rule)]
    return f"Reported only: {said[0]}." if said else ""


def _indented(text: str) -> str:
    """A block of code."""
    return "\n".join(f"    {line}".rstrip() for line in text.strip().splitlines())


def _fenced(text: str) -> str:
    """A block of code in Markdown."""
    return f"```python\n{text.strip()}\n```"


def readme_with_rules(readme: str) -> str:
    """The README with its rule table made anew."""
    head, rest = readme.split(_BEGIN)
    note, _, tail = rest.partition("\n")
    return f"{head}{_BEGIN}{note}\n{rule_table()}{_END}{tail.partition(_END)[2]}"


if __name__ == "__main__":
    import pathlib

    path = pathlib.Path("README.md")
    path.write_text(readme_with_rules(path.read_text()))
    pathlib.Path("docs/rules.md").write_text(rules_page())
