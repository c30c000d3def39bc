"""Reports -> one HTML page that needs nothing else: no network, and no JavaScript to be read.

Needs Jinja2 (extra `report`). Whatever comes from the user's files is text: the template escapes every
value, control and bidirectional characters are spelled out, and a Content-Security-Policy lets nothing
run but the page's own script.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lrmigrate import __version__
from lrmigrate.model import FileReport
from lrmigrate.report.fixer import Fixer
from lrmigrate.report.html import chart, view
from lrmigrate.report.terminal import printable

GENERATOR = "lrmigrate"  # the page names it, which is how a report is known from other files


_MANY = 200  # sites: fewer are laid out at once


def render(
    reports: Iterable[FileReport], fixer: Fixer, proof: view.Proof | None = None, origin: str = ""
) -> str:
    """The page of ``reports``.

    Args:
        reports: of a check, with the text of each file in ``before``; one without it is shown without code.
        fixer: says what each fix makes of its file.
        proof: the verdicts; None when nothing was verified.
        origin: which project it is about, and when: a sentence without its full stop.
    """
    environment = Environment(
        loader=PackageLoader(__name__, "."),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = _asset("page.css"), _asset("page.js")
    return environment.get_template("page.html.jinja").render(
        page=view.page(reports, fixer, proof),
        generator=GENERATOR,
        version=__version__,
        style=style,
        script=script,
        policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        levels=view.LEVELS,
        verdicts=view.VERDICTS,
        picture=chart,
        many=_MANY,
        origin=origin,
    )


def _asset(name: str) -> Markup:
    """A file of ours that stands in the page as it is."""
    return Markup(files(__name__).joinpath(name).read_text(encoding="utf-8"))


def _hash(source: Markup) -> str:
    """A source expression of a Content-Security-Policy that allows exactly this inline text."""
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


def _visible(value: Any) -> Any:
    """What a template prints: text without characters that do not show, or that turn a line around."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
