"""Whatever a file is, reading it ends in lines or in one clear refusal, and never in memory."""

import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Refused
from models.imports import rows as rows_module
from models.imports.cells import guarded, unguarded
from models.imports.dates import DateOrder, Evidence, Order, decide, read_date, read_instant, read_time
from models.imports.encoding import find_encoding
from models.imports.fields import ImportKind
from models.imports.limits import FILE_BYTES_MAX
from models.imports.mapping import preset, read_mapping
from models.imports.scan import Asked, Scan, scan
from models.imports.source import chunks
from models.imports.values import LineReader
from models.rules.codes import Code

MAPPING = """
[clients.columns]
ref = "id"
name = "name"
[passes.columns]
ref = "id"
starts_on = "start"
ends_on = "end"
price = "price"
remaining = "left"
"""


def asked(kind: ImportKind = ImportKind.CLIENTS, **more: object) -> Asked:
    """Ask for a file to be read in a small mapping."""
    return Asked(kind, read_mapping(MAPPING, kind), **more)  # type: ignore[arg-type]


def refusal(act: Callable[[], object]) -> Refused:
    """Return the refusal that `act` ends in."""
    with pytest.raises(Refused) as refused:
        act()
    return refused.value


def message(refused: Refused) -> str:
    """Return its first sentence."""
    return refused.problems[0].reason.message


def names(path: Path, how: Asked | None = None) -> list[str]:
    """Return the names a file of clients holds."""
    chosen = how or asked()
    found = scan(path, chosen)
    rows = rows_module.rows_of(path, found.encoding, chosen.delimiter, chosen.member)
    next(rows)
    return [found.reader(chosen).read(cells)[0]["name"] for _, cells in rows]


@pytest.mark.parametrize(
    ("encoding", "guessed"),
    [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("utf-16-le", False), ("windows-1252", True)],
)
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_encodings_and_delimiters_are_found(tmp_path: Path, encoding: str, guessed: bool, sign: str) -> None:
    """Where every byte fits; what was guessed is told."""
    path = tmp_path / "clients.csv"
    inside = " " if sign == "\t" else sign  # a tab is no part of a name
    text = f'id{sign}name\r\n1{sign}"Zoë{inside} €5 ""x"""\r\n\r\n2{sign}Ann\r\n'
    path.write_bytes(text.encode(encoding))
    assert names(path) == [f'Zoë{inside} €5 "x"', "Ann"]
    assert scan(path, asked()).guessed is guessed


@pytest.mark.parametrize("split", [1, 2, 3, 7, 1000])
def test_a_byte_that_fits_nothing_is_named_with_its_place(split: int) -> None:
    """By line and byte, however the bytes come in."""
    data = "id,name\n1,Zoë\n2,é".encode() + b"\x81\n"
    pieces = [data[at : at + split] for at in range(0, len(data), split)]
    refused = refusal(lambda: find_encoding(pieces))
    assert refused.code is Code.FILE_ENCODING
    assert message(refused) == f"Line 3 is not utf-8: byte {data.index(0x81) + 1} of the file is 0x81."


def test_a_declared_encoding_is_held_to() -> None:
    """A file that does not fit is refused, one that does is read by it."""
    data = "id,name\n1,Zoë\n".encode("iso-8859-1")
    assert find_encoding([data], "iso-8859-1").encoding == "iso-8859-1"
    assert refusal(lambda: find_encoding([data], "utf-8")).code is Code.FILE_ENCODING
    assert refusal(lambda: find_encoding([data], "klingon")).code is Code.INVALID_INPUT


def test_nul_is_no_text() -> None:
    """It is named with its place too."""
    refused = refusal(lambda: find_encoding([b"id,name\n1,An", b"n\0\n"]))
    assert message(refused) == "Line 2 is not utf-8: byte 14 of the file is NUL."


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.FILE_EMPTY),
        (b"id,name\n", Code.FILE_EMPTY),
        (b"\n\n", Code.FILE_EMPTY),
        (b"foo,bar\n1,2\n", Code.FILE_COLUMNS),
        (b"id,name,id\n1,2,3\n", Code.FILE_COLUMNS),
        (b'id,name\n1,"Ann\n2,Bob\n', Code.FILE_NOT_CSV),
        (b"id,name\n1,Ann,more\n", Code.FILE_NOT_CSV),
        (b"id,name\n1," + b"x" * 30_000 + b"\n", Code.FILE_NOT_CSV),
        (b",".join(b"c%d" % at for at in range(300)) + b"\n1\n", Code.FILE_NOT_CSV),
        (b"PK\x03\x04garbage", Code.FILE_UNREADABLE),
        (b"\x1f\x8bgarbage", Code.FILE_UNREADABLE),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, code: Code) -> None:
    """With the reason."""
    path = tmp_path / "file"
    path.write_bytes(data)
    assert refusal(lambda: scan(path, asked())).code is code


