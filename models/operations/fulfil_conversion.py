"""Carry out a conversion that is paid: close the old pass, write the new one, and move over what is left."""

from datetime import date
from typing import Any
from uuid import UUID

from models.operations.base import Changed, ToPay, Tx
from models.operations.book_visits import PayBy, paid_answer, pay
from models.operations.consent import write_consent
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.kept import CLOSING, kept_of
from models.operations.lapse import booked_from, release_claims, without_lot_ends
from models.operations.ledger import carried, grant, move
from models.operations.refresh import refresh
from models.operations.renew_pass import NOTHING_OVERDUE, renewal_declined, write_succession
from models.operations.sell_pass import write_pass
from models.operations.settle_refund import give_credit
from models.operations.spread_closure import join_closures
from models.queries.catalogue import OptionVersion, option_terms
from models.queries.facts import load_passes, load_visits
from models.queries.locks import lock_passes
from models.queries.refunds import still_paid
from models.rules.activation import start_at_sale
from models.rules.calendar import local_day
from models.rules.facts import LotFacts, PassFacts
from models.rules.terms import Terms
from models.rules.timeline import base_days
from models.rules.values import Account, ClosedReason, LotKind, UnusedAtConversion, VisitState
from models.tables.passes import passes


async def fulfil_conversion(tx: Tx, bought: ToPay) -> Changed:
    """Close the old pass, write the new one, carry or credit what is unused, and re-point booked visits."""
    assert bought.subject_pass_id is not None
    waiting = await lock_with_waiting(tx, [bought.subject_pass_id])
    old = (await lock_passes(tx.raw, [bought.subject_pass_id]))[bought.subject_pass_id]
    option = await option_terms(tx.raw, UUID(bought.details["option_id"]), bought.details["option_version"])
    assert option is not None, "a version that was sold is never deleted"
    former = await kept_of(tx, old, *CLOSING)
    ahead = await booked_from(tx, old, tx.now)
    await release_claims(tx, without_lot_ends(old), ahead)
    unused, value = await _empty(tx, old, bought)
    former["cut"] = await _close(tx, old)
    await _open(tx, old, bought, option)
    await write_consent(tx, bought, bought.pass_id, option.terms)
    number = old.periods[-1].number
    await write_succession(tx, old.id, number, "CONVERSION", bought.pass_id, 1)
    carried = bought.details["unused"] == UnusedAtConversion.CARRY and unused > 0
    if carried and option.terms.unit is not None:
        await grant(tx, bought.pass_id, 1, LotKind.ROLLOVER, option.terms.unit, unused, value_minor=value)
    new = await refresh(tx, [old.id, bought.pass_id])
    if await join_closures(tx, bought.pass_id):
        new = await refresh(tx, [old.id, bought.pass_id])
    await tx.event("pass.converted", pass_id=old.id, to=bought.pass_id, unused=unused)
    await tx.event("pass.sold", pass_id=bought.pass_id, priceMinor=bought.price_minor, convertedFrom=old.id)
    wanted = list((await load_visits(tx.raw, ahead)).values())
    states = dict.fromkeys(ahead, VisitState.BOOKED)
    outcomes = await pay(tx, {bought.pass_id: new[bought.pass_id]}, wanted, states, PayBy.PASS)
    answer = paid_answer(outcomes)
    figures = answer.figures | {"unused": unused, "unusedBecame": bought.details["unused"], "former": former}
    changed = Changed(passes=[bought.pass_id, old.id], visits=answer.visits, figures=figures)
    return await covered(tx, changed, waiting, bought.pass_id)


def _alive(facts: PassFacts, lots: tuple[LotFacts, ...], now: Any) -> list[LotFacts]:
    """The lots that are not over, and those that end with the pass itself, whose rest is what a successor gets."""
    return [
        lot
        for lot in lots
        if lot.available and (lot.window.ends_at in (None, facts.ends_at) or now < lot.window.ends_at)
    ]


