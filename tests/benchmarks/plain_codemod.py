"""A plain LibCST codemod to measure against: `python -m tests.benchmarks.plain_codemod TREE`.

As one would write it with LibCST's own means: it visits every call, asks QualifiedNameProvider for its
name, and renames `lr=` of two optimizers. It runs in all processors, writes nothing, and counts calls.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, QualifiedNameProvider

NAMES = {"tensorflow.keras.optimizers.SGD", "tensorflow.keras.optimizers.Adam"}


class Rename(cst.CSTTransformer):
    """`SGD(lr=x)` -> `SGD(learning_rate=x)`."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self) -> None:
        self.found = 0

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        names = {name.name for name in self.get_metadata(QualifiedNameProvider, original_node.func, set())}
        if not names & NAMES:
            return updated_node
        self.found += 1
        args = [
            arg.with_changes(keyword=cst.Name("learning_rate"))
            if arg.keyword and arg.keyword.value == "lr"
            else arg
            for arg in updated_node.args
        ]
        return updated_node.with_changes(args=args)


def migrate(path: Path) -> int:
    """How many calls a file has; 0 if it does not parse."""
    try:
        wrapper = MetadataWrapper(cst.parse_module(path.read_bytes()))
    except (cst.ParserSyntaxError, UnicodeDecodeError):
        return 0
    rename = Rename()
    wrapper.visit(rename)
    return rename.found


if __name__ == "__main__":
    with multiprocessing.Pool() as pool:
        print(sum(pool.imap_unordered(migrate, sorted(Path(sys.argv[1]).rglob("*.py")), chunksize=4)))