def test_too_many_lines_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the line after the last that is taken."""
    monkeypatch.setattr(rows_module, "LINES_MAX", 3)
    path = tmp_path / "file"
    path.write_text("id,name\n" + "1,A\n" * 3)
    assert scan(path, asked()).lines == 3
    path.write_text("id,name\n" + "1,A\n" * 4)
    assert refusal(lambda: scan(path, asked())).code is Code.FILE_TOO_LONG


def zipped(path: Path, **files: bytes) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return path


def drained(path: Path) -> tuple[Code, int]:
    """Return the code that reading a file ends in, and how many bytes came out before."""
    seen = 0
    try:
        for piece in chunks(path):
            seen += len(piece)
    except Refused as refused:
        return refused.code, seen
    raise AssertionError("it was read whole")


def test_compressed_files_are_read(tmp_path: Path) -> None:
    """A zip with one CSV, the one that is named of several, and gzip in several parts."""
    data = b"id,name\n1,Ann\n"
    assert names(zipped(tmp_path / "a.zip", a_csv=data, readme_md=b"x")) == ["Ann"]
    several = zipped(tmp_path / "b.zip", a_csv=data, b_csv=data.replace(b"Ann", b"Bob"))
    assert refusal(lambda: scan(several, asked())).code is Code.FILE_UNREADABLE
    assert names(several, asked(member="b.csv")) == ["Bob"]
    parts = tmp_path / "c.csv.gz"
    parts.write_bytes(gzip.compress(b"id,name\n") + gzip.compress(b"1,Ann\n"))
    assert names(parts) == ["Ann"]
    parts.write_bytes(gzip.compress(data * 100)[:-10])
    assert refusal(lambda: list(chunks(parts))).code is Code.FILE_UNREADABLE


def test_a_bomb_is_refused_by_what_it_declares_and_by_what_comes_out(tmp_path: Path) -> None:
    """A zip that says how large it is, one that lies about it, and gzip, which says nothing."""
    honest = zipped(tmp_path / "honest.zip", a_csv=b"\0" * 20_000_000)
    assert refusal(lambda: list(chunks(honest))).code is Code.FILE_INFLATES
    liar = tmp_path / "liar.zip"
    data = bytearray(honest.read_bytes())
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        where = data.index(mark) + at
        data[where : where + 4] = struct.pack("<I", 100_000)
    liar.write_bytes(bytes(data))
    code, seen = drained(liar)
    assert code in (Code.FILE_INFLATES, Code.FILE_UNREADABLE)
    assert seen <= 100_000
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(b"\0" * 50_000_000))
    code, seen = drained(bomb)
    assert code is Code.FILE_INFLATES
    assert seen < 15_000_000


def test_more_than_the_limit_is_refused_while_it_comes(tmp_path: Path) -> None:
    """Of text that hardly shrinks, so that no ratio is in the way."""
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    assert refusal(lambda: sum(map(len, chunks(path)))).code is Code.FILE_TOO_LARGE
    packed = zlib.compressobj(wbits=31)
    assert packed.flush()


def dated(tmp_path: Path, *rows: tuple[str, str], **more: object) -> Scan:
    """Scan a file of passes with these starts and ends."""
    path = tmp_path / "passes.csv"
    path.write_text("id,start,end\n" + "".join(f"{at},{a},{b}\n" for at, (a, b) in enumerate(rows)))
    return scan(path, asked(ImportKind.PASSES, **more))


def test_the_file_decides_what_comes_first(tmp_path: Path) -> None:
    """By a value that fits one order only; a column that does not say follows the other."""
    assert dated(tmp_path, ("13/04/2026", "01/02/2026")).orders == {
        "starts_on": Order(DateOrder.DMY),
        "ends_on": Order(DateOrder.DMY),
    }
    assert dated(tmp_path, ("03/04/2026", ""), ("04/13/2026", "")).orders["starts_on"] == Order(DateOrder.MDY)
    assert dated(tmp_path, ("2026-04-03", "05/05/2026")).orders["ends_on"] == Order()


def test_dates_that_may_be_read_both_ways_are_asked_about(tmp_path: Path) -> None:
    """Naming the column and the line; an answer is taken."""
    refused = refusal(lambda: dated(tmp_path, ("2026-01-01", ""), ("03/04/2026", "")))
    assert refused.code is Code.FILE_DATES
    assert "column start may" in message(refused)
    assert "line 3" in message(refused)
    told = dated(tmp_path, ("03/04/2026", ""), date_order=DateOrder.MDY)
    assert told.orders["starts_on"] == Order(DateOrder.MDY)


def test_three_formats_in_one_column_name_the_lines_that_are_not_sure(tmp_path: Path) -> None:
    """What fits both orders is refused, and so is what does not fit the more frequent one."""
    values = ["2026-04-13", "13/04/2026", "14/04/2026", "04/15/2026", "03/04/2026", "05/05/2026"]
    found = dated(tmp_path, *((value, "") for value in values))
    assert found.orders["starts_on"] == Order(DateOrder.DMY, mixed=True)
    reader = found.reader(asked(ImportKind.PASSES))
    wrong = [bool(reader.read([str(at), value, ""])[1]) for at, value in enumerate(values)]
    assert wrong == [False, False, False, True, True, False]


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.sampled_from(list(DateOrder)), st.sampled_from("/.-"))
def test_a_date_is_read_as_it_was_written(day: date, order: DateOrder, sign: str) -> None:
    """In the order that is given, or that a column of many dates gives away."""
    first, second = (day.day, day.month) if order is DateOrder.DMY else (day.month, day.day)
    text = f"{first:02}{sign}{second}{sign}{day.year}"
    assert read_date(text, Order(order)) == day
    assert read_date(day.isoformat(), Order(order)) == day
    assert read_date(day.strftime("%d %b %Y"), Order()) == day
    evidence = Evidence()
    evidence.add(text, 2)
    orders, open_columns = decide({"a": evidence}, None)
    if not open_columns:
        assert read_date(text, orders["a"]) == day
    else:
        assert day.day <= 12
        assert day.day != day.month


@pytest.mark.parametrize(
    "text", ["", "31/02/2026", "2026-02-30", "12/2026", "13/13/2026", "1/1/26", "today", "45 Xyz 2026"]
)
def test_what_is_no_date_is_told(text: str) -> None:
    """Not guessed at: a year of two digits is none."""
    with pytest.raises(ValueError, match="is no date"):
        read_date(text, Order(DateOrder.DMY))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("6:30 PM", "18:30:00"), ("12:00 am", "00:00:00"), ("12:05 p.m.", "12:05:00"), ("18:30", "18:30:00")],
)
def test_times_of_day_are_read(text: str, expected: str) -> None:
    """On 24 hours and with AM and PM."""
    assert read_time(text).isoformat() == expected
    assert read_instant(f"2026-01-02 {text}", Order())[1] == read_time(text)


@pytest.mark.parametrize("text", ["25:00", "13:00 PM", "0:30 am", "7", "07:60"])
def test_what_is_no_time_is_told(text: str) -> None:
    """Each with a sentence."""
    with pytest.raises(ValueError, match="no time of day"):
        read_time(text)


@given(st.text(st.sampled_from("'=+-@\t\rab "), max_size=6))
def test_a_guarded_cell_runs_nowhere_and_comes_back(text: str) -> None:
    """Exactly as it was."""
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize(
    ("text", "minor"),
    [("12", 1200), ("12.5", 1250), ("$1,234.50", 123450), ("1.234,50 €", 123450), ("1,234", 123400), ("0.05", 5)],
)
def test_money_is_read_in_minor_units(text: str, minor: int) -> None:
    """Whatever separates thousands."""
    reader = LineReader(ImportKind.PASSES, read_mapping(MAPPING, ImportKind.PASSES), {"price": 0}, {})
    assert reader.read([text]) == ({"price": minor}, [])


@pytest.mark.parametrize(("text", "value"), [("7", {"remaining": 7}), ("7.0", {"remaining": 7}), ("Unlimited", {})])
def test_counts_are_read(text: str, value: dict[str, int]) -> None:
    """And what is without end says nothing."""
    reader = LineReader(ImportKind.PASSES, read_mapping(MAPPING, ImportKind.PASSES), {"remaining": 0}, {})
    assert reader.read([text]) == (value, [])
    assert reader.read(["-1"])[1]
    assert reader.read(["7.5"])[1]


@pytest.mark.parametrize(
    "text",
    ["[", "x = 1", "[clients]\nfoo = 1", "[clients.columns]\nshoe = 'x'", "[clients.columns]\nname = 3", "clients = 1"],
)
def test_a_mapping_that_cannot_be_used_is_refused(text: str) -> None:
    """With what is wrong with it."""
    assert refusal(lambda: read_mapping(text, ImportKind.CLIENTS)).code is Code.INVALID_INPUT


def test_an_unknown_preset_is_refused() -> None:
    """With those there are."""
    assert refusal(lambda: preset("../x", ImportKind.CLIENTS)).code is Code.INVALID_INPUT
