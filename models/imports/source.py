"""Open a file as a stream of its text's bytes: plain, gzip, or the one CSV of a zip, never inflated to memory."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from models.errors import Refused, refuse
from models.imports.limits import CHUNK_BYTES, FILE_BYTES_MAX, INFLATION_MAX, MEGABYTES_MAX, MEMBERS_MAX
from models.rules.codes import Code

_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"


def chunks(path: Path, member: str | None = None) -> Iterator[bytes]:
    """Yield the bytes of the text in `path`; `member` names the file of a zip that holds several.

    Errors: FILE_UNREADABLE, FILE_TOO_LARGE, FILE_INFLATES for what is declared or comes out far larger than it is.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(0)
            size = path.stat().st_size
            if head.startswith(_ZIP):
                yield from _of_zip(file, member)
            elif head.startswith(_GZIP):
                yield from _bounded(_of_gzip(file), size)
            else:
                yield from _bounded(iter(lambda: file.read(CHUNK_BYTES), b""), None)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _unreadable(error) from error


def _unreadable(error: BaseException) -> Refused:
    """Say why it cannot be read; what the system says of it stays in the system's words."""
    if isinstance(error, OSError) and error.strerror:
        return refuse(Code.FILE_UNREADABLE, "file", sentence="the system says “{why}”", why=error.strerror)
    sentence = "the compressed file is damaged, encrypted or of a kind that is not known"
    return refuse(Code.FILE_UNREADABLE, "file", sentence=sentence)


def _of_zip(file: IO[bytes], member: str | None) -> Iterator[bytes]:
    with zipfile.ZipFile(file) as archive:
        found = _the_member(archive.infolist(), member)
        if found.file_size > FILE_BYTES_MAX:
            raise _too_large()
        if found.file_size > INFLATION_MAX * max(found.compress_size, 1):
            raise _inflates()
        with archive.open(found) as inflated:
            yield from _bounded(iter(lambda: inflated.read(CHUNK_BYTES), b""), found.compress_size)


def _the_member(members: list[zipfile.ZipInfo], wanted: str | None) -> zipfile.ZipInfo:
    if len(members) > MEMBERS_MAX:
        raise refuse(Code.FILE_UNREADABLE, "file", sentence="it holds more than {limit} files", limit=MEMBERS_MAX)
    named = [each for each in members if each.filename == wanted or (wanted is None and _is_table(each.filename))]
    if len(named) != 1:
        names = ", ".join(sorted(each.filename[:60] for each in members if _is_table(each.filename))[:10])
        sentence = "say which file of the zip is meant: {names}" if names else "the zip holds no table"
        raise refuse(Code.FILE_UNREADABLE, "file", sentence=sentence, names=names)
    return named[0]


def _is_table(name: str) -> bool:
    return name.lower().endswith((".csv", ".tsv", ".txt")) and not name.startswith("__MACOSX")


def _of_gzip(file: IO[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=31)
    while packed := file.read(CHUNK_BYTES):
        while packed:
            if inflater.eof:
                inflater = zlib.decompressobj(wbits=31)
            yield inflater.decompress(packed, CHUNK_BYTES)
            packed = inflater.unconsumed_tail or inflater.unused_data
    if not inflater.eof:
        raise EOFError


def _bounded(pieces: Iterator[bytes], packed: int | None) -> Iterator[bytes]:
    """Count what really comes out, whatever was declared, and stop before it is too much."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > FILE_BYTES_MAX:
            raise _too_large()
        if packed is not None and size > INFLATION_MAX * max(packed, 1) + CHUNK_BYTES:
            raise _inflates()
        if piece:
            yield piece


def _too_large() -> Refused:
    return refuse(Code.FILE_TOO_LARGE, "file", limit=MEGABYTES_MAX)


def _inflates() -> Refused:
    return refuse(Code.FILE_INFLATES, "file", limit=INFLATION_MAX)


class Stream:
    """What a text wrapper reads from: bytes as they come, with nothing kept but the piece at hand."""

    closed = False

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def writable(self) -> bool:
        """It cannot be written."""
        return False

    def seekable(self) -> bool:
        """It goes forward only."""
        return False

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Let the file go."""
        close = getattr(self._pieces, "close", None)
        if close:
            close()

    def read1(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken

    read = read1


@contextmanager
def open_stream(path: Path, member: str | None = None) -> Iterator[Stream]:
    """Open the text of a file; errors as `chunks`, while it is read."""
    stream = Stream(chunks(path, member))
    try:
        yield stream
    finally:
        stream.close()
