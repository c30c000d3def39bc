"""`lrmigrate rules` and `lrmigrate explain`: what there is to know about the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lrmigrate.cli.grouped import OUTPUT, Command, codes, option
from lrmigrate.cli.parameters import coloured

if TYPE_CHECKING:
    from lrmigrate.rules.rule import Rule

_FORMAT = option(OUTPUT)(
    "--output-format", type=click.Choice(["text", "json"]), default="text", help="[default: text]"
)


@click.command(cls=Command)
@_FORMAT
@coloured
def rules(output_format: str) -> None:
    """List the rules."""
    from lrmigrate.rules import table

    if output_format == "json":
        _show_json([_data(rule) for rule in table().values()])
        return
    for rule in table().values():
        off = "" if rule.default else " (off by default)"
        click.echo(f"{rule.code}  {rule.title.replace('`', '')}{off}")


@click.command(cls=Command)
@click.argument("code", required=False, shell_complete=codes)
@click.option("--all", "every", is_flag=True, help="All rules, one behind the other.")
@_FORMAT
@coloured
def explain(code: str | None, every: bool, output_format: str) -> None:
    """Explain a rule: what it finds, why it hurts, before and after.

    CODE is a code or a name; a prefix, such as LR2, lists what begins with it.
    """
    from lrmigrate.docs import explain as page

    wanted = _wanted(code, every)
    if output_format == "json":
        _show_json([{**_data(rule), "explanation": page(rule.code)} for rule in wanted])
    elif every or len(wanted) == 1:
        click.echo("\n\n\n".join(page(rule.code) or "" for rule in wanted))
    else:
        width = max(len(rule.name) for rule in wanted)
        for rule in wanted:
            click.echo(f"{rule.code}  {rule.name:<{width}}  {rule.title.replace('`', '')}")
        click.echo(f"\n`lrmigrate explain {next(iter(wanted)).code}` has the whole story of one.")


def _wanted(code: str | None, every: bool) -> list[Rule]:
    """The rules that were asked for; raises BadRequest, UnknownCode."""
    from lrmigrate.cli.errors import BadRequest
    from lrmigrate.rules import table
    from lrmigrate.selection import codes_of

    if (code is None) != every:
        raise BadRequest("name a rule, such as LR202, or say --all; `lrmigrate rules` lists them")
    return [rule for rule in table().values() if every or rule.code in codes_of(code or "")]


def _data(rule: Rule) -> dict[str, Any]:
    """A rule as data for other programs."""
    return {
        "code": rule.code,
        "name": rule.name,
        "title": rule.title,
        "why": rule.why,
        "unsafe": rule.unsafe,
        "example": rule.example,
        "levels": [level.value for level in rule.levels],
        "default": rule.default,
        "reference": rule.reference,
    }


def _show_json(data: list[dict[str, Any]]) -> None:
    """Print a list as JSON."""
    import json

    click.echo(json.dumps(data, indent=2, ensure_ascii=False))
