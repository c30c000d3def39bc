"""Options in groups, as the help shows them, and what a shell completes of them: paths and codes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

DOING, RULES, FILES, OUTPUT, SETTINGS, WORK = (
    "What to do",
    "Which rules",
    "Which files",
    "Output",
    "Configuration",
    "How it is done",
)
_ORDER = (DOING, RULES, FILES, OUTPUT, SETTINGS, WORK)
_REST = "Other options"

#: Completed by a shell; whether it is there and can be read, its reader says.
A_FILE = click.Path(readable=False)
A_FOLDER = click.Path(readable=False)


class Option(click.Option):
    """An option that stands in a section of the help."""

    def __init__(self, *arguments: Any, section: str = _REST, **attributes: Any) -> None:
        self.section = section
        super().__init__(*arguments, **attributes)


class Command(click.Command):
    """A command whose help shows its options by their sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section, in the order in which they were declared."""
        sections: dict[str, list[tuple[str, str]]] = {title: [] for title in (*_ORDER, _REST)}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                sections[getattr(parameter, "section", _REST)].append(record)
        shown = {title: records for title, records in sections.items() if records}
        for title, records in shown.items():
            with formatter.section(title if len(shown) > 1 else "Options"):
                formatter.write_dl(records)


def option(section: str) -> Callable[..., Callable[[Callable[..., Any]], Callable[..., Any]]]:
    """`click.option` for a section of the help."""
    return partial(click.option, cls=Option, section=section)


def codes(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The codes, prefixes and names of rules that begin as a word does, the last of several with commas."""
    from click.shell_completion import CompletionItem

    from lrmigrate.rules import table

    before, comma, last = incomplete.rpartition(",")
    listed = table().values()
    known = {word: rule.title.replace("`", "") for rule in listed for word in (rule.code, rule.name)}
    known |= {rule.code[:3]: "a family" for rule in listed} | {"ALL": "every rule"}
    return [
        CompletionItem(before + comma + word, help=known[word])
        for word in sorted(known)
        if word.lower().startswith(last.lower())
    ]
