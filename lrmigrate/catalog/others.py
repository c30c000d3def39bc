"""Libraries other than Keras and TensorFlow: which have optimizers, and which know of none."""

from __future__ import annotations

import sys

from lrmigrate.catalog import LIBRARIES

#: Other frameworks, which have optimizers of their own.
FRAMEWORKS = frozenset(
    {"torch", "chainer", "mxnet", "paddle", "jax", "flax", "mindspore", "jittor", "tinygrad"}
)
#: Libraries that compute, draw, store or print, and know of no optimizer.
_KNOW_NO_OPTIMIZER = frozenset(
    [
        *("numpy", "scipy", "pandas", "matplotlib", "seaborn", "sklearn", "skimage", "PIL", "cv2", "imageio"),
        *("h5py", "tqdm", "six", "absl", "yaml", "requests", "nltk", "gym", "IPython", "psutil"),
    ]
)


def may_hand_on(module: str) -> bool:
    """Whether a module may hand on what Keras gives: one of the program, or of a library that uses Keras."""
    root = module.partition(".")[0]
    return not (cannot_set_rates(root) or root in FRAMEWORKS or root in LIBRARIES)


def cannot_set_rates(path: str) -> bool:
    """Whether a qualified name belongs to a library that knows of no optimizer: Python's own, NumPy, ..."""
    root = path.partition(".")[0]
    return root in sys.stdlib_module_names or root in _KNOW_NO_OPTIMIZER
