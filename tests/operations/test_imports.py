"""A studio's files come in whole or not at all, and what they say is then true of its passes."""

import asyncio
import csv
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from models.errors import Refused
from models.imports.fields import ImportKind
from models.imports.mapping import preset, read_mapping
from models.imports.scan import Asked
from models.operations.base import Actor
from models.operations.end_visit import CancelVisit, cancel_visit
from models.operations.imports.commit import ImportStudio, import_studio
from models.operations.imports.stage import Staged, stage_import
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.withdraw_pass import WithdrawPass, withdraw_pass
from models.queries import tenants
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.status import status_at
from models.rules.terms import Renewal, Terms
from models.rules.values import (
    Activation,
    AfterExpiration,
    Jurisdiction,
    PassKind,
    PassStatus,
    PeriodUnit,
    RenewalTrigger,
    Role,
    ValidityRule,
)
from models.settings import Settings
from tests.studio import MONTH, OWNER, Studio

PLAIN = """
[clients.columns]
ref = "id"
name = "name"
email = "email"
[options.columns]
name = "name"
kind = "kind"
price = "price"
quantity = "quantity"
valid_count = "days"
[passes.columns]
ref = "id"
client = "client"
option = "option"
sold_on = "sold"
starts_on = "start"
ends_on = "end"
granted = "granted"
remaining = "left"
price = "paid"
auto_renew = "renews"
[visits.columns]
ref = "id"
client = "client"
service = "service"
starts = "at"
state = "state"
pass = "pass"
"""


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write rows with the titles of the first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


async def stage(studio: Studio, kind: ImportKind, path: Path, actor: Actor = OWNER) -> Staged:
    """Stage a file in the plain mapping."""
    asked = Asked(kind, read_mapping(PLAIN, kind))
    return await stage_import(studio.runtime, studio.business_id, actor, path, asked)


async def load(studio: Studio, kind: ImportKind, path: Path, *, skip: bool = False) -> UUID:
    """Stage a file and make what it holds."""
    staged = await stage(studio, kind, path)
    await studio.do(import_studio, ImportStudio(staged.import_id, skip_bad_lines=skip))
    return staged.import_id


async def made(studio: Studio, kind: str, ref: str) -> UUID:
    """Return what a line became."""
    rows = await studio.fetch("SELECT row_id FROM external_refs WHERE kind = $1 AND ref = $2", kind, ref)
    return UUID(str(rows[0]["row_id"]))


async def said(studio: Studio, import_id: UUID) -> dict[int, set[str]]:
    """Return the codes of what is wrong with each line."""
    rows = await studio.fetch("SELECT line, problems FROM import_lines WHERE import_id = $1", import_id)
    return {row["line"]: {each["code"] for each in row["problems"]} for row in rows if row["problems"]}


async def holds(studio: Studio) -> None:
    """See that every invariant holds."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


@pytest.fixture
async def ready(studio: Studio, tmp_path: Path) -> Studio:
    """A studio with two imported clients and a month's pass of ten visits on sale."""
    rows = [{"id": "c1", "name": "Ann Bee", "email": "ann@x.org"}, {"id": "c2", "name": "Zoë", "email": ""}]
    await load(studio, ImportKind.CLIENTS, write_csv(tmp_path / "clients.csv", rows))
    await studio.option(Terms(PassKind.SESSION, 15_000, 10, MONTH), "Ten")
    return studio


def a_pass(**changes: Any) -> dict[str, Any]:
    """A line of a pass."""
    line = {"id": "p1", "client": "c1", "option": "Ten", "sold": "2026-01-10", "start": "2026-01-12"}
    return line | {"end": "2026-02-20", "granted": "10", "left": "7", "paid": "120.50", "renews": ""} | changes


