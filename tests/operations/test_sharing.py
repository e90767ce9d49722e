"""Sharing a pass within a household: who may, how often, with whose approval, and what ends it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from models.operations.base import Actor
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import CreateClient, create_client
from models.operations.end_visit import CancelVisit, cancel_visit
from models.operations.households import LeaveHousehold, leave_household
from models.operations.sharing import ApproveShare, RemoveShare, SharePass, approve_share, remove_share, share_pass
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.policies import Sharing
from models.rules.terms import Terms
from models.rules.values import AfterExpiration, PassKind, Role
from tests.operations.acts import DAY, books, cancel, record, renew, seen, unpaid
from tests.studio import MONTH, TEN_CLASSES, Studio, household_with

SHARED = replace(TEN_CLASSES, validity=MONTH, sharing=Sharing(allowed=True, members_max=2, member_visits_max=2))


@pytest.fixture(autouse=True)
async def _the_books_are_true(studio: Studio) -> object:
    yield
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


def own(client: UUID) -> Actor:
    return Actor(Role.CLIENT, client_id=client)


async def share(studio: Studio, pass_id: UUID, client: UUID, most: int | None = None) -> UUID:
    return (await studio.do(share_pass, SharePass(pass_id, client, most))).rows["share"]


async def test_a_member_books_by_auto_and_by_name_up_to_the_cap_and_the_owner_without_one(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(SHARED)
    day = studio.began + DAY
    before = await studio.book([day], client=ben, pay_by=PayBy.NOTHING)
    await share(studio, pass_id, ben)

    auto = await studio.book([day + timedelta(hours=2)], client=ben)
    named = await studio.book([day + timedelta(hours=n) for n in (4, 6)], client=ben, pass_id=pass_id)
    owners = await studio.book([day + timedelta(hours=n) for n in (2, 4, 6)])

    assert before.figures["paid"] == 0
    assert (auto.figures["paid"], named.figures["paid"], owners.figures["paid"]) == (1, 1, 3)
    assert list(unpaid(named).values()) == [["MEMBER_LIMIT_REACHED"]]
    reason = named.figures["unpaid"][0]["refusals"][0]["reasons"][0]["values"]
    assert reason == {"limit": "2", "used": "2"}
    assert await books(studio, pass_id) == (5, 5, 0, 0, 0)


async def test_a_cap_of_ones_own_and_consumed_visits_count_and_a_returned_one_does_not(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(SHARED)
    await share(studio, pass_id, ben, 1)
    ahead = (await studio.book([studio.began + 2 * DAY], client=ben, pass_id=pass_id)).visits[0]
    await cancel(studio, ahead)
    used = await studio.book([studio.began - timedelta(hours=2)], client=ben, pass_id=pass_id)
    assert used.figures["paid"] == 1
    await record(studio, used.visits[0])

    full = await studio.book([studio.began + 3 * DAY], client=ben, pass_id=pass_id)

    assert unpaid(full)[str(full.visits[0])] == ["MEMBER_LIMIT_REACHED"]


async def test_sharing_survives_renewal_and_the_cap_begins_anew(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(replace(SHARED, after_expiration=AfterExpiration.RENEW))
    await share(studio, pass_id, ben)
    first = await studio.book([studio.began + n * DAY for n in (1, 2, 3)], client=ben, pass_id=pass_id)
    await renew(studio, pass_id)

    later = await studio.book([studio.began + n * DAY for n in (40, 41, 42)], client=ben, pass_id=pass_id)

    assert (first.figures["paid"], later.figures["paid"]) == (2, 2)


async def test_own_units_are_spent_before_those_of_others_but_what_counts_nothing_first(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    soon = replace(SHARED, sharing=Sharing(allowed=True))
    shared = await studio.sell(soon)
    own_pass = await studio.sell(TEN_CLASSES, client=ben)
    await share(studio, shared, ben)

    one = (await studio.book([studio.began + DAY], client=ben)).visits[0]
    two = (await studio.book([studio.began + n * DAY for n in (2, 3)], client=ben)).visits
    assert {(await seen(studio, each)).pass_id for each in (one, *two)} == {own_pass}

    unlimited = await studio.sell(Terms(PassKind.UNLIMITED, 9_000, validity=MONTH, sharing=Sharing(allowed=True)))
    await share(studio, unlimited, ben)
    free = (await studio.book([studio.began + n * DAY for n in (4, 5)], client=ben)).visits
    assert {(await seen(studio, each)).pass_id for each in free} == {unlimited}


async def test_several_visits_at_once_keep_the_cap_and_the_best_is_found(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(SHARED)
    await share(studio, pass_id, ben)
    await studio.sell(replace(TEN_CLASSES, quantity=1), client=ben)

    booked = await studio.book([studio.began + n * DAY for n in (1, 2, 3, 4, 5)], client=ben)

    assert booked.figures["paid"] == 3
    rows = await studio.fetch("SELECT reason FROM claims WHERE pass_id = $1", pass_id)
    assert all(row["reason"]["solved"] == {"proven": True, "bound": 3} for row in rows)


async def test_what_a_client_asks_for_waits_for_approval(studio: Studio) -> None:
    ben, cleo = await household_with(studio, "Ben", "Cleo")
    asked = replace(SHARED, sharing=Sharing(allowed=True, needs_approval=True, members_max=1))
    pass_id = await studio.sell(asked)
    pending = (await studio.do(share_pass, SharePass(pass_id, ben), actor=own(studio.client))).rows["share"]

    refused = await studio.book([studio.began + DAY], client=ben, pass_id=pass_id)
    assert unpaid(refused)[str(refused.visits[0])] == ["NOT_SHARED_WITH_CLIENT"]
    assert await studio.refused(share_pass, SharePass(pass_id, cleo)) is Code.MEMBERS_USED_UP
    assert await studio.refused(approve_share, ApproveShare(pending), actor=own(studio.client)) is Code.FORBIDDEN
    await studio.do(approve_share, ApproveShare(pending))
    assert await studio.refused(approve_share, ApproveShare(pending)) is Code.SHARE_NOT_PENDING
    assert (await studio.book([studio.began + 2 * DAY], client=ben, pass_id=pass_id)).figures["paid"] == 1


async def test_bad_input_is_refused_and_changes_nothing(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    stranger = (await studio.do(create_client, CreateClient("Zoe"))).rows["client"]
    pass_id, plain = await studio.sell(SHARED), await studio.sell()
    await share(studio, pass_id, ben)

    assert await studio.refused(share_pass, SharePass(plain, ben)) is Code.SHARING_NOT_ALLOWED
    assert await studio.refused(share_pass, SharePass(pass_id, studio.client)) is Code.SHARED_WITH_OWNER
    assert await studio.refused(share_pass, SharePass(pass_id, stranger)) is Code.NOT_IN_HOUSEHOLD
    asked = SharePass(pass_id, stranger)
    assert await studio.refused(share_pass, asked, actor=own(studio.client)) is Code.NOT_FOUND
    assert await studio.refused(share_pass, SharePass(pass_id, uuid4())) is Code.NOT_FOUND
    assert await studio.refused(share_pass, SharePass(pass_id, ben)) is Code.ALREADY_SHARED
    assert await studio.refused(share_pass, SharePass(pass_id, ben), actor=own(ben)) is Code.NOT_FOUND
    assert await studio.refused(share_pass, SharePass(pass_id, ben, 0)) is Code.QUANTITY_OUT_OF_RANGE
    assert await studio.refused(share_pass, SharePass(pass_id, ben, 3)) is Code.QUANTITY_OUT_OF_RANGE
    assert await studio.refused(share_pass, SharePass(pass_id, ben), actor=Actor(Role.PARTNER)) is Code.FORBIDDEN


async def test_removing_a_member_leaves_what_they_booked_ahead_unpaid_unless_it_is_kept(studio: Studio) -> None:
    ben, cleo = await household_with(studio, "Ben", "Cleo")
    pass_id = await studio.sell(SHARED)
    shares = [await share(studio, pass_id, each) for each in (ben, cleo)]
    starts = [studio.began - timedelta(hours=1), studio.began + DAY]
    bens = (await studio.book(starts, client=ben, pass_id=pass_id)).visits
    cleos = (await studio.book(starts, client=cleo, pass_id=pass_id)).visits
    owners = (await studio.book(starts, pass_id=pass_id)).visits

    assert await studio.refused(remove_share, RemoveShare(shares[1]), actor=own(ben)) is Code.NOT_FOUND
    removed = await studio.do(remove_share, RemoveShare(shares[0]), actor=own(ben))
    kept = await studio.do(remove_share, RemoveShare(shares[1], keep_visits=True), actor=own(studio.client))

    assert (removed.visits, kept.visits) == ([bens[1]], [])
    assert (await seen(studio, bens[1])).pass_id is None
    for visit in (bens[0], *cleos, *owners):
        assert (await seen(studio, visit)).pass_id == pass_id
    assert await books(studio, pass_id) == (5, 5, 0, 0, 0)
    assert await studio.refused(remove_share, RemoveShare(shares[0])) is Code.SHARE_ENDED
    again = await studio.book([studio.began + 2 * DAY], client=cleo, pass_id=pass_id)
    assert unpaid(again)[str(again.visits[0])] == ["NOT_SHARED_WITH_CLIENT"]


@pytest.mark.parametrize("owner_leaves", [False, True])
async def test_leaving_the_household_ends_sharing_and_lists_the_visits(studio: Studio, owner_leaves: bool) -> None:
    ben, cleo = await household_with(studio, "Ben", "Cleo")
    pass_id = await studio.sell(SHARED)
    for each in (ben, cleo):
        await share(studio, pass_id, each)
    bens = (await studio.book([studio.began + DAY], client=ben, pass_id=pass_id)).visits
    cleos = (await studio.book([studio.began + DAY], client=cleo, pass_id=pass_id)).visits

    left = await studio.do(leave_household, LeaveHousehold(studio.client if owner_leaves else ben))

    assert left.visits == ([*bens, *cleos] if owner_leaves else bens)
    members = {member.client_id for member in (await studio.facts(pass_id)).members}
    assert members == (set() if owner_leaves else {cleo})


async def test_a_unit_that_comes_back_to_a_shared_pass_pays_for_the_members_visit_that_waits(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(replace(SHARED, quantity=1))
    await share(studio, pass_id, ben)
    paid = (await studio.book([studio.began + 2 * DAY], client=ben)).visits[0]
    waits = (await studio.book([studio.began + 3 * DAY], client=ben)).visits[0]

    await studio.do(cancel_visit, CancelVisit(paid), actor=own(ben))

    assert (await seen(studio, waits)).pass_id == pass_id


def visit(studio: Studio, days: int, guest: str | None = None) -> NewVisit:
    start = studio.began + days * DAY
    return NewVisit(studio.service, studio.location, start, start + timedelta(hours=1), guest_name=guest)


async def test_guests_come_with_the_owner_up_to_the_cap_and_each_costs_a_unit(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    terms = replace(SHARED, sharing=Sharing(allowed=True, guest_visits_max=2))
    pass_id = await studio.sell(terms)
    await share(studio, pass_id, ben)
    wanted = (visit(studio, 1), visit(studio, 1, "Max"), visit(studio, 1, "Mia"), visit(studio, 2, "Max"))

    booked = await studio.do(book_visits, BookVisits(studio.client, wanted))
    bens = await studio.do(book_visits, BookVisits(ben, (visit(studio, 3, "Lou"),), PayBy.PASS, pass_id))

    assert booked.figures["paid"] == 3
    assert list(unpaid(booked).values()) == [["GUEST_LIMIT_REACHED"]]
    assert list(unpaid(bens).values()) == [["NOT_SHARED_WITH_CLIENT"]]
    assert await books(studio, pass_id) == (7, 3, 0, 0, 0)
    again = BookVisits(studio.client, (visit(studio, 1, "Mia"),))
    assert await studio.refused(book_visits, again) is Code.ALREADY_BOOKED
    nameless = BookVisits(studio.client, (visit(studio, 5, " "),))
    assert await studio.refused(book_visits, nameless) is Code.TEXT_OUT_OF_RANGE


async def test_no_guest_where_the_terms_allow_none(studio: Studio) -> None:
    await studio.sell()
    booked = await studio.do(book_visits, BookVisits(studio.client, (visit(studio, 1, "Max"),)))
    assert list(unpaid(booked).values()) == [["GUEST_LIMIT_REACHED"]]


async def test_each_person_spends_a_day_of_their_own(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    terms = Terms(PassKind.DAY, 5_000, 5, sharing=Sharing(allowed=True, guest_visits_max=5))
    pass_id = await studio.sell(terms)
    await share(studio, pass_id, ben)
    first = studio.began + DAY
    wanted = tuple(
        NewVisit(studio.service, studio.location, at, at + timedelta(hours=1), guest_name=guest)
        for guest in (None, "Max")
        for at in (first, first + timedelta(hours=2))
    )
    mine = await studio.do(book_visits, BookVisits(studio.client, wanted))
    bens = await studio.book([first, first + timedelta(hours=2)], client=ben)

    assert (mine.figures["paid"], bens.figures["paid"]) == (4, 2)
    assert await books(studio, pass_id) == (2, 3, 0, 0, 0)
    await cancel(studio, bens.visits[0])
    assert await books(studio, pass_id) == (2, 3, 0, 0, 0)
    await cancel(studio, bens.visits[1])
    assert await books(studio, pass_id) == (3, 2, 0, 0, 0)


@pytest.mark.parametrize("way", ["removed", "left"])
async def test_what_the_next_period_was_to_pay_for_a_member_ends_with_the_share(studio: Studio, way: str) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(replace(SHARED, after_expiration=AfterExpiration.RENEW))
    shared = await share(studio, pass_id, ben)
    await studio.book([studio.began + 35 * DAY], client=ben)
    await studio.book([studio.began + 36 * DAY])
    standing = """SELECT v.client_id FROM projected_claims j JOIN visits v ON v.id = j.visit_id
                  WHERE j.state = 'STANDING'"""
    assert {row["client_id"] for row in await studio.fetch(standing)} == {ben, studio.client}

    if way == "removed":
        await studio.do(remove_share, RemoveShare(shared))
    else:
        await studio.do(leave_household, LeaveHousehold(ben))

    assert [row["client_id"] for row in await studio.fetch(standing)] == [studio.client]
