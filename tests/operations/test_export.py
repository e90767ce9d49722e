"""Everything goes out, and comes back with the same balances and the same answers."""

import csv
import json
import random
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.exports import Folder, Zip
from models.errors import Refused
from models.imports.fields import ImportKind
from models.imports.mapping import preset
from models.imports.scan import Asked
from models.operations.base import Actor
from models.operations.catalogue import (
    CreateClient,
    CreateLocation,
    CreateService,
    create_client,
    create_location,
    create_service,
)
from models.operations.create_business import NewBusiness, create_business
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelVisit,
    RecordAttendance,
    cancel_visit,
    record_attendance,
)
from models.operations.holds import PlaceHold, place_hold
from models.operations.imports.commit import ImportStudio, import_studio
from models.operations.imports.stage import stage_import
from models.operations.restore import restore
from models.queries.export import export, stored_tables
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.terms import Terms
from models.rules.values import AfterExpiration, PassKind, Role, ServiceCategory
from tests.isolation.filled import fill
from tests.studio import MONTH, OWNER, Studio

KINDS = (
    Terms(PassKind.SESSION, 15_000, 10, MONTH),
    Terms(PassKind.SESSION, 9_000, 4, MONTH, after_expiration=AfterExpiration.RENEW),
    Terms(PassKind.UNLIMITED, 20_000, None, MONTH),
    Terms(PassKind.DAY, 5_000, 5),
    Terms(PassKind.TIME, 30_000, 600),
)
NASTY = "=cmd|'/c calc'!A1"


async def lived_in(studio: Studio, seed: int) -> None:
    """Let some months of a small studio go by, as chance has it."""
    chance = random.Random(seed)
    clients = [studio.client]
    names = ("Bo", NASTY, "'quoted'", 'Zoë, "Z"')
    clients += [(await studio.do(create_client, CreateClient(name))).rows["client"] for name in names]
    passes = []
    for _ in range(8):
        client = chance.choice(clients)
        passes.append((client, await studio.sell(chance.choice(KINDS), client=client)))
    now, visits = studio.began, []
    for _ in range(40):
        client, pass_id = chance.choice(passes)
        now += timedelta(hours=chance.randint(1, 40))
        try:
            match chance.randrange(5):
                case 0 | 1:
                    at = now + timedelta(hours=chance.randint(2, 200))
                    visits += (await studio.book([at], pass_id=pass_id, client=client)).visits
                case 2:
                    await studio.do(cancel_visit, CancelVisit(chance.choice(visits)))
                case 3:
                    await studio.do(place_hold, PlaceHold(pass_id, (now + timedelta(days=3)).date()))
                case 4:
                    await studio.advance(now)
                    began = await studio.fetch("SELECT id FROM visits WHERE state = 'BOOKED' AND starts_at < $1", now)
                    for row in began:
                        await studio.do(record_attendance, RecordAttendance(row["id"], _outcome(chance)))
        except (Refused, IndexError):
            continue


def _outcome(chance: random.Random) -> AttendanceOutcome:
    return chance.choice(list(AttendanceOutcome))


