"""Coverage-guided fuzzing, with atheris (`pip install atheris`).

    python -m tests.fuzz sources fixtures/fuzz/sources -max_total_time=600
    python -m tests.fuzz notebooks fixtures/fuzz/notebooks -max_total_time=600

The folder holds the corpus, to which libFuzzer adds; what fails is written beside, and belongs into the
corpus once it is mended: a test runs all of it, without atheris.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Fuzz until libFuzzer's own options say that it is enough."""
    import atheris

    with atheris.instrument_imports(include=["lrmigrate"]):
        import lrmigrate.engine  # noqa: F401 - the runner imports it only when it needs it
        from tests.fuzz.target import NAMES, examine

    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.exit(f"Name what to fuzz, one of: {', '.join(NAMES)}.")
    name = NAMES[sys.argv.pop(1)]
    atheris.Setup(sys.argv, lambda data: examine(name, data))
    atheris.Fuzz()


main()