async def test_a_pass_comes_in_with_what_is_left_of_it(ready: Studio, tmp_path: Path) -> None:
    """Balances, dates, money and schedule are what the file and the rules say, and nothing was charged."""
    await load(ready, ImportKind.PASSES, write_csv(tmp_path / "p.csv", [a_pass()]))
    pass_id = await made(ready, "PASSES", "p1")
    facts = await ready.facts(pass_id)
    assert (await ready.balances(pass_id))["available"] == 7
    assert (await ready.balances(pass_id))["used"] == 3
    assert (facts.windows[0].first_day, facts.windows[0].last_day) == (date(2026, 1, 12), date(2026, 2, 20))
    order = (await ready.fetch("SELECT * FROM orders WHERE pass_id = $1", pass_id))[0]
    assert (order["state"], order["price_minor"], order["amount_minor"]) == ("PAID", 12_050, 0)
    assert await ready.fetch("SELECT id FROM payments") == []
    row = (await ready.fetch("SELECT next_due_kind, auto_renew FROM passes WHERE id = $1", pass_id))[0]
    assert row["auto_renew"] is False
    assert row["next_due_kind"] is not None
    await holds(ready)
    client = await made(ready, "CLIENTS", "c1")
    await ready.book([ready.began + timedelta(days=1)], pass_id=pass_id, client=client)
    assert (await ready.balances(pass_id))["booked"] == 1
    await ready.advance(ready.began + timedelta(days=40))
    assert (await ready.balances(pass_id))["expired"] == 6
    await holds(ready)


async def test_a_pass_bought_lately_can_be_withdrawn_from_where_the_file_says_when(
    ready: Studio, tmp_path: Path
) -> None:
    """It cannot say where it was bought: from afar, in doubt. What was paid elsewhere is credit here."""
    await ready.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.EU))
    lately = a_pass(id="p1", sold="2026-01-20", left="10")
    rows = [lately, a_pass(id="p2", sold="2026-01-10"), a_pass(id="p3", sold="")]
    await load(ready, ImportKind.PASSES, write_csv(tmp_path / "passes.csv", rows))
    kept = await ready.fetch("SELECT withdrawable_until FROM passes ORDER BY id")
    assert [row["withdrawable_until"] for row in kept] == [date(2026, 2, 3), date(2026, 1, 24), None]

    for ref in ("p2", "p3"):
        late = WithdrawPass(await made(ready, "PASSES", ref))
        assert await ready.refused(withdraw_pass, late) is Code.NOT_WITHDRAWABLE
    await ready.do(withdraw_pass, WithdrawPass(await made(ready, "PASSES", "p1")))

    back = await ready.fetch("SELECT amount_minor, destination FROM refunds")
    assert [tuple(row) for row in back] == [(12_050, "CREDIT")]
    await holds(ready)


async def test_a_pass_that_is_over_expires_and_is_not_charged(ready: Studio, tmp_path: Path) -> None:
    """Whatever the file says of its renewal."""
    monthly = Terms(PassKind.SESSION, 9_000, 8, MONTH, after_expiration=AfterExpiration.RENEW)
    await ready.option(monthly, "Monthly")
    lines = [
        a_pass(id="old", option="Monthly", end="2026-01-20", granted="8", renews="yes"),
        a_pass(id="off", option="Monthly", end="2026-02-25", granted="8"),
    ]
    await load(ready, ImportKind.PASSES, write_csv(tmp_path / "p.csv", lines))
    await ready.advance(ready.began + timedelta(days=60))
    for ref in ("old", "off"):
        facts = await ready.facts(await made(ready, "PASSES", ref))
        assert len(facts.periods) == 1
        assert status_at(facts, (await _policy(ready)), ready.began + timedelta(days=60)) is PassStatus.EXPIRED
    assert await ready.fetch("SELECT id FROM payments") == []
    await holds(ready)


async def test_nothing_left_on_a_pass_that_renews_on_depletion_charges_nothing(ready: Studio, tmp_path: Path) -> None:
    """An import is no reason to charge."""
    renewal = Renewal(RenewalTrigger.ON_DEPLETION)
    terms = Terms(PassKind.SESSION, 9_000, 8, MONTH, after_expiration=AfterExpiration.RENEW, renewal=renewal)
    await ready.option(terms, "Refill")
    line = a_pass(option="Refill", granted="8", left="0", renews="yes")
    await load(ready, ImportKind.PASSES, write_csv(tmp_path / "p.csv", [line]))
    assert (await ready.facts(await made(ready, "PASSES", "p1"))).auto_renew is False
    await ready.advance(ready.began + timedelta(days=5))
    assert await ready.fetch("SELECT id FROM payments") == []


