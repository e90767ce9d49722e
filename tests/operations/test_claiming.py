"""What lapsed is shown as a receipt, and can be claimed back once within its window."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.base import Actor
from models.operations.catalogue import CreateClient, create_client
from models.operations.change_pass import ExtendPass, extend_pass
from models.operations.claim_lapsed import ClaimLapsed, claim_lapsed
from models.queries.invariants import check_business
from models.queries.lapses import LapseRow, lapses_of
from models.rules.codes import Code
from models.rules.values import PassKind, Role
from tests.operations.acts import at, jump, lots, work
from tests.studio import MONTH, TEN_CLASSES, Studio

TERMS = replace(TEN_CLASSES, validity=MONTH, warn_days=0, revive_days=10, make_up_days=20)


async def sound(studio: Studio) -> None:
    """Assert every invariant."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def receipts(studio: Studio, pass_id: UUID) -> list[LapseRow]:
    """Return what lapsed from a pass."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        return (await lapses_of(reader, [pass_id]))[pass_id]


async def lapsed(studio: Studio, **changes: object) -> UUID:
    """Sell ten classes up to 27 February, use one, and let the rest lapse."""
    pass_id = await studio.sell(replace(TERMS, **changes))  # type: ignore[arg-type]
    await studio.book([at("2026-02-05")], pass_id=pass_id)
    await studio.advance(at("2026-03-01"))
    return pass_id


async def test_the_receipt_says_what_lapsed_what_it_was_worth_and_until_when_it_can_be_claimed(studio: Studio) -> None:
    pass_id = await lapsed(studio)
    (receipt,) = await receipts(studio, pass_id)
    assert (receipt.quantity, receipt.value_minor, receipt.at) == (9, 13_500, at("2026-02-28", 0))
    assert (receipt.claimable_until, receipt.brought_back) == (date(2026, 3, 9), False)


async def test_what_lapsed_comes_back_as_a_make_up_lot_that_outlives_the_pass(studio: Studio) -> None:
    pass_id = await lapsed(studio)
    client = Actor(Role.CLIENT, client_id=studio.client)
    changed = await studio.do(claim_lapsed, ClaimLapsed(pass_id), actor=client)

    assert changed.figures["units"] == 9
    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("MAKE_UP", 1, 9)]
    (row,) = await studio.fetch("SELECT value_minor, own_last_on FROM lots WHERE kind = 'MAKE_UP'")
    assert (row["value_minor"], row["own_last_on"]) == (13_500, date(2026, 3, 21))
    assert [receipt.brought_back for receipt in await receipts(studio, pass_id)] == [True]
    assert (await studio.book([at("2026-03-20")])).figures["paid"] == 1
    assert await studio.refused(claim_lapsed, ClaimLapsed(pass_id)) is Code.NOTHING_LAPSED
    await sound(studio)


async def test_what_was_claimed_and_lapses_again_is_gone(studio: Studio) -> None:
    pass_id = await lapsed(studio)
    await studio.do(claim_lapsed, ClaimLapsed(pass_id))
    await studio.advance(at("2026-03-25"))
    assert [receipt.claimable_until for receipt in await receipts(studio, pass_id)] == [date(2026, 3, 9), None]
    assert await studio.refused(claim_lapsed, ClaimLapsed(pass_id)) is Code.NOTHING_LAPSED
    await sound(studio)


async def test_the_last_day_of_the_window_is_included_and_the_next_is_not(studio: Studio) -> None:
    pass_id = await lapsed(studio)
    await studio.advance(at("2026-03-10", 0))
    with pytest.raises(Refused, match="2026-03-09") as refused:
        await studio.do(claim_lapsed, ClaimLapsed(pass_id))
    assert refused.value.code is Code.CLAIM_WINDOW_OVER


async def test_on_the_last_day_it_is_claimed(studio: Studio) -> None:
    pass_id = await lapsed(studio)
    await studio.advance(at("2026-03-09", 23, 59))
    assert (await studio.do(claim_lapsed, ClaimLapsed(pass_id))).figures["units"] == 9
    await sound(studio)


async def test_without_a_window_nothing_is_claimed(studio: Studio) -> None:
    assert await studio.refused(claim_lapsed, ClaimLapsed(await lapsed(studio, revive_days=0))) is Code.NOTHING_LAPSED
    unlimited = await studio.sell(replace(TERMS, kind=PassKind.UNLIMITED, quantity=None))
    assert await studio.refused(claim_lapsed, ClaimLapsed(unlimited)) is Code.NOT_METERED


async def test_it_does_not_matter_whether_a_worker_has_come_by(studio: Studio) -> None:
    pass_id = await studio.sell(TERMS)
    await jump(studio, at("2026-03-01"))
    assert (await studio.do(claim_lapsed, ClaimLapsed(pass_id))).figures["units"] == 10
    await work(studio, pass_id)
    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("MAKE_UP", 1, 10)]
    await sound(studio)


async def test_an_extension_and_a_claim_bring_units_back_once(studio: Studio) -> None:
    pass_id = await lapsed(studio)
    await studio.do(claim_lapsed, ClaimLapsed(pass_id))
    await studio.do(extend_pass, ExtendPass(pass_id, 30, "Ill"))
    assert (await studio.balances(pass_id))["available"] == 9
    await sound(studio)


async def test_two_claims_at_once_claim_once(studio: Studio) -> None:
    pass_id = await lapsed(studio)
    answers = await asyncio.gather(
        *(studio.do(claim_lapsed, ClaimLapsed(pass_id)) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(answer, Refused) for answer in answers) == 3
    assert (await studio.balances(pass_id))["available"] == 9
    await sound(studio)


async def test_another_client_finds_no_such_pass(studio: Studio) -> None:
    pass_id = await lapsed(studio)
    other = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    actor = Actor(Role.CLIENT, client_id=other)
    assert await studio.refused(claim_lapsed, ClaimLapsed(pass_id), actor=actor) is Code.NOT_FOUND
