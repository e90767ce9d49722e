"""Whatever gives a pass units, days or people back pays for visits to come that wait, and says so."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest

from models.operations.base import Actor, Changed, Tx
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import CreateClient, CreateLocation, create_client, create_location
from models.operations.change_pass import (
    AdjustPass,
    DeactivatePass,
    ExtendPass,
    ReactivatePass,
    SetAutoRenew,
    adjust_pass,
    deactivate_pass,
    extend_pass,
    reactivate_pass,
    set_auto_renew,
)
from models.operations.claim_lapsed import ClaimLapsed, claim_lapsed
from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.end_visit import WaiveOutcome, waive_outcome
from models.operations.extend_passes import ExtendPasses, PassFilter, extend_passes
from models.operations.households import LeaveHousehold, leave_household
from models.operations.migrate_passes import MigratePasses, migrate_passes
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.sharing import ApproveShare, RemoveShare, SharePass, approve_share, remove_share, share_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.queries.invariants import check_business
from models.rules.policies import Sharing
from models.rules.terms import Access, Outcomes, Renewal, Terms, Validity
from models.rules.values import (
    AfterExpiration,
    ConversionTiming,
    OutcomeEffect,
    PaymentMethod,
    PeriodUnit,
    RenewalTrigger,
    Role,
    TestCard,
    ValidityRule,
)
from tests.operations.acts import DAY, HOUR, books, charges, jump, record, renew, seen, work
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, TEN_CLASSES, Studio, household_with

ONE = replace(TEN_CLASSES, quantity=1, warn_days=0)
MONTHLY = replace(TEN_CLASSES, validity=MONTH, warn_days=0)
RENEWING = replace(ONE, validity=MONTH, after_expiration=AfterExpiration.RENEW, renewal=Renewal(reminder_days=0))


@pytest.fixture(autouse=True)
async def _the_books_are_true(studio: Studio) -> object:
    yield
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def payer(studio: Studio, visit: UUID) -> UUID | None:
    return (await seen(studio, visit)).pass_id


def moved(changed: Changed) -> list[tuple[str, str | None, str]]:
    """What moved: the visit, from which pass, to which."""
    return [(each["visitId"], each["fromPassId"], each["toPassId"]) for each in changed.figures.get("moved", [])]


async def used_up(studio: Studio, terms: Terms = ONE, days: int = 5) -> tuple[UUID, UUID, UUID]:
    """Sell a pass of one unit, book it, and book a visit that waits so many days ahead: pass, booked, waiting."""
    pass_id = await studio.sell(terms)
    (booked,) = (await studio.book([studio.began + DAY])).visits
    (waiting,) = (await studio.book([studio.began + days * DAY])).visits
    assert [await payer(studio, each) for each in (booked, waiting)] == [pass_id, None]
    return pass_id, booked, waiting


async def undone(studio: Studio) -> Changed:
    """Undo the last operation."""
    return await studio.do(undo_operation, UndoOperation(await last_operation(studio), "A slip"))


async def test_units_added_pay_for_what_waits_and_undoing_takes_them_back(studio: Studio) -> None:
    pass_id, _, waiting = await used_up(studio)

    changed = await studio.do(adjust_pass, AdjustPass(pass_id, 1, "A gift"))

    assert moved(changed) == [(str(waiting), None, str(pass_id))]
    assert await payer(studio, waiting) == pass_id
    await undone(studio)
    assert await payer(studio, waiting) is None
    assert await books(studio, pass_id) == (0, 1, 0, 0, 0)


async def test_units_taken_back_by_undoing_pay_for_what_waits(studio: Studio) -> None:
    pass_id = await studio.sell(ONE)
    await studio.do(adjust_pass, AdjustPass(pass_id, -1, "A mistake"))
    taken = await last_operation(studio)
    (waiting,) = (await studio.book([studio.began + DAY])).visits

    changed = await studio.do(undo_operation, UndoOperation(taken, "A slip"))

    assert moved(changed) == [(str(waiting), None, str(pass_id))]


async def test_a_visit_nobody_wanted_paid_stays_unpaid(studio: Studio) -> None:
    pass_id = await studio.sell(ONE)
    await studio.book([studio.began + DAY])
    (unpaid,) = (await studio.book([studio.began + 2 * DAY], pay_by=PayBy.NOTHING)).visits

    changed = await studio.do(adjust_pass, AdjustPass(pass_id, 3, "A gift"))

    assert (moved(changed), await payer(studio, unpaid)) == ([], None)


async def test_a_claim_of_another_pass_makes_room_where_that_pays_for_what_waits(studio: Studio) -> None:
    """The unit added cannot pay for what waits; a visit of the longer pass goes over to it."""
    short = await studio.sell(replace(ONE, validity=Validity(ValidityRule.PERIOD, 9, PeriodUnit.DAY)))
    long = await studio.sell(replace(ONE, validity=MONTH))
    first, second = (await studio.book([studio.began + n * DAY for n in (1, 2)])).visits
    (waiting,) = (await studio.book([studio.began + 15 * DAY])).visits
    by_long = first if await payer(studio, first) == long else second

    changed = await studio.do(adjust_pass, AdjustPass(short, 1, "A gift"))

    assert set(moved(changed)) == {(str(by_long), str(long), str(short)), (str(waiting), None, str(long))}
    await undone(studio)
    assert [await payer(studio, each) for each in (by_long, waiting)] == [long, None]


async def test_a_renewal_by_hand_pays_for_what_waits(studio: Studio) -> None:
    pass_id, _, waiting = await used_up(studio, replace(ONE, validity=MONTH), days=40)

    renewed = await renew(studio, pass_id)

    assert await payer(studio, waiting) == pass_id
    assert moved(renewed) == [(str(waiting), None, str(pass_id))]


async def test_a_renewal_that_falls_due_pays_for_what_waits_beyond_it(studio: Studio) -> None:
    """Renewals promise nothing here, so the visit waits until the period is granted."""
    await studio.do(set_policies, SetPolicies(project_renewals=False))
    pass_id = await studio.sell(RENEWING)
    (waiting,) = (await studio.book([studio.began + 40 * DAY])).visits
    assert await payer(studio, waiting) is None

    await studio.advance(studio.began + 30 * DAY)

    assert await payer(studio, waiting) == pass_id
    (row,) = await studio.fetch(
        "SELECT result FROM operations WHERE verb = 'doDue' AND result->'figures' ? 'moved' ORDER BY id"
    )
    assert row["result"]["figures"]["moved"][0]["visitId"] == str(waiting)


async def test_a_renewal_that_what_waits_uses_up_charges_no_second_time(studio: Studio) -> None:
    """The option counts booked visits as used; three wait, and one renewal pays for one of them and no more."""
    renewal = Renewal(RenewalTrigger.ON_DEPLETION, booked_counts_as_depleted=True, reminder_days=0)
    pass_id, _, waiting = await used_up(studio, replace(RENEWING, renewal=replace(renewal, renewals_max=1)))
    more = (await studio.book([studio.began + n * DAY for n in (6, 7)])).visits

    await studio.advance(studio.began + HOUR)

    assert [kind for kind, _, _ in await charges(studio)] == ["SALE", "RENEWAL"]
    assert [await payer(studio, each) for each in (waiting, *more)] == [pass_id, None, None]


async def test_no_chain_of_charges_follows_from_what_waits(studio: Studio) -> None:
    renewal = Renewal(RenewalTrigger.ON_DEPLETION, booked_counts_as_depleted=True, reminder_days=0)
    await studio.book([studio.began + n * DAY for n in (1, 2, 3, 4)])

    pass_id = await studio.sell(replace(RENEWING, renewal=renewal))
    await studio.advance(studio.began + HOUR)

    assert [kind for kind, _, _ in await charges(studio)] == ["SALE"]
    assert await books(studio, pass_id) == (0, 1, 0, 0, 0)
    (first,) = await studio.fetch("SELECT id FROM visits WHERE pass_id IS NOT NULL")
    await jump(studio, studio.began + DAY + HOUR)
    await record(studio, first["id"])
    await work(studio, pass_id)
    assert [kind for kind, _, _ in await charges(studio)] == ["SALE", "RENEWAL"]


async def test_a_conversion_pays_for_what_waits(studio: Studio) -> None:
    pass_id, booked, waiting = await used_up(studio)
    target = await studio.option(replace(TEN_CLASSES, quantity=2), "Two more")
    now = ConvertPass(pass_id, target, ConversionTiming.NOW_PAID, payment_method=PaymentMethod.CASH)

    changed = await studio.do(convert_pass, now)

    made = changed.passes[0]
    assert [await payer(studio, each) for each in (booked, waiting)] == [made, made]
    assert moved(changed) == [(str(waiting), None, str(made))]


Extend = Callable[[Studio, UUID], Awaitable[Changed]]


async def _one(studio: Studio, pass_id: UUID) -> Changed:
    return await studio.do(extend_pass, ExtendPass(pass_id, 20, "A gift"))


async def _many(studio: Studio, pass_id: UUID) -> Changed:
    return await studio.do(extend_passes, ExtendPasses(PassFilter(include_expired=True), 20, "A storm"))


@pytest.mark.parametrize("extend", [_one, _many])
@pytest.mark.parametrize("over", [False, True])
async def test_an_extension_pays_for_what_waits_and_so_does_one_that_revives(
    studio: Studio, extend: Extend, *, over: bool
) -> None:
    pass_id = await studio.sell(replace(ONE, validity=MONTH))
    (waiting,) = (await studio.book([studio.began + 40 * DAY])).visits
    assert await payer(studio, waiting) is None
    if over:
        await studio.advance(studio.began + 30 * DAY)
        assert await books(studio, pass_id) == (0, 0, 0, 0, 1)

    changed = await extend(studio, pass_id)

    assert moved(changed) == [(str(waiting), None, str(pass_id))]
    await undone(studio)
    assert await payer(studio, waiting) is None


async def test_lapsed_units_that_are_claimed_pay_for_what_waits(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, revive_days=10, make_up_days=30))
    (waiting,) = (await studio.book([studio.began + 40 * DAY])).visits
    await studio.advance(studio.began + 30 * DAY)

    changed = await studio.do(claim_lapsed, ClaimLapsed(pass_id))

    assert moved(changed) == [(str(waiting), None, str(pass_id))]
    assert await payer(studio, waiting) == pass_id


async def test_a_share_pays_for_what_its_member_waits_for_once_it_is_active(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(replace(MONTHLY, sharing=Sharing(allowed=True)))
    (waiting,) = (await studio.book([studio.began + DAY], client=ben)).visits
    assert await payer(studio, waiting) is None

    changed = await studio.do(share_pass, SharePass(pass_id, ben))

    assert moved(changed) == [(str(waiting), None, str(pass_id))]
    await undone(studio)
    assert await payer(studio, waiting) is None


async def test_a_share_that_is_approved_pays_and_one_that_ends_frees_units_for_its_owner(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(replace(ONE, validity=MONTH, sharing=Sharing(allowed=True, needs_approval=True)))
    (bens,) = (await studio.book([studio.began + DAY], client=ben)).visits
    owner = Actor(Role.CLIENT, client_id=studio.client)
    asked = await studio.do(share_pass, SharePass(pass_id, ben), actor=owner)
    assert (moved(asked), await payer(studio, bens)) == ([], None)

    approved = await studio.do(approve_share, ApproveShare(asked.rows["share"]))

    assert moved(approved) == [(str(bens), None, str(pass_id))]
    (owners,) = (await studio.book([studio.began + 2 * DAY])).visits
    assert await payer(studio, owners) is None
    removed = await studio.do(remove_share, RemoveShare(asked.rows["share"]))
    assert moved(removed) == [(str(owners), None, str(pass_id))]
    assert [await payer(studio, each) for each in (bens, owners)] == [None, pass_id]


async def test_whoever_leaves_the_household_frees_units_for_those_who_stay(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(replace(ONE, validity=MONTH, sharing=Sharing(allowed=True)))
    await studio.do(share_pass, SharePass(pass_id, ben))
    (bens,) = (await studio.book([studio.began + DAY], client=ben)).visits
    (waiting,) = (await studio.book([studio.began + 2 * DAY])).visits

    left = await studio.do(leave_household, LeaveHousehold(ben))

    assert (left.visits, moved(left)) == ([bens], [(str(waiting), None, str(pass_id))])


async def test_a_renewal_pays_for_what_a_member_waits_for(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(replace(ONE, validity=MONTH, sharing=Sharing(allowed=True)))
    await studio.do(share_pass, SharePass(pass_id, ben))
    await studio.book([studio.began + DAY])
    (waiting,) = (await studio.book([studio.began + 40 * DAY], client=ben)).visits

    renewed = await renew(studio, pass_id)

    assert moved(renewed) == [(str(waiting), None, str(pass_id))]


async def test_a_pass_back_in_use_pays_for_what_waits(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    (booked,) = (await studio.book([studio.began + DAY])).visits
    out = await studio.do(deactivate_pass, DeactivatePass(pass_id, "A mistake"))
    assert (out.visits, await payer(studio, booked)) == ([booked], None)

    back = await studio.do(reactivate_pass, ReactivatePass(pass_id))

    assert moved(back) == [(str(booked), None, str(pass_id))]
    await undone(studio)
    assert await payer(studio, booked) is None


async def test_a_waiver_and_a_no_show_that_returns_pay_for_what_waits(studio: Studio) -> None:
    pass_id, booked, waiting = await used_up(studio)
    await jump(studio, studio.began + DAY + HOUR)
    await record(studio, booked, "NO_SHOW")
    assert await payer(studio, waiting) is None

    waived = await studio.do(waive_outcome, WaiveOutcome(booked, "A storm"))

    assert moved(waived) == [(str(waiting), None, str(pass_id))]
    await undone(studio)
    assert await payer(studio, waiting) is None


async def test_a_no_show_that_returns_pays_for_what_waits(studio: Studio) -> None:
    pass_id, booked, waiting = await used_up(studio, replace(ONE, outcomes=Outcomes(no_show=OutcomeEffect.RETURN)))
    await jump(studio, studio.began + DAY + HOUR)

    recorded = await record(studio, booked, "NO_SHOW")

    assert moved(recorded) == [(str(waiting), None, str(pass_id))]


async def test_what_is_received_pays_for_what_the_receiver_waits_for(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    receiver = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    (waiting,) = (await studio.book([studio.began + DAY], client=receiver)).visits

    sent = await studio.do(transfer_pass, TransferPass(pass_id, receiver, "A gift", units=2))

    assert moved(sent) == [(str(waiting), None, str(sent.passes[1]))]
    assert await books(studio, sent.passes[1]) == (1, 1, 0, 0, 0)


async def test_a_promise_that_is_given_up_is_kept_by_another_pass_that_may(studio: Studio) -> None:
    """A promise waits for its renewal; once that is called off, a unit that is free elsewhere pays."""
    renewing = await studio.sell(RENEWING)
    (promised,) = (await studio.book([studio.began + 40 * DAY])).visits
    (row,) = await studio.fetch("SELECT projected_pass_id FROM visits")
    assert row["projected_pass_id"] == renewing
    other = await studio.sell(replace(ONE, validity=Validity(ValidityRule.PERIOD, 60, PeriodUnit.DAY)))
    assert await payer(studio, promised) == other
    await studio.do(deactivate_pass, DeactivatePass(other, "A mistake"))
    await studio.do(set_auto_renew, SetAutoRenew(renewing, enabled=False))
    assert await payer(studio, promised) is None

    await studio.do(reactivate_pass, ReactivatePass(other))

    assert await payer(studio, promised) == other


async def test_terms_that_let_a_pass_pay_for_what_waits_do_so_when_it_moves_to_them(studio: Studio) -> None:
    """The old terms reach no other location; those it moves to do."""
    hall = (await studio.do(create_location, CreateLocation("Side hall"))).rows["location"]
    narrow = replace(MONTHLY, access=Access(location_ids=frozenset({studio.location})))
    option = await studio.option(narrow)
    sale = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.APPROVE)
    pass_id = (await studio.do(sell_pass, sale)).passes[0]
    visit = NewVisit(studio.service, hall, studio.began + DAY, studio.began + DAY + HOUR)
    (waiting,) = (await studio.do(book_visits, BookVisits(studio.client, (visit,)))).visits
    assert await payer(studio, waiting) is None

    migrated = await studio.do(migrate_passes, MigratePasses(option, "Better", name="Better", terms=MONTHLY))

    assert moved(migrated) == [(str(waiting), None, str(pass_id))]
    await undone(studio)
    assert await payer(studio, waiting) is None


async def test_where_nobody_waits_looking_costs_one_statement(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await studio.book([studio.began + DAY])
    asked: list[str] = []

    class Counting:
        def __init__(self, raw: object) -> None:
            self.raw = raw

        def __getattr__(self, name: str) -> object:
            asked.append(name)
            return getattr(self.raw, name)

    async def look(tx: Tx, command: Any) -> Changed:
        counted = replace(tx, raw=cast("asyncpg.Connection", Counting(tx.raw)))
        return await covered(counted, Changed(), await lock_with_waiting(counted, [pass_id]))

    await studio.do(look, DeactivatePass(pass_id, "Nothing happens"), dry_run=True)

    assert asked == ["fetch"]
