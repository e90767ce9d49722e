"""Visits nobody recorded resolve by policy, and nothing that pays for them ends over them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from models.operations.base import WORKER, Actor
from models.operations.end_visit import AttendanceOutcome, RecordAttendance, record_attendance
from models.operations.expire_passes import ExpirePasses, expire_passes
from models.operations.resolve_visits import ResolveVisits, resolve_visits
from models.operations.run import run
from models.operations.set_policies import SetPolicies, set_policies
from models.queries.invariants import check_business
from models.queries.unresolved import businesses_to_resolve
from models.rules.codes import Code
from models.rules.terms import Outcomes, Renewal, Terms
from models.rules.values import (
    AfterExpiration,
    OutcomeEffect,
    PassKind,
    ResolveAs,
    Role,
    UnusedAtRenewal,
    VisitState,
)
from models.runtime import Runtime
from tests.conftest import NOON
from tests.operations.acts import DAY, HOUR, at, books, jump, lots, record, seen, work
from tests.studio import MONTH, TEN_CLASSES, Studio, open_studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH, warn_days=0)
RETURNS = Outcomes(no_show=OutcomeEffect.RETURN)


@pytest.fixture
async def resolving(runtime: Runtime) -> Studio:
    """A studio whose visits resolve 24 hours after their end."""
    return await open_studio(runtime, NOON, resolve_after_hours=24)


async def sound(studio: Studio) -> None:
    """Assert every invariant."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def as_no_show(studio: Studio) -> None:
    """Resolve what nobody recorded as missed."""
    await studio.do(set_policies, SetPolicies(resolve_as=ResolveAs.NO_SHOW))


async def test_visits_that_share_a_day_resolve_together_and_use_it_once(resolving: Studio) -> None:
    pass_id = await resolving.sell(Terms(PassKind.DAY, 5_000, 5))
    visits = (await resolving.book([NOON - n * HOUR for n in (5, 3)], pass_id=pass_id)).visits
    await resolving.do(resolve_visits, ResolveVisits(tuple(visits)), actor=WORKER)
    found = await resolving.balances(pass_id)
    assert (found["available"], found["booked"], found["used"]) == (4, 0, 1)
    await sound(resolving)


async def test_a_visit_nobody_recorded_is_taken_as_attended_a_day_after_its_end(resolving: Studio) -> None:
    pass_id = await resolving.sell()
    paid, unpaid = (
        (await resolving.book([NOON + HOUR], pass_id=pass_id)).visits[0],
        (await resolving.book([NOON + 3 * HOUR], location=resolving.location)).visits[0],
    )
    await resolving.advance(NOON + 2 * HOUR + DAY - timedelta(microseconds=1))
    assert (await seen(resolving, paid)).state is VisitState.BOOKED

    await resolving.advance(NOON + 2 * HOUR + DAY)
    assert (await seen(resolving, paid)).state is VisitState.ATTENDED
    assert (await seen(resolving, unpaid)).state is VisitState.BOOKED
    await resolving.advance(NOON + 4 * HOUR + DAY)

    assert (await seen(resolving, unpaid)).state is VisitState.ATTENDED
    rows = await resolving.fetch(
        "SELECT w.at, o.role FROM visit_outcomes w JOIN operations o ON o.id = w.operation_id ORDER BY w.id"
    )
    assert [tuple(row) for row in rows] == [
        (NOON + 2 * HOUR + DAY, "WORKER"),
        (NOON + 4 * HOUR + DAY, "WORKER"),
    ]
    await sound(resolving)


async def test_without_the_policy_nothing_resolves(studio: Studio) -> None:
    pass_id = await studio.sell()
    (visit,) = (await studio.book([NOON + HOUR], pass_id=pass_id)).visits
    await studio.advance(NOON + 300 * DAY)
    assert (await seen(studio, visit)).state is VisitState.BOOKED
    assert await studio.fetch("SELECT id FROM visit_outcomes") == []


