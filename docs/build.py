"""The site: `python docs/build.py [FOLDER]`, with MkDocs and Material (`pip install mkdocs-material`).

The pages are those that Git hosts show, the README first; what lies outside of the docs is linked there. Two
pages are made here, of what the code says: every option, and the interface for programs. A dead link fails.
"""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from lrmigrate import api
from lrmigrate.cli import main

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "build" / "pages"  # what mkdocs.yml names
HOST = "https://github.com/lrmigrate/lrmigrate/blob/main/"
PAGES = {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
_LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(#[^)]*)?\)")


def prepare() -> None:
    """Write the pages anew."""
    shutil.rmtree(SOURCES, ignore_errors=True)
    SOURCES.mkdir(parents=True)
    for path in [*(ROOT / name for name in PAGES), *(ROOT / "docs").glob("*.md")]:
        (SOURCES / _place(path)).write_text(_linked(path), encoding="utf-8")
    for path in (ROOT / "docs").glob("*.json"):
        shutil.copy(path, SOURCES)
    (SOURCES / "options.md").write_text("\n".join(_options()), encoding="utf-8")
    (SOURCES / "api.md").write_text("\n".join(_interface()), encoding="utf-8")


def _place(path: Path) -> str:
    """The name of a page of the site."""
    return PAGES.get(str(path.relative_to(ROOT)), path.name)


def _linked(path: Path) -> str:
    """A page whose links lead to pages of the site, or to the repository."""

    def link(match: re.Match[str]) -> str:
        target = (path.parent / match[1]).resolve()
        inner = target.relative_to(ROOT)
        if str(inner) in PAGES or (target.parent == ROOT / "docs" and target.suffix in (".md", ".json")):
            return f"]({_place(target)}{match[2] or ''})"
        return f"]({HOST}{inner}{match[2] or ''})"

    return _LINK.sub(link, path.read_text(encoding="utf-8"))


def _options() -> Iterator[str]:
    """The page of all commands and their options, as their help says."""
    yield "# Commands and options\n\nWhat `lrmigrate COMMAND --help` says.\n"
    group = click.Context(main, info_name="lrmigrate")
    for name in main.list_commands(group):
        command = main.get_command(group, name)
        assert command is not None
        context = click.Context(
            command, info_name=name, parent=group, max_content_width=100, terminal_width=100
        )
        yield f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"


def _interface() -> Iterator[str]:
    """The page of the interface for programs, as its docstrings say."""
    yield f"# For programs\n\n{inspect.getdoc(api)}\n"
    for name in api.__all__:
        found = getattr(api, name)
        yield from _described(f"## {name}", found)
        if found is api.Program:
            methods = inspect.getmembers(found, inspect.isfunction)
            for method in (value for key, value in methods if not key.startswith("_")):
                yield from _described(f"### {name}.{method.__name__}", method)


def _described(heading: str, found: object) -> Iterator[str]:
    """A heading, a signature and the docstring of one thing."""
    signature = ""
    if inspect.isfunction(found) or found is api.Program:
        signature = f"```python\n{getattr(found, '__name__', '')}{inspect.signature(found)}\n```\n\n"
    yield f"{heading}\n\n{signature}```text\n{inspect.getdoc(found)}\n```\n"


if __name__ == "__main__":
    prepare()
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site").absolute()
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)
