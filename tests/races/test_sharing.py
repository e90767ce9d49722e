"""Members of a household at once on one pass: never more than its units, nor more than anybody's cap."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.households import LeaveHousehold, leave_household
from models.operations.sharing import RemoveShare, SharePass, remove_share, share_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.rules.codes import Code
from models.rules.policies import Sharing
from tests.races.test_bookings import book, in_order
from tests.studio import TEN_CLASSES, Studio, household_with

MEMBERS = 12


async def shared(studio: Studio, quantity: int, sharing: Sharing, members: int = MEMBERS) -> tuple[UUID, list[UUID]]:
    """Sell a pass and share it with so many members; return both."""
    clients = await household_with(studio, *(f"Member {number}" for number in range(members)))
    pass_id = await studio.sell(replace(TEN_CLASSES, quantity=quantity, sharing=sharing))
    for client in clients:
        await studio.do(share_pass, SharePass(pass_id, client))
    return pass_id, clients


async def test_all_members_book_the_last_unit_at_once_and_one_gets_it(studio: Studio) -> None:
    pass_id, members = await shared(studio, 1, Sharing(allowed=True))
    start = studio.began + timedelta(days=1)

    answers = await asyncio.gather(*(book(studio, start, pass_id, each) for each in (*members, studio.client)))

    assert sum(answer.figures["paid"] for answer in answers) == 1
    assert (await studio.balances(pass_id))["booked"] == 1
    await in_order(studio)


@pytest.mark.parametrize("by_name", [True, False])
async def test_one_member_books_fifty_at_once_and_the_cap_holds(studio: Studio, by_name: bool) -> None:
    pass_id, (ben,) = await shared(studio, 60, Sharing(allowed=True, member_visits_max=3), members=1)
    starts = [studio.began + timedelta(days=3, minutes=minute) for minute in range(50)]

    if by_name:
        await asyncio.gather(*(book(studio, at, pass_id, ben) for at in starts))
    else:
        await asyncio.gather(*(studio.book([at], client=ben) for at in starts[:20]))

    rows = await studio.fetch("SELECT count(*) AS paid FROM visits WHERE pass_id = $1", pass_id)
    assert rows[0]["paid"] == 3
    await in_order(studio)


async def test_more_members_are_added_at_once_than_there_may_be(studio: Studio) -> None:
    members = await household_with(studio, *(f"Member {number}" for number in range(MEMBERS)))
    pass_id = await studio.sell(replace(TEN_CLASSES, sharing=Sharing(allowed=True, members_max=3)))

    answers = await asyncio.gather(
        *(studio.do(share_pass, SharePass(pass_id, each)) for each in members), return_exceptions=True
    )

    assert sum(not isinstance(each, BaseException) for each in answers) == 3
    assert {each.code for each in answers if isinstance(each, Refused)} == {Code.MEMBERS_USED_UP}
    await in_order(studio)


async def test_members_leave_while_they_are_added_and_book(studio: Studio) -> None:
    pass_id, members = await shared(studio, 40, Sharing(allowed=True), members=6)
    (late,) = await household_with(studio, "Late")
    shares = await studio.fetch("SELECT id FROM shares ORDER BY id")
    day = studio.began + timedelta(days=2)

    await asyncio.gather(
        *(book(studio, day, pass_id, each) for each in members),
        *(studio.do(leave_household, LeaveHousehold(each)) for each in members[:3]),
        *(studio.do(remove_share, RemoveShare(each["id"])) for each in shares[3:5]),
        studio.do(share_pass, SharePass(pass_id, late)),
        studio.do(leave_household, LeaveHousehold(late)),
        return_exceptions=True,
    )

    await in_order(studio)
    kept = await studio.fetch("SELECT client_id FROM visits WHERE pass_id = $1", pass_id)
    assert {row["client_id"] for row in kept} <= {members[5]}


async def test_units_are_given_and_booked_at_once_and_each_once(studio: Studio) -> None:
    pass_id, members = await shared(studio, 10, Sharing(allowed=True), members=6)
    starts = [studio.began + timedelta(days=day) for day in (1, 2)]

    answers = await asyncio.gather(
        *(book(studio, at, pass_id, each) for each in members for at in starts),
        *(studio.do(transfer_pass, TransferPass(pass_id, members[0], "Gift", 1)) for _ in range(8)),
        return_exceptions=True,
    )

    given = sum(not isinstance(each, BaseException) for each in answers[12:])
    paid = sum(each.figures["paid"] for each in answers[:12] if not isinstance(each, BaseException))
    assert given + paid == 10
    await in_order(studio)
