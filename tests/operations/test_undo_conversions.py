"""A conversion that is undone is as if it had not been: the new pass is paid back, the old one has what it had."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.change_pass import AdjustPass, adjust_pass
from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.terms import Terms
from models.rules.values import AfterExpiration, ConversionTiming, PassKind, UnusedAtConversion
from tests.operations.acts import DAY, HOUR, at, hold, record
from tests.operations.effective import effective
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH, price_minor=10_001)
UNLIMITED = Terms(PassKind.UNLIMITED, 3_333, validity=MONTH)
TARGET = replace(TEN_CLASSES, price_minor=20_000, quantity=20)


async def converted(
    studio: Studio, terms: Terms, unused: UnusedAtConversion, target: Terms = TARGET
) -> tuple[UUID, UUID]:
    """Convert a pass with a visit behind, one ahead and one past the end; return it and the operation."""
    pass_id = await studio.sell(terms)
    (visit, *_) = (await studio.book([studio.began - HOUR, studio.began + DAY], pass_id=pass_id)).visits
    await record(studio, visit)
    option = await studio.option(target)
    before = await effective(studio)
    await studio.do(convert_pass, ConvertPass(pass_id, option, ConversionTiming.NOW_PAID, unused, *CARD))
    operation = await last_operation(studio)
    assert await effective(studio) != before
    await undo(studio, operation)
    assert await effective(studio) == before
    await studio.do(convert_pass, ConvertPass(pass_id, option, ConversionTiming.NOW_PAID, unused, *CARD))
    return pass_id, await last_operation(studio)


@pytest.mark.parametrize("unused", UnusedAtConversion)
@pytest.mark.parametrize("terms", [MONTHLY, replace(MONTHLY, after_expiration=AfterExpiration.RENEW)])
async def test_what_was_unused_comes_back(studio: Studio, terms: Terms, unused: UnusedAtConversion) -> None:
    pass_id, again = await converted(studio, terms, unused)
    await undo(studio, again)
    facts = await studio.facts(pass_id)
    assert (facts.unit_count_open, facts.closed_reason) == (9, None)
    credit = await studio.fetch("SELECT sum(amount_minor)::int FROM client_credits")
    assert credit[0][0] in (None, 0)


async def test_a_pass_that_counts_nothing(studio: Studio) -> None:
    _, again = await converted(studio, UNLIMITED, UnusedAtConversion.FORFEIT)
    await undo(studio, again)


async def test_credit_beyond_the_price_is_taken_back_unless_it_is_spent(studio: Studio) -> None:
    cheap = replace(TEN_CLASSES, price_minor=1_000)
    pass_id, again = await converted(studio, MONTHLY, UnusedAtConversion.CREDIT, cheap)
    before = await effective(studio)
    assert before["credit"]
    sale = SellPass(studio.client, await studio.option(cheap), use_credit=True)
    await studio.do(sell_pass, sale)
    bought = await last_operation(studio)
    await needs(studio, again, bought)
    await undo(studio, bought)
    await undo(studio, again)
    assert (await studio.facts(pass_id)).unit_count_open == 9


async def test_a_period_bought_ahead_runs_again(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await studio.do(renew_pass, RenewPass(pass_id, *CARD))
    await studio.book([at("2026-03-05")], pass_id=pass_id)
    option = await studio.option(TARGET)
    before = await effective(studio)
    command = ConvertPass(pass_id, option, ConversionTiming.NOW_PAID, UnusedAtConversion.CARRY, *CARD)
    await studio.do(convert_pass, command)
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before


async def test_what_uses_the_new_pass_is_named(studio: Studio) -> None:
    pass_id, conversion = await converted(studio, MONTHLY, UnusedAtConversion.CARRY)
    came = "SELECT id FROM passes WHERE predecessor_pass_id = $1 AND predecessor_period > 0"
    ((new_id,),) = await studio.fetch(came, pass_id)
    await studio.book([studio.began + 3 * DAY], pass_id=new_id)
    booking = await last_operation(studio)
    await needs(studio, conversion, booking)
    await undo(studio, booking)
    await studio.do(adjust_pass, AdjustPass(new_id, 1, "Gift"))
    gift = await last_operation(studio)
    await needs(studio, conversion, gift)
    await undo(studio, gift)
    first = studio.began.date() + 5 * DAY
    await hold(studio, new_id, first.isoformat(), first.isoformat())
    placed = await last_operation(studio)
    await needs(studio, conversion, placed)
    await undo(studio, placed)
    await undo(studio, conversion)
    assert (await studio.fetch("SELECT pass_id FROM visits WHERE state = 'BOOKED'"))[0]["pass_id"] == pass_id


async def test_a_pass_whose_end_has_passed_meanwhile_does_not_come_back(studio: Studio) -> None:
    _, conversion = await converted(studio, MONTHLY, UnusedAtConversion.CARRY, replace(TARGET, price_minor=0))
    await studio.advance(at("2026-03-20"))
    command = UndoOperation(conversion, "A mistake")
    assert await studio.refused(undo_operation, command) is Code.NOT_UNDOABLE


async def test_of_two_who_undo_at_once_one_does(studio: Studio) -> None:
    _, conversion = await converted(studio, MONTHLY, UnusedAtConversion.FORFEIT)

    async def once() -> str:
        try:
            await studio.do(undo_operation, UndoOperation(conversion, "A mistake"), key=str(uuid4()))
        except Refused as refused:
            return str(refused.code)
        return "undone"

    told = sorted(await asyncio.gather(*(once() for _ in range(5))))
    assert told == ["Code.ALREADY_UNDONE"] * 4 + ["undone"]
    refunds = await studio.fetch("SELECT amount_minor FROM refunds WHERE state = 'DONE'")
    assert [row["amount_minor"] for row in refunds] == [TARGET.price_minor] * 2
