"""Everything a file says about itself, found by reading it once or twice before anything of it is kept."""

from dataclasses import dataclass
from pathlib import Path

from models.errors import Problem, Refused, refuse
from models.imports.dates import DateOrder, Evidence, Order, decide
from models.imports.encoding import find_encoding
from models.imports.fields import DATED, FIELDS, ImportKind
from models.imports.limits import FIELD_CHARACTERS_MAX
from models.imports.mapping import Mapping, bind
from models.imports.rows import DELIMITERS, rows_of
from models.imports.source import chunks
from models.imports.values import LineReader
from models.rules.codes import Code, because


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller says about a file. Whatever is None the file has to tell by itself."""

    kind: ImportKind
    mapping: Mapping
    encoding: str | None = None
    delimiter: str | None = None
    date_order: DateOrder | None = None
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file turned out to be. `lines` counts rows without the header."""

    digest: bytes
    encoding: str
    guessed: bool
    bound: dict[str, int]
    orders: dict[str, Order]
    lines: int

    def reader(self, asked: Asked) -> LineReader:
        """Return what reads its lines."""
        return LineReader(asked.kind, asked.mapping, self.bound, self.orders)


def scan(path: Path, asked: Asked) -> Scan:
    """Read the whole file without keeping it.

    Errors: FILE_UNREADABLE, FILE_TOO_LARGE, FILE_INFLATES, FILE_EMPTY, FILE_ENCODING, FILE_NOT_CSV, FILE_TOO_LONG,
    FILE_COLUMNS, FILE_DATES for each column whose dates may be read with the day or with the month first.
    """
    if asked.delimiter is not None and (len(asked.delimiter) != 1 or asked.delimiter not in DELIMITERS):
        raise refuse(Code.INVALID_INPUT, "delimiter", sentence="A delimiter is , ; | or a tab.")
    if asked.member is not None and "\0" in asked.member:
        raise refuse(Code.INVALID_INPUT, "member", sentence="No file of a zip has a NUL in its name.")
    found = find_encoding(chunks(path, asked.member), asked.encoding)
    rows = rows_of(path, found.encoding, asked.delimiter, asked.member)
    try:
        _, header = next(rows)
    except StopIteration:
        raise refuse(Code.FILE_EMPTY, "file") from None
    bound = bind(asked.mapping, header)
    dated = {name: at for name, at in bound.items() if FIELDS[asked.kind][name].type in DATED}
    evidence = {name: Evidence() for name in dated}
    lines = 0
    for line, cells in rows:
        lines += 1
        for name, at in dated.items():
            if at < len(cells):
                evidence[name].add(cells[at].strip()[:FIELD_CHARACTERS_MAX], line)
    if not lines:
        raise refuse(Code.FILE_EMPTY, "file")
    orders, ambiguous = decide(evidence, asked.date_order)
    if ambiguous:
        raise Refused(
            *(
                Problem(because(Code.FILE_DATES, column=header[bound[name]][:60], line=line), ("file",))
                for name, line in sorted(ambiguous.items())
            )
        )
    return Scan(found.digest, found.encoding, found.guessed, bound, orders, lines)
