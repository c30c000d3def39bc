"""A thin adapter for LibCST's own runner.

`python -m libcst.tool codemod --no-format -x lrmigrate.codemod.MigrateLearningRates PATH`

Everything is done by the engine; this module only takes a tree and gives one back. Without
`--no-format` that runner has Black format every changed file, and fails where there is none.
"""

from __future__ import annotations

import argparse

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext

from lrmigrate.engine.passes import fix_text
from lrmigrate.model import Applicability


class MigrateLearningRates(CodemodCommand):
    """Move TensorFlow 1 and Keras 1/2 learning-rate code to Keras 3; what is left is a warning."""

    DESCRIPTION = "Move TensorFlow 1 and Keras 1/2 learning-rate code to Keras 3."

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """The options of the command."""
        arg_parser.add_argument("--unsafe", action="store_true", help="apply the unsafe fixes too")

    def __init__(self, context: CodemodContext, unsafe: bool = False) -> None:
        super().__init__(context)
        self.level = Applicability.UNSAFE if unsafe else Applicability.SAFE

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """The fixed module; the very same object where there is nothing to do."""
        report = fix_text(tree.code, self.context.filename or "<module>", self.level)
        for finding in report.findings:
            self.warn(f"{finding.line}:{finding.column} {finding.code} {finding.message}: {finding.reason}")
        for finding in report.fixed:
            for note in finding.notes:
                self.warn(f"{finding.line}:{finding.column} {finding.code} note: {note}")
        return cst.parse_module(report.after or "", tree.config_for_parsing) if report.changed else tree
