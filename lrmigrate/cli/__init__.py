"""The command line: one group, whose commands are modules of their own and loaded when they are called.

Imports click and nothing heavy: `--help` and clean files must be fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, NoReturn

import click

from lrmigrate import __version__
from lrmigrate.cli.exits import EPILOG, ERROR

#: Every command in the order of the help: its module, and what the help says of it.
_COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "check": ("lrmigrate.cli.check", "List legacy learning-rate code."),
        "clean": ("lrmigrate.cli.clean", "Remove the caches that runs have left."),
        "compare": ("lrmigrate.cli.compare", "Compare two runs that were recorded."),
        "completion": ("lrmigrate.cli.completion", "Print what lets a shell complete words."),
        "demo": ("lrmigrate.cli.demo", "Show what `fix` does, on a small sample."),
        "explain": ("lrmigrate.cli.rules", "Explain a rule."),
        "fix": ("lrmigrate.cli.fix", "Show the fixes as a diff, or write them."),
        "record": ("lrmigrate.cli.record", "Run a program and record its rates."),
        "report": ("lrmigrate.cli.report", "Write what was found as one HTML page."),
        "rules": ("lrmigrate.cli.rules", "List the rules."),
        "server": ("lrmigrate.cli.server", "Serve an editor."),
        "show": ("lrmigrate.cli.show", "Show the rates of schedules, epoch by epoch."),
        "verify": ("lrmigrate.cli.verify", "Prove fixes by running old and new code."),
    }
)


class _Program(click.Group):
    """The commands. What ends one of them early is told in a sentence here, and nowhere else."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line; `@FILE` stands for the words in a file, one on each line."""
        if not (args or ctx.resilient_parsing):  # else a shell asks for the first word
            click.echo(_FIRST_WORDS)
            ctx.exit(ERROR)
        if not ctx.resilient_parsing and any(word.startswith("@") for word in args):
            from lrmigrate.cli.words import expanded

            try:
                args = expanded(args)
            except _for_people() as error:
                _fail(str(error))
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; who names a path in its place is told what to type."""
        if not ctx.resilient_parsing and args[0] not in _COMMANDS and os.path.exists(args[0]):
            _fail(
                f"{args[0]} is a path, and no command: `lrmigrate check {args[0]}` lists what is there, "
                f"`lrmigrate fix {args[0]}` shows the fixes"
            )
        return super().resolve_command(ctx, args)

    def list_commands(self, _: click.Context) -> list[str]:
        """The names of the commands."""
        return [*_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None for another word, which click compares with all that are loaded."""
        for name in [cmd_name] if cmd_name in _COMMANDS else _COMMANDS:
            if name not in self.commands:
                module, line = _COMMANDS[name]
                command: click.Command = getattr(import_module(module), name)
                command.short_help = line
                self.add_command(command)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line on each command, without loading it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _fail(f"interrupted{_so_far()}; every file is as it was or as it shall be.")
        except BrokenPipeError:
            raise  # whoever reads has seen enough, which click knows
        except OSError as error:
            if error.filename is None:  # it cannot be said again when the program ends
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            _fail(f"{error.filename or 'standard output'}: {error.strerror or error}")
        except _for_people() as error:
            _fail(str(error))


_FIRST_WORDS = """\
lrmigrate moves TensorFlow 1 and Keras 1/2 learning-rate code to Keras 3.

  lrmigrate demo                 see what it does, on a small sample
  lrmigrate check                list what is in this folder
  lrmigrate fix                  show the safe fixes as a diff
  lrmigrate fix --write          apply them
  lrmigrate explain LR202        the story of a rule
  lrmigrate --help               all commands; `lrmigrate COMMAND --help` all options"""


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.version_option(__version__, prog_name="lrmigrate")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    help="Colours; auto: on terminals, unless NO_COLOR, FORCE_COLOR or TERM say otherwise.",
)
@click.pass_context
def main(context: click.Context, color: str | None) -> None:
    """Find TensorFlow 1 and Keras 1/2 learning-rate code and move it to Keras 3."""
    from lrmigrate.cli.colour import choose, from_environment

    context.color = from_environment()
    choose(context, color)


def _so_far() -> str:
    """What an interrupted run has done."""
    progress = sys.modules.get("lrmigrate.cli.progress")
    if progress is None:
        return ""
    return f": {progress.current.so_far}" if progress.current.so_far else ""


def _for_people() -> type[Exception]:
    """The errors that are sentences. Python asks for them when there is an error, and loads them then."""
    from lrmigrate.model import UserError

    return UserError


def _fail(message: str) -> NoReturn:
    """End the program with an error."""
    from lrmigrate.report.terminal import printable

    if progress := sys.modules.get("lrmigrate.cli.progress"):
        progress.current.clear()
    click.echo(f"Error: {printable(message)}", err=True)
    sys.exit(ERROR)
