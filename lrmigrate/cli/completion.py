"""`lrmigrate completion`: the lines that let a shell complete commands, options, paths and codes."""

from __future__ import annotations

import click

from lrmigrate.cli.grouped import Command

_HOW = {
    "bash": 'eval "$(lrmigrate completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(lrmigrate completion zsh)" in ~/.zshrc, behind compinit',
    "fish": "lrmigrate completion fish > ~/.config/fish/completions/lrmigrate.fish",
}


@click.command(cls=Command, epilog="\b\n" + "\n".join(f"{shell}: {line}" for shell, line in _HOW.items()))
@click.argument("shell", type=click.Choice([*_HOW]))
def completion(shell: str) -> None:
    """Print what lets a shell complete commands, options, paths and codes of rules."""
    from click.shell_completion import get_completion_class

    from lrmigrate.cli import main

    complete = get_completion_class(shell)
    assert complete is not None
    click.echo(complete(main, {}, "lrmigrate", "_LRMIGRATE_COMPLETE").source())
