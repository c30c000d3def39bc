"""Bytes <-> text of a file, exactly.

What is decoded can be encoded to the same bytes again: encoding cookie, byte order mark, newlines of
every kind, form feeds and a missing last newline included. Knows nothing of Python's syntax.
"""

from __future__ import annotations

import codecs
import io
import tokenize
from dataclasses import dataclass

from lrmigrate.model import UserError


class CannotDecode(UserError):
    """The bytes are not text in the encoding they declare. A clause."""


class CannotEncode(UserError):
    """The text has a character that the file's encoding lacks. A clause."""


@dataclass(frozen=True)
class Decoded:
    """A text with what it takes to get the bytes back."""

    text: str
    encoding: str
    mark: bytes  # the byte order mark, or nothing

    def encode(self, text: str) -> bytes:
        """The bytes of ``text`` in this file's encoding; raises CannotEncode."""
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise CannotEncode(f"the result cannot be encoded as {self.encoding}: {error.reason}") from None


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
