"""Which encoding a file is in, by reading all of it strictly. A byte that does not fit is named with its place."""

import codecs
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from models.errors import Refused, refuse
from models.rules.codes import Code

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
KNOWN = ("utf-8", "utf-16", "windows-1252", "iso-8859-1", "iso-8859-15", "mac-roman")
"""What `--encoding` may name."""


@dataclass(frozen=True, slots=True)
class Found:
    """The file's encoding, as Python names it, and the SHA-256 of its bytes. `guessed` where nothing declared it."""

    encoding: str
    digest: bytes
    guessed: bool


class _Reader:
    """Decodes strictly as the bytes come, and remembers the first that did not fit."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._before, self._held, self._line = 0, 0, 1
        self.fault: tuple[int, int, str] | None = None

    def feed(self, piece: bytes, *, last: bool) -> None:
        if self.fault:
            return
        try:
            text = self._decoder.decode(piece, last)
        except UnicodeDecodeError as error:
            line = self._line + error.object[: error.start].count(b"\n")
            at = self._before - self._held + error.start
            self.fault = (line, at + 1, f"0x{error.object[error.start]:02X}")
            return
        if "\0" in text:
            before = text[: text.index("\0")]
            at = self._before - self._held + len(before.encode(self.encoding))
            self.fault = (self._line + before.count("\n"), at + 1, "NUL")
            return
        self._line += text.count("\n")
        self._before += len(piece)
        self._held = len(self._decoder.getstate()[0])


def find_encoding(pieces: Iterable[bytes], declared: str | None = None) -> Found:
    """Read everything once and say in which encoding it is. Errors: FILE_ENCODING with line and byte, FILE_EMPTY."""
    if declared is not None and declared.lower() not in KNOWN:
        raise refuse(Code.INVALID_INPUT, "encoding", sentence="An encoding is one of {names}.", names=", ".join(KNOWN))
    stream = iter(pieces)
    first = next(stream, b"")
    if not first:
        raise refuse(Code.FILE_EMPTY, "file")
    readers = [_Reader(name) for name in _candidates(first, declared)]
    sha = hashlib.sha256()
    for piece in chain((first,), stream):
        sha.update(piece)
        for reader in readers:
            reader.feed(piece, last=False)
    for reader in readers:
        reader.feed(b"", last=True)
    for reader in readers:
        if reader.fault is None:
            return Found(reader.encoding, sha.digest(), declared is None and reader.encoding == "windows-1252")
    raise _told(readers[0])


def _candidates(first: bytes, declared: str | None) -> list[str]:
    for mark, name in _BOMS:
        if first.startswith(mark):
            return [name]
    if declared is not None:
        return [declared.lower()]
    head = first[:1000]
    if head[1::2].count(0) > len(head) // 4:
        return ["utf-16-le"]
    if head[::2].count(0) > len(head) // 4:
        return ["utf-16-be"]
    return ["utf-8", "windows-1252"]


def _told(reader: _Reader) -> Refused:
    assert reader.fault is not None
    line, byte, what = reader.fault
    return refuse(Code.FILE_ENCODING, "file", encoding=reader.encoding, line=line, byte=byte, what=what)
