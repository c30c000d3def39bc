"""Which options hold for a text in an editor: those of the configuration next to its file."""

from __future__ import annotations

from dataclasses import replace

from pygls.uris import to_fs_path

from lrmigrate.options import Options
from lrmigrate.project.config import Flags, Settings
from lrmigrate.project.files import is_excluded


def options_of(uri: str) -> Options | None:
    """The options for a document or a notebook; None where its file is excluded. Raises BadConfig.

    The same as long as the configuration is: by them the server sees that nothing has changed. So they
    name no run, and of the program around the file what the configuration says.
    """
    path = to_fs_path(uri) if uri.startswith("file:") else None
    settings = Settings(Flags())
    if path is not None and is_excluded(path, settings.exclusion):
        return None
    options = settings.options(path or "")
    return replace(options, around=options.around and replace(options.around, run=""))
