"""`lrmigrate server`: the language server, started for an editor."""

from __future__ import annotations

import click


@click.command(epilog="Exit status: 0 after a proper shutdown, 2 an error.")
def server() -> None:
    """Serve an editor over standard input and output: findings, fixes and explanations while you type."""
    try:
        from lrmigrate.lsp.server import create
    except ImportError as error:
        from lrmigrate.cli.errors import BadRequest

        raise BadRequest(
            f"the language server needs more packages ({error}): `pip install 'pygls>=2.1'`"
        ) from None
    create().start_io()
