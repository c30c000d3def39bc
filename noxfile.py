"""The suites on other versions: `nox` runs all sessions, `nox --list` names them, `nox -s fast` runs some.

Every session has an environment of its own. Interpreters that are not installed are errors, not skips.
"""

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = True

OLDEST = ("tensorflow==2.16.1", "keras==3.5.0", "tf_keras==2.16.0")  # that fixes are made for
NEWEST = ("tensorflow", "keras", "tf_keras")


@nox.session(python=["3.10", "3.11", "3.12", "3.13"])
def fast(session: nox.Session) -> None:
    """Everything that runs without TensorFlow: some minutes."""
    session.install("-e", ".[test-fast]")
    session.run("pytest", "-m", "not tensorflow", "-n", "2", *session.posargs)


@nox.session
@nox.parametrize(
    "python, packages", [("3.10", OLDEST), ("3.13", NEWEST)], ids=["oldest-keras3", "newest-keras3"]
)
def verify(session: nox.Session, packages: tuple[str, ...]) -> None:
    """What runs TensorFlow: 2 GB an environment, and some ten minutes."""
    session.install("--upgrade", *packages)
    session.install("-e", ".[test-fast,verify]", *packages)
    session.run("pytest", "-m", "tensorflow", *session.posargs)