async def test_a_recorded_outcome_stands_and_a_resolved_one_can_be_corrected(resolving: Studio) -> None:
    pass_id = await resolving.sell()
    missed, late = (await resolving.book([NOON + HOUR, NOON + 2 * HOUR], pass_id=pass_id)).visits
    await resolving.advance(NOON + 4 * HOUR)
    await record(resolving, missed, "NO_SHOW")
    await resolving.advance(NOON + 3 * DAY)
    assert (await seen(resolving, missed)).state is VisitState.NO_SHOW
    await record(resolving, late, "NO_SHOW")
    assert await books(resolving, pass_id) == (8, 0, 0, 2, 0)
    await sound(resolving)


async def test_whoever_takes_an_outcome_back_has_as_long_again(resolving: Studio) -> None:
    (visit,) = (await resolving.book([NOON + HOUR], pass_id=await resolving.sell())).visits
    await resolving.advance(NOON + 3 * DAY)
    await record(resolving, visit, "BOOKED")
    await resolving.advance(NOON + 4 * DAY - HOUR)
    assert (await seen(resolving, visit)).state is VisitState.BOOKED
    await resolving.advance(NOON + 4 * DAY)
    assert (await seen(resolving, visit)).state is VisitState.ATTENDED
    await sound(resolving)


async def test_a_studio_may_say_that_who_was_not_recorded_did_not_come(resolving: Studio) -> None:
    await as_no_show(resolving)
    pass_id = await resolving.sell(replace(TEN_CLASSES, outcomes=Outcomes(no_show_fee_minor=300)))
    (visit,) = (await resolving.book([NOON + HOUR], pass_id=pass_id)).visits
    await resolving.advance(NOON + 2 * DAY)
    assert (await seen(resolving, visit)).state is VisitState.NO_SHOW
    assert await books(resolving, pass_id) == (9, 0, 0, 1, 0)
    assert [row["amount_minor"] for row in await resolving.fetch("SELECT amount_minor FROM fees")] == [300]
    await sound(resolving)


async def one_by_one(studio: Studio, pass_id: UUID) -> None:
    """Let a worker close the pass."""
    await work(studio, pass_id)


async def together(studio: Studio, pass_id: UUID) -> None:
    """Let a sweep close it with others."""
    await run(studio.runtime, studio.business_id, WORKER, expire_passes, ExpirePasses((pass_id,)), key=str(uuid4()))


@pytest.mark.parametrize("close", [one_by_one, together])
@pytest.mark.parametrize("outcomes", [Outcomes(), RETURNS, replace(RETURNS, free_per_period=1)])
@pytest.mark.parametrize("resolve_as", list(ResolveAs))
async def test_no_pass_closes_over_a_visit_whose_outcome_is_open(
    resolving: Studio, close: Callable[..., object], outcomes: Outcomes, resolve_as: ResolveAs
) -> None:
    await resolving.do(set_policies, SetPolicies(resolve_as=resolve_as))
    pass_id = await resolving.sell(replace(MONTHLY, outcomes=outcomes))
    (visit,) = (await resolving.book([at("2026-02-27", 21)], pass_id=pass_id)).visits
    await jump(resolving, at("2026-02-28"))

    await close(resolving, pass_id)  # type: ignore[misc]

    assert (await resolving.fetch("SELECT closed_reason FROM passes"))[0]["closed_reason"] == "EXPIRED"
    assert (await seen(resolving, visit)).state is VisitState(resolve_as.value)
    returned = resolve_as is ResolveAs.NO_SHOW and outcomes.no_show is OutcomeEffect.RETURN
    used = resolve_as is ResolveAs.ATTENDED
    forfeited = not used and not returned
    assert await books(resolving, pass_id) == (0, 0, int(used), int(forfeited), 9 + int(returned))
    await sound(resolving)


async def test_a_forgiven_visit_is_made_up_though_the_pass_closes(resolving: Studio) -> None:
    await as_no_show(resolving)
    pass_id = await resolving.sell(replace(MONTHLY, outcomes=Outcomes(free_per_period=1)))
    await resolving.book([at("2026-02-27", 21)], pass_id=pass_id)
    await jump(resolving, at("2026-02-28"))
    await together(resolving, pass_id)
    assert await lots(resolving, pass_id) == [("GRANT", 1, 0), ("MAKE_UP", 1, 1)]
    assert (await resolving.fetch("SELECT next_due_kind FROM passes"))[0]["next_due_kind"] is not None
    await sound(resolving)


