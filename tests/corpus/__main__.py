"""`python -m tests.corpus PATH...`: exit code 0 when nothing broke; suspects are for a person to judge."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.corpus.compare import compare
from tests.corpus.report import Tree, render
from tests.corpus.rewriting import rewrite
from tests.corpus.sources import files
from tests.corpus.tool import run


def main() -> int:
    """Look at every tree and print the report."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.corpus", description="Try lrmigrate on checked-out trees."
    )
    parser.add_argument(
        "trees", nargs="+", type=Path, metavar="PATH", help="a checked-out tree; it is left as it is"
    )
    parser.add_argument("--unsafe", action="store_true", help="apply the unsafe fixes too")
    parser.add_argument("--diffs", action="store_true", help="show what was written")
    options = parser.parse_args()
    trees = [look_at(path, *(["--unsafe"] if options.unsafe else [])) for path in options.trees]
    print(render(trees, options.diffs))
    return 0 if all(tree.is_sound for tree in trees) else 1


def look_at(path: Path, *flags: str) -> Tree:
    """Everything about one tree."""
    check = run(path, "check")
    print(f"{path}: {len(check.findings)} findings in {check.seconds:.1f} s", file=sys.stderr)
    name = path.resolve().name
    return Tree(
        name, sum(1 for _ in files(path)), check, rewrite(path, *flags), compare(path, check.findings)
    )


if __name__ == "__main__":
    sys.exit(main())
