"""`lrmigrate rules` and `lrmigrate explain`: what there is to know about the rules."""

from __future__ import annotations

import click


@click.command()
def rules() -> None:
    """List the rules."""
    from lrmigrate.rules import table

    for rule in table().values():
        off = "" if rule.default else " (off by default)"
        click.echo(f"{rule.code}  {rule.title.replace('`', '')}{off}")


@click.command()
@click.argument("code")
def explain(code: str) -> None:
    """Explain a rule: what it finds, why it hurts, before and after."""
    from lrmigrate.docs import explain as page

    text = page(code)
    if text is None:
        from lrmigrate.selection import UnknownCode, hint

        raise UnknownCode(f"there is no rule {code!r}{hint(code)}")
    click.echo(text)