async def test_a_unit_returned_at_a_renewal_rolls_over_with_the_rest(resolving: Studio) -> None:
    await as_no_show(resolving)
    renewal = Renewal(unused=UnusedAtRenewal.ROLLOVER)
    terms = replace(MONTHLY, outcomes=RETURNS, renewal=renewal, after_expiration=AfterExpiration.RENEW)
    pass_id = await resolving.sell(terms)
    (visit,) = (await resolving.book([at("2026-02-27", 21)], pass_id=pass_id)).visits
    await resolving.advance(at("2026-02-28", 0, 1))
    assert (await seen(resolving, visit)).state is VisitState.NO_SHOW
    assert await books(resolving, pass_id) == (20, 0, 0, 0, 0)
    await sound(resolving)


async def test_two_workers_that_resolve_at_once_resolve_once(resolving: Studio) -> None:
    pass_id = await resolving.sell()
    visits = (await resolving.book([NOON + n * HOUR for n in range(1, 7)], pass_id=pass_id)).visits
    await jump(resolving, NOON + 3 * DAY)

    async def resolve() -> object:
        command = ResolveVisits(tuple(visits))
        return await run(resolving.runtime, resolving.business_id, WORKER, resolve_visits, command, key=str(uuid4()))

    answers = await asyncio.gather(*(resolve() for _ in range(4)))

    assert sum(answer is not None for answer in answers) == 1
    assert await books(resolving, pass_id) == (4, 0, 6, 0, 0)
    assert len(await resolving.fetch("SELECT id FROM visit_outcomes")) == 6
    await sound(resolving)


async def test_a_worker_that_meets_a_recording_leaves_it(resolving: Studio) -> None:
    pass_id = await resolving.sell()
    (visit,) = (await resolving.book([NOON + HOUR], pass_id=pass_id)).visits
    await jump(resolving, NOON + 3 * DAY)
    command = ResolveVisits((visit,))
    await asyncio.gather(
        run(resolving.runtime, resolving.business_id, WORKER, resolve_visits, command, key=str(uuid4())),
        resolving.do(record_attendance, RecordAttendance(visit, AttendanceOutcome.NO_SHOW)),
    )
    assert (await seen(resolving, visit)).state is VisitState.NO_SHOW
    assert await books(resolving, pass_id) == (9, 0, 0, 1, 0)
    await sound(resolving)


async def test_policies_are_the_owners_and_are_checked(resolving: Studio) -> None:
    assert await resolving.refused(set_policies, SetPolicies()) is Code.NOTHING_TO_DO
    assert await resolving.refused(set_policies, SetPolicies(8_761)) is Code.QUANTITY_OUT_OF_RANGE
    assert await resolving.refused(set_policies, SetPolicies(1, never_resolve=True)) is Code.INVALID_INPUT
    assert await resolving.refused(set_policies, SetPolicies(1), actor=Actor(Role.STAFF)) is Code.FORBIDDEN
    await resolving.do(set_policies, SetPolicies(never_resolve=True))
    assert (await resolving.fetch("SELECT resolve_after_hours FROM businesses"))[0]["resolve_after_hours"] is None
    await resolving.do(set_policies, SetPolicies(0))
    assert (await resolving.fetch("SELECT resolve_after_hours FROM businesses"))[0]["resolve_after_hours"] == 0


async def test_the_sweeper_sees_whom_to_ask_and_no_test_clock(runtime: Runtime, resolving: Studio) -> None:
    real = await open_studio(runtime, None, resolve_after_hours=1)
    never = await open_studio(runtime, None)
    for studio in (real, never, resolving):
        await studio.book([studio.began - 9 * HOUR])
    async with runtime.database.sweeping() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        found = await businesses_to_resolve(driver, datetime.now(NOON.tzinfo))
    assert real.business_id in found
    assert never.business_id not in found
    assert resolving.business_id not in found