async def test_a_pass_that_renews_goes_on_the_day_after_its_given_end(ready: Studio, tmp_path: Path) -> None:
    """Also where that end is not the one its option would compute. Without a method on file the charge is declined."""
    monthly = Terms(PassKind.SESSION, 0, 8, MONTH, after_expiration=AfterExpiration.RENEW)
    await ready.option(monthly, "Free month")
    line = a_pass(option="Free month", end="2026-02-25", granted="8", renews="yes", paid="")
    await load(ready, ImportKind.PASSES, write_csv(tmp_path / "p.csv", [line]))
    await ready.advance(ready.began + timedelta(days=60))
    facts = await ready.facts(await made(ready, "PASSES", "p1"))
    assert [(w.first_day, w.last_day) for w in facts.windows[:2]] == [
        (date(2026, 1, 12), date(2026, 2, 25)),
        (date(2026, 2, 26), date(2026, 3, 25)),
    ]
    await holds(ready)


async def test_a_start_that_the_file_gives_is_moved_by_no_visit(ready: Studio, tmp_path: Path) -> None:
    """An option that starts on the first visit leaves the start of a pass already begun where it is."""
    terms = Terms(PassKind.SESSION, 0, 8, MONTH, activation=Activation.ON_FIRST_VISIT)
    await ready.option(terms, "Waits")
    lines = [
        a_pass(id="begun", option="Waits", granted="8"),
        a_pass(id="waits", option="Waits", start="", end="", granted="8", left="8"),
    ]
    await load(ready, ImportKind.PASSES, write_csv(tmp_path / "p.csv", lines))
    client = await made(ready, "CLIENTS", "c1")
    for ref, first in (("begun", date(2026, 1, 12)), ("waits", date(2026, 2, 3))):
        pass_id = await made(ready, "PASSES", ref)
        await ready.book([ready.began + timedelta(days=3)], pass_id=pass_id, client=client, minutes=30)
        assert (await ready.facts(pass_id)).windows[0].first_day == first
        client_visits = await ready.fetch("SELECT id FROM visits WHERE pass_id = $1", pass_id)
        await ready.do(cancel_visit, CancelVisit(client_visits[0]["id"]))
    await holds(ready)


async def test_history_ties_visits_to_the_units_that_were_used(ready: Studio, tmp_path: Path) -> None:
    """Attended visits take what was used, bookings what is left; more visits than units are refused."""
    await load(ready, ImportKind.PASSES, write_csv(tmp_path / "p.csv", [a_pass()]))
    lines = [
        {"id": "v1", "client": "c1", "service": "yoga", "at": "2026-01-13 18:00", "state": "attended", "pass": "p1"},
        {"id": "v2", "client": "c1", "service": "yoga", "at": "2026-01-14 18:00", "state": "no show", "pass": "p1"},
        {"id": "v3", "client": "c1", "service": "yoga", "at": "2026-02-14 18:00", "state": "booked", "pass": "p1"},
        {"id": "v4", "client": "c2", "service": "yoga", "at": "2026-01-14 18:00", "state": "attended", "pass": ""},
    ]
    await load(ready, ImportKind.VISITS, write_csv(tmp_path / "v.csv", lines))
    pass_id = await made(ready, "PASSES", "p1")
    balances = await ready.balances(pass_id)
    assert (balances["available"], balances["booked"], balances["used"], balances["forfeited"]) == (6, 1, 2, 1)
    carried = await ready.fetch("SELECT account, quantity FROM carried_units WHERE quantity > 0")
    assert [tuple(row) for row in carried] == [("USED", 1)]
    await holds(ready)
    more = [lines[0] | {"id": f"w{at}", "at": f"2026-01-1{at} 08:00"} for at in (5, 6)]
    staged = await stage(ready, ImportKind.VISITS, write_csv(tmp_path / "w.csv", more))
    assert await said(ready, staged.import_id) == {3: {"LINE_CONTRADICTS"}}