async def write_export(studio: Studio, root: Path) -> None:
    """Export to a folder."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        await export(reader, Folder(root))


async def rows_of(studio: Studio) -> dict[str, list[str]]:
    """Return every stored row, without the business."""
    found = {}
    for table in stored_tables():
        rows = await studio.fetch(
            f"SELECT (to_jsonb(t) - 'business_id' - 'on_test_clock' - 'claimed_until')::text AS row FROM {table.name} t"
        )
        found[table.name] = sorted(row["row"] for row in rows)
    return found


async def empty(studio: Studio) -> Studio:
    """Return a business with nothing in it, in the time of the studio."""
    rows = await studio.fetch("SELECT test_clock_at FROM businesses")
    opened = await create_business(studio.runtime, NewBusiness("New", "Asia/Tokyo", test_clock_at=rows[0][0]))
    return Studio(studio.runtime, opened, rows[0][0])


@pytest.mark.parametrize("seed", range(4))
async def test_a_restored_business_is_the_same_in_every_row(studio: Studio, tmp_path: Path, seed: int) -> None:
    """Balances, ledger, history, schedule; and it goes on living as the first one does."""
    await lived_in(studio, seed)
    await write_export(studio, tmp_path / "out")
    other = await empty(studio)
    await restore(other.runtime, other.business_id, OWNER, Folder(tmp_path / "out").lines)
    assert await rows_of(other) == await rows_of(studio)
    later = (await studio.fetch("SELECT test_clock_at FROM businesses"))[0][0] + timedelta(days=45)
    for each in (studio, other):
        await each.advance(later)
    for row in await studio.fetch("SELECT id FROM passes"):
        assert await other.balances(row["id"]) == await studio.balances(row["id"])
        assert (await other.facts(row["id"])).windows == (await studio.facts(row["id"])).windows
    async with other.runtime.database.reading(other.business_id) as reader:
        assert await check_business(reader) == []


async def test_tables_of_an_export_import_with_equal_balances(studio: Studio, tmp_path: Path) -> None:
    """Clients, options, passes and visits by the preset `own`; formulas are guarded on the way and come back."""
    await lived_in(studio, 7)
    out = tmp_path / "out"
    await write_export(studio, out)
    with (out / "clients.csv").open(encoding="utf-8", newline="") as file:
        names = {row["name"] for row in csv.DictReader(file)}
    assert f"'{NASTY}" in names
    assert not any(name.startswith(("=", "+", "-", "@")) for name in names)
    other = await empty(studio)
    await other.do(create_location, CreateLocation("Main hall", "Europe/Paris"))
    await other.do(create_service, CreateService("Yoga", ServiceCategory.CLASS))
    for kind in ImportKind:
        path = out / f"{kind.lower()}.csv"
        staged = await stage_import(other.runtime, other.business_id, OWNER, path, Asked(kind, preset("own", kind)))
        skip = kind is ImportKind.VISITS  # visits of DAY passes name a pass they cannot claim
        assert skip or not staged.outcome.refused, await other.fetch("SELECT line, problems FROM import_lines")
        await other.do(import_studio, ImportStudio(staged.import_id, skip_bad_lines=skip))
    compared = 0
    for row in await studio.fetch("SELECT id, kind, closed_reason FROM passes"):
        found = await other.fetch("SELECT row_id FROM external_refs WHERE ref = $1", str(row["id"]))
        before, after = await studio.balances(row["id"]), await other.balances(found[0]["row_id"])
        for account in ("used", "forfeited"):
            assert after[account] == before[account], (row["kind"], account)
        assert after["available"] + after["booked"] == before["available"] + before["booked"]
        compared += 1
    assert compared == 8
    back = await other.fetch("SELECT name FROM clients ORDER BY name")
    assert NASTY in {row["name"] for row in back}
    async with other.runtime.database.reading(other.business_id) as reader:
        assert await check_business(reader) == []


async def test_an_export_goes_back_into_an_empty_business_only(studio: Studio, tmp_path: Path) -> None:
    """And is the owner's to put back."""
    await write_export(studio, tmp_path)
    before = await studio.fingerprint()
    with pytest.raises(Refused) as refused:
        await restore(studio.runtime, studio.business_id, OWNER, Folder(tmp_path).lines)
    assert refused.value.code is Code.NOT_EMPTY
    with pytest.raises(Refused) as refused:
        await restore(studio.runtime, studio.business_id, Actor(Role.STAFF), Folder(tmp_path).lines)
    assert refused.value.code is Code.FORBIDDEN
    assert await studio.fingerprint() == before


