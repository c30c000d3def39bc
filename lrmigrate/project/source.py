"""Bytes <-> text of a file, exactly; and the one place that writes to the user's files.

What is decoded can be encoded to the same bytes again: encoding cookie, byte order mark, newlines of
every kind, form feeds and a missing last newline included. Knows nothing of Python's syntax.
"""

from __future__ import annotations

import codecs
import io
import os
import stat
import tempfile
import tokenize
from dataclasses import dataclass
from pathlib import Path

from lrmigrate.model import UserError


class CannotDecode(UserError):
    """The bytes are not text in the encoding they declare. A clause."""


class CannotWrite(UserError):
    """The file was left as it was. A clause that says why."""


@dataclass(frozen=True)
class Decoded:
    """A text with what it takes to get the bytes back."""

    text: str
    encoding: str
    mark: bytes  # the byte order mark, or nothing

    def encode(self, text: str) -> bytes:
        """The bytes of ``text`` in this file's encoding; raises CannotWrite."""
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise CannotWrite(f"the result cannot be encoded as {self.encoding}: {error.reason}") from None


def decode(data: bytes) -> Decoded:
    """Decode Python source, as its cookie says; raises CannotDecode."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        decoded = Decoded(data[len(mark) :].decode(encoding), encoding, mark)
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise CannotDecode(str(error)) from None
    if decoded.mark + decoded.text.encode(decoded.encoding) != data:
        raise CannotDecode(f"the bytes are not the usual form of this text in {encoding}")
    return decoded


def decode_notebook(data: bytes) -> Decoded:
    """Decode a notebook, which is JSON in UTF-8; raises CannotDecode."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        return Decoded(data[len(mark) :].decode("utf-8"), "utf-8", mark)
    except UnicodeError as error:
        raise CannotDecode(str(error)) from None


def encoded_like(data: bytes, text: str) -> bytes:
    """``text`` in the encoding, and with the byte order mark, of ``data``; raises CannotWrite."""
    try:
        return decode(data).encode(text)
    except CannotDecode:
        return decode_notebook(data).encode(text)


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