async def _empty(tx: Tx, old: PassFacts, bought: ToPay) -> tuple[int, int]:
    """Move what is unused out of the old pass; return how many units that were, and the value they carry on."""
    forfeits = bought.details["unused"] == UnusedAtConversion.FORFEIT
    target = Account.EXPIRED if forfeits else Account.CONVERTED
    emptied = (await load_passes(tx.raw, [old.id]))[old.id]
    value = await unused_value(tx, emptied)
    unused = carried_minor = 0
    for lot in _alive(old, emptied.lots, tx.now):
        if not forfeits:
            carried_minor += await carried(tx, lot.id, lot.available, Account.CONVERTED)
        await move(tx, lot.id, old.id, Account.AVAILABLE, target, lot.available)
        unused += lot.available
    left_over = value - bought.credit_minor
    if bought.details["unused"] == UnusedAtConversion.CREDIT and left_over > 0:
        await give_credit(tx, old.client_id, left_over, order_id=bought.id, pass_id=old.id)
    return unused, carried_minor


async def value_at_conversion(tx: Tx, facts: PassFacts) -> int:
    """Return what the unused units are worth once the visits booked ahead are released, as the conversion will do."""
    ahead = await booked_from(tx, facts, tx.now)
    if not ahead:
        return await unused_value(tx, facts)
    tried = await tx.connection.begin_nested()
    await release_claims(tx, without_lot_ends(facts), ahead)
    value = await unused_value(tx, (await load_passes(tx.raw, [facts.id]))[facts.id])
    await tried.rollback()
    return value


async def unused_value(tx: Tx, facts: PassFacts) -> int:
    """Return what the unused units are worth in minor units: the value their lots carry for them, rounded down.

    A pass that was given away, or whose money went back, is worth no more than what is still paid for it.
    """
    alive = _alive(facts, facts.lots, tx.now)
    value = sum([await carried(tx, lot.id, lot.available, Account.CONVERTED) for lot in alive])
    paid = await still_paid(tx.raw, facts.id) if value else None
    return value if paid is None else min(value, paid)


async def _close(tx: Tx, old: PassFacts) -> list[int]:
    """Cut off what runs and what was bought ahead, also where an open freeze hides when that would begin.

    Return the numbers of the periods that were cut.
    """
    cut = await tx.raw.fetch(
        "UPDATE periods SET cut_at = $1 WHERE pass_id = $2 AND number > 0 AND cut_at IS NULL AND first_on IS NOT NULL "
        "AND (ends_at IS NULL OR ends_at > $1) RETURNING number",
        tx.now,
        old.id,
    )
    await tx.update(passes, old.id, closed_reason=ClosedReason.CONVERTED, closed_at=tx.now, **NOTHING_OVERDUE)
    return [row["number"] for row in cut]


def first_day_of(tx: Tx, old: PassFacts, terms: Terms) -> date | None:
    """Return the first day of what the pass becomes, None where its first visit decides.

    It counts from the end of the old pass, however late a worker comes; from today where it would be over by then.
    """
    today = local_day(tx.now, old.zone)
    ended_on = _ended_on(tx, old) or today
    first = start_at_sale(terms, ended_on, None)
    if first is not None and ended_on < today:
        last = base_days(terms, first, 0)[1]
        if last is not None and last < today:
            return start_at_sale(terms, today, None)
    return first


def _ended_on(tx: Tx, old: PassFacts) -> date | None:
    over = old.ends_at is not None and old.ends_at <= tx.now
    return local_day(old.ends_at, old.zone) if over and old.ends_at is not None else None


async def _open(tx: Tx, old: PassFacts, bought: ToPay, option: OptionVersion) -> None:
    """The new pass starts the instant the old one ends, where its own activation does not put it later."""
    first, ended_on = first_day_of(tx, old, option.terms), _ended_on(tx, old)
    await write_pass(
        tx,
        bought,
        option,
        first=first,
        sold_on=local_day(tx.now, old.zone),
        zone=old.zone,
        predecessor=(old.id, old.periods[-1].number),
        opens_at=old.ends_at if first is not None and first == ended_on else None,
    )


async def conversion_declined(tx: Tx, bought: ToPay, *, hard: bool, detail: str) -> None:
    """Note the failed charge, as for a renewal: the old pass stands on the same ladder."""
    await renewal_declined(tx, bought, hard=hard, detail=detail)