def tampered(root: Path, table: str, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change rows of an export."""
    path = root / "rows" / f"{table}.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("lots", lambda rows: rows[0].update(available=rows[0]["available"] + 1, issued=rows[0]["issued"] + 1)),
        ("passes", lambda rows: rows[0].update(ends_at="2030-01-01T00:00:00+00:00")),
        ("passes", lambda rows: rows.pop()),
        ("lots", lambda rows: rows[0].update(pass_id="00000000-0000-0000-0000-000000000000")),
        ("lots", lambda rows: rows[0].update(issued="many")),
        ("clients", lambda rows: rows.pop()),
        ("clients", lambda rows: rows.insert(0, [])),
        ("clients", lambda rows: rows.insert(0, {"'; --": 1})),
        ("clients", lambda rows: rows[0].update(name="a\x00")),
        ("purchase_option_versions", lambda rows: rows[0]["terms"].update(kind="NOPE")),
        ("purchase_option_versions", lambda rows: rows[0]["terms"].update(quantity="x")),
        ("purchase_option_versions", lambda rows: rows[0].update(terms=[])),
        ("passes", lambda rows: rows[0].update(terms_override={"validity": 3})),
        ("locations", lambda rows: rows[0].update(zone="Mars/Olympus")),
    ],
)
async def test_an_export_that_does_not_hold_together_changes_nothing(
    studio: Studio, tmp_path: Path, table: str, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    """Units out of nowhere, dates of its own, rows that are missing."""
    await studio.sell()
    await studio.do(create_client, CreateClient("Bo"))
    await write_export(studio, tmp_path)
    tampered(tmp_path, table, change)
    other = await empty(studio)
    before = await other.fingerprint()
    with pytest.raises(Refused) as refused:
        await restore(other.runtime, other.business_id, OWNER, Folder(tmp_path).lines)
    assert refused.value.code is Code.FILE_UNREADABLE
    assert await other.fingerprint() == before


@pytest.mark.parametrize(
    "change",
    [lambda business: business.clear(), lambda business: business.update(zone="Mars/Olympus")],
)
async def test_an_export_of_no_business_changes_nothing(
    studio: Studio, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    await write_export(studio, tmp_path)
    manifest = json.loads((tmp_path / "sessionpass.json").read_text())
    change(manifest["business"])
    (tmp_path / "sessionpass.json").write_text(json.dumps(manifest))
    other = await empty(studio)
    before = await other.fingerprint()
    with pytest.raises(Refused) as refused:
        await restore(other.runtime, other.business_id, OWNER, Folder(tmp_path).lines)
    assert refused.value.code is Code.FILE_UNREADABLE
    assert await other.fingerprint() == before


async def test_a_row_in_every_table_comes_back_and_nobody_comes_to_own_a_sandbox(
    studio: Studio, tmp_path: Path
) -> None:
    """A sandbox is another business: whose file names one would see and do there what its owner may."""
    await fill(studio)
    rows = await rows_of(studio)
    assert [table for table, stored in rows.items() if not stored] == []
    await write_export(studio, tmp_path)
    foreign = json.dumps((await studio.fetch("SELECT to_jsonb(s) - 'business_id' AS row FROM sandboxes s"))[0]["row"])
    (tmp_path / "rows" / "sandboxes.jsonl").write_text(f"{foreign}\n")
    other = await empty(studio)
    await restore(other.runtime, other.business_id, OWNER, Folder(tmp_path).lines)
    assert await rows_of(other) == rows
    assert await other.fetch("SELECT FROM sandboxes") == []


async def test_a_zip_holds_the_same(studio: Studio, tmp_path: Path) -> None:
    """And no key, in either."""
    await studio.sell()
    await write_export(studio, tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        async with studio.runtime.database.reading(studio.business_id) as reader:
            await export(reader, Zip(archive))
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        for name in archive.namelist():
            assert archive.read(name) == (tmp_path / "out" / name).read_bytes()
        assert not any("api_keys" in name for name in archive.namelist())
        other = await empty(studio)
        await restore(other.runtime, other.business_id, OWNER, Zip(archive).lines)
    assert await rows_of(other) == await rows_of(studio)
