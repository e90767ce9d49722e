"""What a pass is at an instant, with no worker running, and what it was at instants past."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from models.operations.change_pass import DeactivatePass, deactivate_pass
from models.operations.end_visit import AttendanceOutcome, RecordAttendance, record_attendance
from models.operations.holds import PlaceHold, place_hold
from models.operations.renew_pass import RenewPass, renew_pass
from models.queries import paging, passes, tenants
from models.queries.facts import load_passes
from models.rules.status import status_at
from models.rules.terms import Renewal, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    HoldKind,
    PassKind,
    PassStatus,
    RenewalTrigger,
    UnusedAtRenewal,
)
from tests.schema.conftest import OWNER, Ask, gid, stand_at
from tests.studio import MONTH, Studio

_MICROSECOND = timedelta(microseconds=1)
_WHEN_EMPTY = Renewal(RenewalTrigger.ON_DEPLETION)
_STATUS = """query ($id: ID!) {
  pass(id: $id) { status explanation { code message } balance { granted available booked used expired transferred }
    lots { balance { available expired } } endsAt }
}"""
_AS_OF = """query ($id: ID!, $a: DateTime!, $b: DateTime!, $c: DateTime!) { pass(id: $id) {
  before: balanceAsOf(instant: $a) { ...all } then: balanceAsOf(instant: $b) { ...all }
  now: balanceAsOf(instant: $c) { ...all } balance { ...all }
} }
fragment all on Balance { unit granted available booked used forfeited expired transferred }"""


async def test_a_pass_ends_to_the_microsecond_though_no_worker_runs(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 15_000, 10, validity=MONTH))
    end = (await studio.facts(pass_id)).ends_at
    assert end is not None
    seen = []

    for instant in (end - _MICROSECOND, end, end + _MICROSECOND):
        await stand_at(studio, instant)
        shown = (await ask(studio, OWNER, _STATUS, id=gid("Pass", pass_id)))["pass"]
        code = shown["explanation"] and shown["explanation"]["code"]
        balance = shown["balance"]
        seen.append((shown["status"], code, balance["available"], balance["expired"]))
        assert shown["lots"][0]["balance"] == {"available": balance["available"], "expired": balance["expired"]}

    assert seen == [("ACTIVE", None, 10, 0), ("EXPIRED", "EXPIRED", 0, 10), ("EXPIRED", "EXPIRED", 0, 10)]


async def test_a_pass_that_has_not_started_says_so_and_on_its_first_instant_is_active(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(
        Terms(PassKind.UNLIMITED, 5_000, validity=MONTH, activation=Activation.ON_DATE), starts_on=date(2026, 2, 10)
    )
    start = datetime(2026, 2, 9, 23, 0, tzinfo=UTC)

    await stand_at(studio, start - _MICROSECOND)
    before = (await ask(studio, OWNER, _STATUS, id=gid("Pass", pass_id)))["pass"]
    await stand_at(studio, start)
    after = (await ask(studio, OWNER, _STATUS, id=gid("Pass", pass_id)))["pass"]

    assert (before["status"], before["explanation"]["code"]) == ("NOT_STARTED", "NOT_STARTED")
    assert "2026-02-10" in before["explanation"]["message"]
    assert (after["status"], after["explanation"], after["balance"]) == ("ACTIVE", None, None)


async def test_a_hold_is_seen_on_its_days_in_the_zone_of_the_pass(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 15_000, 10, validity=MONTH))
    await studio.do(place_hold, PlaceHold(pass_id, date(2026, 2, 3), date(2026, 2, 4)))
    # The local days 3 and 4 February in Paris, an hour ahead of UTC.
    first, over = datetime(2026, 2, 2, 23, 0, tzinfo=UTC), datetime(2026, 2, 4, 23, 0, tzinfo=UTC)
    seen = []

    for instant in (first - _MICROSECOND, first, over - _MICROSECOND, over):
        await stand_at(studio, instant)
        seen.append((await ask(studio, OWNER, _STATUS, id=gid("Pass", pass_id)))["pass"]["status"])

    assert seen == ["ACTIVE", "ON_HOLD", "ON_HOLD", "ACTIVE"]


async def test_the_balance_of_any_instant_is_what_the_ledger_says(studio: Studio, ask: Ask) -> None:
    terms = Terms(
        PassKind.SESSION,
        15_000,
        10,
        validity=MONTH,
        after_expiration=AfterExpiration.RENEW,
        renewal=Renewal(unused=UnusedAtRenewal.ROLLOVER),
    )
    pass_id = await studio.sell(terms)
    await studio.advance(studio.began + timedelta(days=1))
    visit = (await studio.book([studio.began + timedelta(days=2)], pass_id=pass_id)).visits[0]
    await studio.advance(studio.began + timedelta(days=3))
    await studio.do(record_attendance, RecordAttendance(visit, AttendanceOutcome.ATTENDED))
    await studio.advance(studio.began + timedelta(days=40))

    shown = (
        await ask(
            studio,
            OWNER,
            _AS_OF,
            id=gid("Pass", pass_id),
            a=(studio.began - _MICROSECOND).isoformat(),
            b=(studio.began + timedelta(days=2)).isoformat(),
            c=(studio.began + timedelta(days=40)).isoformat(),
        )
    )["pass"]

    assert set(shown["before"].values()) == {"VISIT", 0}
    assert (shown["then"]["granted"], shown["then"]["available"], shown["then"]["booked"]) == (10, 9, 1)
    # Nine rolled over, which grants them once more, and the second period granted ten.
    assert shown["now"] == shown["balance"]
    assert (shown["now"]["granted"], shown["now"]["available"], shown["now"]["used"]) == (29, 19, 1)
    assert shown["now"]["transferred"] == 9


async def test_a_past_balance_does_not_count_a_lot_as_available_after_its_end(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 15_000, 10, validity=MONTH))
    end = (await studio.facts(pass_id)).ends_at
    assert end is not None
    await stand_at(studio, end + timedelta(days=5))

    shown = (
        await ask(
            studio,
            OWNER,
            _AS_OF,
            id=gid("Pass", pass_id),
            a=(end - _MICROSECOND).isoformat(),
            b=end.isoformat(),
            c=(end + timedelta(days=5)).isoformat(),
        )
    )["pass"]

    assert [shown[when]["available"] for when in ("before", "then", "now")] == [10, 0, 0]
    assert [shown[when]["expired"] for when in ("before", "then", "now")] == [0, 10, 10]
    assert shown["now"] == shown["balance"]


@pytest.fixture
async def many_lives(studio: Studio) -> list[datetime]:
    """Sell passes that will meet every status, and return instants at which to look."""
    month = Terms(PassKind.SESSION, 15_000, 2, validity=MONTH)
    renewing = Terms(
        PassKind.UNLIMITED,
        5_000,
        validity=MONTH,
        after_expiration=AfterExpiration.RENEW,
        renewal=Renewal(RenewalTrigger.ON_EXPIRY),
    )
    held, closed, used = await studio.sell(month), await studio.sell(month), await studio.sell(month)
    await studio.sell(Terms(PassKind.UNLIMITED, 5_000))
    await studio.sell(Terms(PassKind.TIME, 5_000, 600, validity=MONTH, activation=Activation.FIRST_OF_MONTH))
    await studio.sell(Terms(PassKind.DAY, 5_000, 5, validity=MONTH, activation=Activation.ON_FIRST_VISIT))
    await studio.sell(renewing)
    failing = await studio.sell(
        replace(month, quantity=1, validity=Validity(), after_expiration=AfterExpiration.RENEW, renewal=_WHEN_EMPTY)
    )
    ahead = await studio.sell(month)
    await studio.do(renew_pass, RenewPass(ahead))
    await studio.do(place_hold, PlaceHold(held, date(2026, 2, 3), None, HoldKind.BLOCK))
    await studio.do(deactivate_pass, DeactivatePass(closed, "asked for"))
    visits = (await studio.book([studio.began + timedelta(hours=hours) for hours in (1, 3)], pass_id=used)).visits
    visits += (await studio.book([studio.began + timedelta(hours=2)], pass_id=failing)).visits
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.exec_driver_sql(f"UPDATE passes SET test_card = 'DECLINE' WHERE id = '{failing}'")
    await studio.advance(studio.began + timedelta(hours=5))
    for visit in visits:
        await studio.do(record_attendance, RecordAttendance(visit, AttendanceOutcome.ATTENDED))
    ends = {studio.began + timedelta(days=days) for days in range(0, 60, 3)}
    end = (await studio.facts(used)).ends_at
    assert end is not None
    return sorted(ends | {end - _MICROSECOND, end, end + _MICROSECOND})


async def test_the_status_shown_the_status_filtered_by_and_the_status_of_the_rules_are_one(
    studio: Studio, many_lives: list[datetime]
) -> None:
    met = set()
    await studio.advance(studio.began + timedelta(days=8))
    for instant in many_lives:
        async with studio.runtime.database.reading(studio.business_id) as reader:
            business = await tenants.business(reader)
            assert business is not None
            ids = [row["id"] for row in await reader.fetch("SELECT id FROM passes")]
            rows = {row.id: row.status for row in await passes.by_ids(reader, ids, instant)}
            facts = await load_passes(reader, ids)
            for status in PassStatus:
                kept = passes.with_status(status, instant)
                part = await paging.page(reader, passes.listing(instant), kept, paging.Slice(100))
                assert {row.id for row in part.items} == {each for each, found in rows.items() if found is status}
        assert rows == {each: status_at(facts[each], business.policy, instant) for each in ids}
        met |= set(rows.values())

    assert met == set(PassStatus) - {PassStatus.CONVERTED, PassStatus.REFUNDED, PassStatus.TRANSFERRED}
