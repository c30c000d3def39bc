"""For programs: check, fix and verify texts and files. What stands here stays from version to version.

`lrmigrate.check_text` and `lrmigrate.fix_text` are for one text alone, and need nothing of this.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lrmigrate import check_text, fix_text
from lrmigrate.model import (
    Applicability,
    Curve,
    Edit,
    FileReport,
    Finding,
    Outcome,
    Span,
    Target,
    UserError,
    Verdict,
)

__all__ = [
    "Applicability",
    "Curve",
    "Edit",
    "FileReport",
    "Finding",
    "Outcome",
    "Program",
    "Span",
    "Target",
    "UserError",
    "Verdict",
    "check_text",
    "fix_text",
    "verify_texts",
]


class Program:
    """The files below a folder, which are looked at together, each by the configuration nearest to it.

    Args:
        folder: the root of the files that `files` lists.
        select: codes, prefixes or names of rules, in place of those that the configurations select.
        ignore: rules that are put aside.
        target: what fixed code must run on; None: what the configurations say.

    Raises:
        UserError: a code that no rule has, or, by every method, a configuration that cannot be used. Its
            text is a sentence.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] = ".",
        *,
        select: Sequence[str] | None = None,
        ignore: Sequence[str] = (),
        target: Target | None = None,
    ) -> None:
        from lrmigrate.project.config import Flags, Settings
        from lrmigrate.selection import Layer

        layer = Layer(None if select is None else tuple(select), (), tuple(ignore))
        self.folder = os.fspath(folder)
        self._settings = Settings(Flags(layer, target=target))
        self._settings.look_around([self.folder])

    def files(self) -> Iterator[str]:
        """The Python files and notebooks below the folder, without what is excluded or ignored by git.

        Raises:
            UserError: the folder cannot be read.
        """
        from lrmigrate.project.files import discover

        return discover([self.folder], self._settings.exclusion)

    def check(self, path: str | os.PathLike[str]) -> FileReport:
        """What is found in one file, by the rules in force there, in the order of the text.

        Lines and columns of findings count from 1, columns in characters. A file that cannot be read is no
        exception: its report has an ``error``.
        """
        from lrmigrate.project.runner import process

        path = os.fspath(path)
        return process(path, self._settings.options(path))

    def fix(
        self, path: str | os.PathLike[str], level: Applicability = Applicability.SAFE, *, write: bool = False
    ) -> FileReport:
        """What becomes of one file by every fix up to ``level``: ``after`` of the report is its text.

        With ``write`` the file is replaced, in one step, if it still holds what was read; else nothing is
        written. ``findings`` are what is left, ``fixed`` what was fixed. What keeps a file from being written
        is no exception: it is the report's ``error``.
        """
        from lrmigrate.project.runner import process

        path = os.fspath(path)
        options = replace(self._settings.options(path), level=level, fix=True, write=write)
        return process(path, options)


def verify_texts(
    before: str,
    after: str,
    *,
    python: str | None = None,
    last_step: int | None = None,
    time_limit: float = 60.0,
) -> list[Verdict]:
    """The verdicts on two versions of one source text: old and new code are run, step by step.

    Args:
        before: the legacy source.
        after: what it has become, by lrmigrate or by hand.
        python: the Python of another environment that has TensorFlow 2.16, Keras 3.5 and tf_keras; None:
            this one.
        last_step: the last training step to look at; None: as far as the schedules' landmarks ask for.
        time_limit: seconds that one site may take.

    Returns:
        A verdict for each rate in ``before``, in the order of the text. `Verdict.relative` is the largest
        relative difference of the rates over all steps, `Verdict.ulps` the same in units of the last place.

    Raises:
        UserError: a text does not parse, or there is no TensorFlow. Its text is a sentence or a clause.
    """
    from lrmigrate.verify.client import Workers
    from lrmigrate.verify.plan import Settings
    from lrmigrate.verify.session import pairs_of_files, verify

    work = list(pairs_of_files(before, after, "<text>"))
    settings = Settings(horizon=last_step)
    with Workers(1, python or sys.executable, time_limit) as workers:
        return [item if isinstance(item, Verdict) else verify(item, workers, settings) for item in work]
