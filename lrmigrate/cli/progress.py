"""How far a run has come: told on a terminal once it takes long, and gone when it is done."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator

from lrmigrate.model import FileReport

_AFTER, _EVERY = 1.5, 0.1  # seconds
_ERASE = "\r\x1b[K"


class Progress:
    """Counts the files of a run, and shows that on standard error, if it is a terminal."""

    def __init__(self) -> None:
        self.found = self.done = self.written = 0
        self._is_shown = self._can_show = False
        self._next = 0.0

    def finding(self, paths: Iterable[str]) -> Iterator[str]:
        """The paths, counted as they are found."""
        self._can_show = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._next = time.monotonic() + _AFTER
        for path in paths:
            self.found += 1
            self._show()
            yield path

    def looked(self) -> None:
        """Count a file that was looked at."""
        self.done += 1
        self._show()

    def finished(self, report: FileReport) -> FileReport:
        """The report, counted if its file was written."""
        self.written += report.written
        return report

    def clear(self) -> None:
        """Take the line away, before something else is printed and in the end."""
        if self._is_shown:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
            self._is_shown = False

    @property
    def so_far(self) -> str:
        """What was done: a clause, "" where nothing was."""
        if not self.found:
            return ""
        written = f", {self.written} written" if self.written else ""
        return f"{self.done} of {self.found} files were looked at{written}"

    def _show(self) -> None:
        """Show how far it is, now and then."""
        if self._can_show and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            sys.stderr.write(f"{_ERASE}{self.done} of {self.found} files")
            sys.stderr.flush()
            self._is_shown = True


#: That of this run.
current = Progress()
