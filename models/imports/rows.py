"""The rows of a file: separated, counted, each with the line it begins on."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.errors import Refused, refuse
from models.imports.limits import COLUMNS_MAX, FIELD_CHARACTERS_MAX, LINES_MAX
from models.imports.source import open_stream
from models.rules.codes import Code

DELIMITERS = ",;\t|"


def rows_of(
    path: Path, encoding: str, delimiter: str | None = None, member: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells), the header first. Lines are those of the file, a quoted cell may span several; blank ones
    are left out.

    Errors: FILE_NOT_CSV with the line, FILE_TOO_LONG, FILE_ENCODING should the bytes have changed meanwhile.
    """
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    with open_stream(path, member) as stream:
        raw: Any = stream
        text = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="")
        first = text.readline(FIELD_CHARACTERS_MAX * 2)
        chosen = delimiter or _delimiter(first)
        reader = csv.reader(_joined(first, text), delimiter=chosen, strict=True)
        width, count, line = 0, 0, 1
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _no_table(line, str(error)) from error
            except UnicodeDecodeError as error:
                raise refuse(
                    Code.FILE_ENCODING,
                    "file",
                    encoding=encoding,
                    line=line,
                    byte=error.start + 1,
                    what="no longer what it was",
                ) from error
            if not any(cell.strip() for cell in cells):
                continue
            if not width:
                width = len(cells)
                if width > COLUMNS_MAX:
                    sentence = "it has more than {limit} columns"
                    raise refuse(Code.FILE_NOT_CSV, "file", line=line, sentence=sentence, limit=COLUMNS_MAX)
            else:
                count += 1
                if count > LINES_MAX:
                    raise refuse(Code.FILE_TOO_LONG, "file", limit=LINES_MAX)
                if len(cells) > width and any(cells[width:]):
                    sentence = "it has {cells} cells under {width} titles"
                    raise refuse(Code.FILE_NOT_CSV, "file", line=line, sentence=sentence, cells=len(cells), width=width)
            yield line, cells


def _no_table(line: int, said: str) -> Refused:
    """Say what the reader of CSV stumbled over."""
    if "field limit" in said:
        sentence = "it has a cell of more than {limit} characters"
    elif "unexpected end" in said:
        sentence = "a quotation mark is opened in it and never closed"
    elif "expected after" in said:
        sentence = "a closing quotation mark is followed by more text"
    else:
        sentence = "it cannot be divided into cells"
    return refuse(Code.FILE_NOT_CSV, "file", line=line, sentence=sentence, limit=FIELD_CHARACTERS_MAX)


def _joined(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _delimiter(header: str) -> str:
    """The one that separates most titles; a comma where none separates any."""
    bare = "".join(part for at, part in enumerate(header.split('"')) if at % 2 == 0)
    return max(DELIMITERS, key=lambda sign: (bare.count(sign), sign == ","))