async def test_a_booking_on_a_pass_whose_rest_has_lapsed_is_told_so(ready: Studio, tmp_path: Path) -> None:
    """What a worker lapsed before the visits came in is no longer there to hold a booking of old."""
    await load(ready, ImportKind.PASSES, write_csv(tmp_path / "p.csv", [a_pass()]))
    line = {"id": "v1", "client": "c1", "service": "yoga", "at": "2026-02-14 18:00", "state": "booked", "pass": "p1"}
    staged = await stage(ready, ImportKind.VISITS, write_csv(tmp_path / "v.csv", [line]))
    assert await said(ready, staged.import_id) == {}
    await ready.advance(ready.began + timedelta(days=60))
    assert (await ready.balances(await made(ready, "PASSES", "p1")))["expired"] == 7
    staged = await stage(ready, ImportKind.VISITS, write_csv(tmp_path / "w.csv", [line | {"id": "w1"}]))
    rows = await ready.fetch("SELECT problems FROM import_lines WHERE import_id = $1", staged.import_id)
    values = [dict(each["values"]) for row in rows for each in row["problems"]]
    assert [each["sentence"].split(";")[0] for each in values] == [
        "What was left on the pass {ref} has lapsed and pays for no booking"
    ]
    await load(ready, ImportKind.VISITS, write_csv(tmp_path / "x.csv", [line | {"id": "x1", "pass": ""}]))
    await holds(ready)


async def test_bad_lines_are_named_and_refuse_the_file(ready: Studio, tmp_path: Path) -> None:
    """Each line with what is wrong with it; the file goes in without them only where that is asked for."""
    lines = [
        a_pass(),
        a_pass(),
        a_pass(id="p3", client="nobody"),
        a_pass(id="p4", option="Nothing"),
        a_pass(id="p5", end="2026-01-01"),
        a_pass(id="p6", left="11"),
        a_pass(id="p7", left="-2"),
        a_pass(id="p8", left=""),
        a_pass(id="p9", sold="2026-13-40"),
        a_pass(id="p10", paid="free"),
        a_pass(id="p11", renews="perhaps"),
    ]
    staged = await stage(ready, ImportKind.PASSES, write_csv(tmp_path / "p.csv", lines))
    assert await said(ready, staged.import_id) == {
        3: {"LINE_DUPLICATE"},
        4: {"LINE_UNKNOWN"},
        5: {"LINE_UNKNOWN"},
        6: {"LINE_CONTRADICTS"},
        7: {"LINE_CONTRADICTS"},
        8: {"LINE_UNREADABLE", "LINE_MISSING"},
        9: {"LINE_MISSING"},
        10: {"LINE_UNREADABLE"},
        11: {"LINE_UNREADABLE"},
        12: {"LINE_UNREADABLE"},
    }
    command = ImportStudio(staged.import_id)
    assert await ready.refused(import_studio, command) is Code.IMPORT_LINES_WRONG
    await ready.do(import_studio, ImportStudio(staged.import_id, skip_bad_lines=True))
    assert len(await ready.fetch("SELECT id FROM passes")) == 1
    await holds(ready)


async def test_the_same_file_is_imported_once(ready: Studio, tmp_path: Path) -> None:
    """A second time it says so; a line that is already here is refused in another file too."""
    path = write_csv(tmp_path / "p.csv", [a_pass()])
    import_id = await load(ready, ImportKind.PASSES, path)
    with pytest.raises(Refused) as refused:
        await stage(ready, ImportKind.PASSES, path)
    assert refused.value.code is Code.FILE_IMPORTED
    assert await ready.refused(import_studio, ImportStudio(import_id)) is Code.FILE_IMPORTED
    other = await stage(ready, ImportKind.PASSES, write_csv(tmp_path / "q.csv", [a_pass(), a_pass(id="p2")]))
    assert await said(ready, other.import_id) == {2: {"LINE_KNOWN"}}


async def test_a_dry_run_makes_nothing(ready: Studio, tmp_path: Path) -> None:
    """And says how much it would make."""
    staged = await stage(ready, ImportKind.PASSES, write_csv(tmp_path / "p.csv", [a_pass()]))
    before = await ready.fingerprint()
    changed = await ready.do(import_studio, ImportStudio(staged.import_id), dry_run=True)
    assert changed.figures["made"] == 1
    assert await ready.fingerprint() == before


