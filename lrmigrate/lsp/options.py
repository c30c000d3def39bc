"""Which options hold for a text in an editor: those of the configuration next to its file."""

from __future__ import annotations

from pygls.uris import to_fs_path

from lrmigrate.options import Options
from lrmigrate.project.config import Flags, Settings
from lrmigrate.project.files import is_excluded


def options_of(uri: str) -> Options | None:
    """The options for a document or a notebook; None where its file is excluded. Raises BadConfig."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    settings = Settings(Flags())
    if path is None:
        return settings.options("")
    return None if is_excluded(path, settings.exclusion) else settings.options(path)
