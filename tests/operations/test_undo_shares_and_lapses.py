"""What was done with shares, with units that had lapsed and with migrations is undone where nobody has used it."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from models.operations.base import Actor
from models.operations.claim_lapsed import ClaimLapsed, claim_lapsed
from models.operations.convert_pass import ScheduleConversion, schedule_conversion
from models.operations.households import LeaveHousehold, leave_household
from models.operations.migrate_passes import MigratePasses, RevertMigration, migrate_passes, revert_migration
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.sharing import ApproveShare, RemoveShare, SharePass, approve_share, remove_share, share_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.queries.lapses import lapses_of
from models.rules.codes import Code
from models.rules.values import AfterExpiration, Role
from tests.operations.acts import DAY, at, seen
from tests.operations.effective import effective
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, SHARED, TEN_CLASSES, Studio, household_with, lapsed_pass


async def shared(studio: Studio) -> tuple[UUID, UUID, UUID]:
    """Share a pass with Ben, at the request of its owner; return the pass, Ben and the share."""
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(SHARED)
    asker = Actor(Role.CLIENT, client_id=studio.client)
    share = (await studio.do(share_pass, SharePass(pass_id, ben, 3), actor=asker)).rows["share"]
    return pass_id, ben, share


async def test_an_approval_waits_for_what_the_member_has_booked(studio: Studio) -> None:
    pass_id, ben, share = await shared(studio)
    before = await effective(studio)
    await studio.do(approve_share, ApproveShare(share))
    approval = await last_operation(studio)
    await studio.book([studio.began + DAY], client=ben, pass_id=pass_id)
    booking = await last_operation(studio)
    await needs(studio, approval, booking)
    await undo(studio, booking)
    await undo(studio, approval)
    assert await effective(studio) == before
    await studio.do(approve_share, ApproveShare(share))
    approval = await last_operation(studio)
    await studio.do(remove_share, RemoveShare(share))
    await needs(studio, approval, await last_operation(studio))


async def test_an_approval_lets_go_what_it_let_wait_no_longer(studio: Studio) -> None:
    _, ben, share = await shared(studio)
    await studio.book([studio.began + DAY], client=ben)
    before = await effective(studio)
    await studio.do(approve_share, ApproveShare(share))
    assert await effective(studio) != before
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before


@pytest.mark.parametrize("approved", [False, True])
async def test_a_share_that_was_ended_or_declined_stands_as_it_did(studio: Studio, approved: bool) -> None:
    pass_id, ben, share = await shared(studio)
    if approved:
        await studio.do(approve_share, ApproveShare(share))
        await studio.book([studio.began + DAY, studio.began + 2 * DAY], client=ben, pass_id=pass_id)
    before = await effective(studio)
    await studio.do(remove_share, RemoveShare(share))
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before


async def test_a_member_who_left_or_shares_anew_is_named(studio: Studio) -> None:
    pass_id, ben, share = await shared(studio)
    await studio.do(approve_share, ApproveShare(share))
    before = await effective(studio)
    await studio.do(remove_share, RemoveShare(share))
    removal = await last_operation(studio)
    await studio.do(share_pass, SharePass(pass_id, ben))
    anew = await last_operation(studio)
    await needs(studio, removal, anew)
    await undo(studio, anew)
    await studio.do(leave_household, LeaveHousehold(ben))
    left = await last_operation(studio)
    await needs(studio, removal, left)
    await undo(studio, left)
    await undo(studio, removal)
    assert await effective(studio) == before


async def test_who_left_a_household_comes_back_to_what_was_shared_with_them(studio: Studio) -> None:
    pass_id, ben, share = await shared(studio)
    await studio.do(approve_share, ApproveShare(share))
    visit = (await studio.book([studio.began + 2 * DAY], client=ben)).visits[0]
    before = await effective(studio)
    assert (await seen(studio, visit)).pass_id == pass_id

    await studio.do(leave_household, LeaveHousehold(ben))
    left = await last_operation(studio)
    assert await effective(studio) != before
    await undo(studio, left)
    assert await effective(studio) == before

    await studio.do(leave_household, LeaveHousehold(studio.client))
    left = await last_operation(studio)
    await undo(studio, left)
    assert await effective(studio) == before


async def test_the_place_of_a_member_may_be_taken(studio: Studio) -> None:
    ben, kim = await household_with(studio, "Ben", "Kim")
    terms = replace(SHARED, sharing=replace(SHARED.sharing, members_max=1))
    pass_id = await studio.sell(terms)
    share = (await studio.do(share_pass, SharePass(pass_id, ben))).rows["share"]
    await studio.do(remove_share, RemoveShare(share))
    removal = await last_operation(studio)
    await studio.do(share_pass, SharePass(pass_id, kim))
    await needs(studio, removal, await last_operation(studio))


async def test_what_lapsed_has_lapsed_when_it_did(studio: Studio) -> None:
    pass_id = await lapsed_pass(studio)
    before = await effective(studio)

    async def told() -> list[tuple[int, object, date | None, bool]]:
        async with studio.runtime.database.reading(studio.business_id) as reader:
            rows = (await lapses_of(reader, [pass_id]))[pass_id]
        return [(row.quantity, row.at, row.claimable_until, row.brought_back) for row in rows]

    lapse = await told()
    await studio.advance(studio.began + 5 * DAY)
    await studio.do(claim_lapsed, ClaimLapsed(pass_id))
    claim = await last_operation(studio)
    assert [row[-1] for row in await told()] == [True]
    await studio.book([studio.began + 6 * DAY], pass_id=pass_id)
    booking = await last_operation(studio)
    await needs(studio, claim, booking)
    await undo(studio, booking)
    await undo(studio, claim)
    assert await effective(studio) == before
    assert await told() == lapse
    until = lapse[0][2]
    assert until is not None
    await studio.advance(at((until + DAY).isoformat()))
    assert await studio.refused(claim_lapsed, ClaimLapsed(pass_id)) is Code.CLAIM_WINDOW_OVER


async def test_a_migration_that_was_taken_back_stands_again(studio: Studio) -> None:
    monthly = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)
    option, other = await studio.option(monthly), await studio.option()
    pass_id = (await studio.do(sell_pass, SellPass(studio.client, option, *CARD))).passes[0]
    ends = replace(monthly, price_minor=9_900, after_expiration=AfterExpiration.EXPIRE)
    await studio.do(migrate_passes, MigratePasses(option, "New", terms=ends))
    migration, moved = await last_operation(studio), await effective(studio)
    await studio.do(revert_migration, RevertMigration(migration, "Sorry"))
    reversion, back = await last_operation(studio), await effective(studio)
    await studio.do(schedule_conversion, ScheduleConversion(pass_id, other))
    plan = await last_operation(studio)
    await needs(studio, reversion, plan)
    await undo(studio, plan)
    assert await effective(studio) == back
    await undo(studio, reversion)
    assert await effective(studio) == moved
    await studio.do(revert_migration, RevertMigration(migration, "Sorry again"))
    assert await effective(studio) == back
    command = UndoOperation(reversion, "A mistake")
    assert await studio.refused(undo_operation, command) is Code.ALREADY_UNDONE