@pytest.mark.parametrize("role", [Role.STAFF, Role.PARTNER])
async def test_only_the_owner_imports(ready: Studio, tmp_path: Path, role: Role) -> None:
    """Staging and making alike."""
    path = write_csv(tmp_path / "p.csv", [a_pass()])
    with pytest.raises(Refused) as refused:
        await stage(ready, ImportKind.PASSES, path, Actor(role))
    assert refused.value.code is Code.FORBIDDEN
    staged = await stage(ready, ImportKind.PASSES, path)
    assert await ready.refused(import_studio, ImportStudio(staged.import_id), actor=Actor(role)) is Code.FORBIDDEN


async def test_files_of_one_studio_are_unknown_to_another(ready: Studio, another_studio: Any, tmp_path: Path) -> None:
    """An import's id and the ids its lines had mean nothing elsewhere."""
    path = write_csv(tmp_path / "p.csv", [a_pass()])
    staged = await stage(ready, ImportKind.PASSES, path)
    other = await another_studio()
    assert await other.refused(import_studio, ImportStudio(staged.import_id)) is Code.NOT_FOUND
    await other.option(Terms(PassKind.SESSION, 15_000, 10, MONTH), "Ten")
    theirs = await stage(other, ImportKind.PASSES, path)
    assert await said(other, theirs.import_id) == {2: {"LINE_UNKNOWN"}}


async def test_options_come_in_with_terms(studio: Studio, tmp_path: Path) -> None:
    """From columns, and refused where they contradict themselves."""
    lines = [
        {"name": "Drop-in", "kind": "session", "price": "€ 1.200,50", "quantity": "1", "days": "30"},
        {"name": "Nothing", "kind": "session", "price": "1", "quantity": "", "days": ""},
    ]
    staged = await stage(studio, ImportKind.OPTIONS, write_csv(tmp_path / "o.csv", lines))
    assert await said(studio, staged.import_id) == {3: {"LINE_CONTRADICTS"}}
    await studio.do(import_studio, ImportStudio(staged.import_id, skip_bad_lines=True))
    rows = await studio.fetch("SELECT * FROM purchase_option_versions WHERE name = 'Drop-in'")
    assert rows[0]["price_minor"] == 120_050
    assert rows[0]["terms"]["validity"] | {"lastDay": None} == {
        "rule": ValidityRule.PERIOD,
        "count": 30,
        "unit": PeriodUnit.DAY,
        "lastDay": None,
    }


@pytest.mark.parametrize("point", ["import_staged_some", "import_wrote_some", "import_before_commit"])
async def test_a_killed_import_ends_equal(studio: Studio, settings: Settings, tmp_path: Path, point: str) -> None:
    """SIGKILL in the middle of staging or of writing leaves nothing to see; the same file again makes all of it."""
    rows = [{"id": f"c{at}", "name": f"Client {at}", "email": ""} for at in range(12_000)]
    path = write_csv(tmp_path / "clients.csv", rows)
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(PLAIN)
    before = await studio.fetch("SELECT count(*) FROM clients")
    environment = os.environ | {
        "DATABASE_URL": str(settings.database_url),
        "REDIS_URL": str(settings.redis_url),
        "SESSIONPASS_FAULT_POINT": point,
    }
    arguments = ["import", "clients", str(path), "--business", str(studio.business_id), "--mapping", str(mapping)]
    command = [sys.executable, "-m", "api.cli", *arguments]
    killed = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert await studio.fetch("SELECT count(*) FROM clients") == before
    del environment["SESSIONPASS_FAULT_POINT"]
    done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    if point == "import_staged_some":
        assert "Going on after 5000 lines" in done.stdout
    assert (await studio.fetch("SELECT count(*) FROM clients"))[0][0] == before[0][0] + 12_000
    assert (await studio.fetch("SELECT count(*), min(line), max(line) FROM import_lines"))[0][0] == 12_000
    again = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True)
    assert again.returncode == 1
    assert "The same file was imported" in again.stdout
    await holds(studio)


async def _policy(studio: Studio) -> Any:
    async with studio.runtime.database.reading(studio.business_id) as reader:
        business = await tenants.business(reader)
    assert business is not None
    return business.policy


async def test_every_preset_reads(studio: Studio) -> None:
    """For every kind."""
    for name in ("own", "mindbody", "wellnessliving", "punchpass"):
        for kind in ImportKind:
            assert preset(name, kind).columns, studio.business_id
