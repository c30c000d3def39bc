"""The one place that writes to the user's files: all of a file in one step, or nothing."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from lrmigrate.model import UserError


class CannotWrite(UserError):
    """The file was left as it was. A clause that says why."""


def write(path: Path, before: bytes, after: bytes) -> None:
    """Replace the file's bytes in one step; raises CannotWrite and leaves the file as it was.

    A symbolic link stays a link. A file that no longer holds ``before`` is not touched. The new file
    is complete on disk before it takes the place of the old one, and has the old one's mode.
    """
    target = Path(os.path.realpath(path))
    temporary = ""
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
        if not mode & 0o222 or not os.access(target, os.W_OK):
            raise CannotWrite("the file is read-only")
        handle, temporary = tempfile.mkstemp(
            prefix=f".{target.name[:40]}.", suffix=".lrmigrate-tmp", dir=target.parent
        )
        with os.fdopen(handle, "wb") as stream:
            stream.write(after)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        if target.read_bytes() != before:
            raise CannotWrite("the file has changed since it was read")
        os.replace(temporary, target)
        temporary = ""
        _sync_folder(target.parent)
    except OSError as error:
        raise CannotWrite(error.strerror or str(error)) from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the replacement last; a file system that cannot is no reason to complain."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
