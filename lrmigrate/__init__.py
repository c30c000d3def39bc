"""lrmigrate: move TensorFlow 1 and Keras 1/2 learning-rate code to Keras 3, and prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrmigrate.model import Applicability, FileReport

__version__ = "0.1.0"
__all__ = ["__version__", "check_text", "fix_text"]


def check_text(text: str, path: str = "<text>") -> FileReport:
    """Find legacy learning-rate code in one Python source text.

    Args:
        text: the source, as decoded text; its newlines may be of any kind.
        path: the name that the report carries.

    Returns:
        The report: findings of the rules that are on by default, in the order of their
        position. A text that does not parse gives one LR9xx finding; nothing is raised.
    """
    from lrmigrate.engine.policy import by_default
    from lrmigrate.engine.text import check_text as check

    return by_default(check(text, path))


def fix_text(text: str, path: str = "<text>", level: Applicability | None = None) -> str:
    """Rewrite one Python source text with every fix up to ``level`` (default: safe)."""
    from lrmigrate.engine.passes import fix_text as fix
    from lrmigrate.model import Applicability

    return fix(text, path, level or Applicability.SAFE).after or text
