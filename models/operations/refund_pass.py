"""Pay a client back for a pass: what is unused, or a stated amount, never more than was paid."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.errors import refuse
from models.operations.base import STAFF, Changed, Tx, checked_count, checked_text
from models.operations.kept import CLOSING, kept_of
from models.operations.lapse import booked_from, release_claims, without_lot_ends
from models.operations.ledger import balances_of, move
from models.operations.pass_guards import FOR_GOOD, locked_pass, require_settled
from models.operations.refresh import refresh
from models.operations.renew_pass import NOTHING_OVERDUE
from models.operations.settle_refund import give_credit
from models.queries.facts import load_passes
from models.queries.refunds import Source, sources
from models.rules.codes import Code
from models.rules.eligibility import lot_order
from models.rules.facts import PassFacts
from models.rules.refund import Part, quote_days, quote_drop_in, quote_units
from models.rules.value import shares
from models.rules.values import Account, ClosedReason, RefundBasis, RefundDestination, RefundState
from models.tables.base import new_id
from models.tables.passes import passes
from models.tables.refunds import refunds

_DISPUTED = """
SELECT EXISTS (SELECT FROM periods n JOIN disputes d ON d.business_id = n.business_id AND d.order_id = n.order_id
               WHERE n.pass_id = $1 AND n.number > 0 AND d.state = 'OPEN')
"""
_RUNNING = """
SELECT number, price_minor FROM periods WHERE pass_id = $1 AND number > 0 AND (ends_at IS NULL OR ends_at > $2)
"""
_USED = """
SELECT p.number, p.price_minor,
       coalesce((SELECT sum(l.used + l.forfeited) FROM lots l
                 WHERE l.business_id = p.business_id AND l.pass_id = p.pass_id AND l.period_number = p.number), 0)
       + (SELECT count(*) FROM claims c JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id
          WHERE c.business_id = p.business_id AND c.pass_id = p.pass_id AND c.lot_id IS NULL
            AND c.released_at IS NULL AND c.account <> 'BOOKED'
            AND v.starts_at >= p.starts_at AND (p.ends_at IS NULL OR v.starts_at < p.ends_at)) AS used
FROM periods p WHERE p.pass_id = $1 AND p.number > 0 AND (p.ends_at IS NULL OR p.ends_at > $2) ORDER BY p.number
"""


@dataclass(frozen=True, slots=True)
class RefundPass:
    """Refund a pass.

    `units` None takes everything unused and closes the pass; a number takes that many and leaves it open; 0 takes
    none. `amount_minor` None pays what `basis` (None: the option's own) makes of it.
    """

    pass_id: UUID
    reason: str
    units: int | None = None
    amount_minor: int | None = None
    basis: RefundBasis | None = None
    destination: RefundDestination = RefundDestination.ORIGINAL


@dataclass(frozen=True, slots=True)
class Refunded:
    """What is paid back: a pass, or with `item_id` goods or credit of the package that the pass is a part of."""

    pass_id: UUID
    client_id: UUID
    item_id: UUID | None = None


async def refund_pass(tx: Tx, command: RefundPass) -> Changed:
    """Take the units, intend to pay back, and close a pass that is refunded whole; its visits ahead become unpaid.

    The money goes back by the payments of the pass, the newest first; what was paid with credit goes back to credit.

    Errors: NOT_FOUND, PASS_CLOSED, PAYMENT_IN_PROGRESS, DISPUTE_OPEN (the same money could go back twice), NOT_METERED,
    QUANTITY_OUT_OF_RANGE, NO_SESSIONS_LEFT, OVER_REFUND, NOTHING_TO_DO, INVALID_INPUT for a basis without its price.
    """
    tx.require(*STAFF)
    return await give_back(tx, command)


async def give_back(tx: Tx, command: RefundPass) -> Changed:
    """Carry out `refund_pass`, whoever may ask for it; its errors but FORBIDDEN."""
    facts = await locked_pass(tx, command.pass_id)
    if facts.closed_reason in FOR_GOOD:
        raise refuse(Code.PASS_CLOSED, "passId", status=facts.closed_reason)
    require_settled(facts)
    await require_undisputed(tx, facts.id)
    reason = checked_text(command.reason, 1, 500, "reason")
    _check(command, facts)
    whole, ahead = command.units is None, []
    figures: dict[str, Any] = {"former": await kept_of(tx, facts, *CLOSING)} if whole else {}
    if whole:
        ahead = await booked_from(tx, facts, tx.now)
        await release_claims(tx, without_lot_ends(facts), ahead)
    units, value = await _take(tx, facts, command)
    paid = await sources(tx.raw, facts.id)
    limit = sum(source.money_minor + source.credit_minor for source in paid)
    amount = min(value, limit) if command.amount_minor is None else command.amount_minor
    if not 0 <= amount <= limit:
        raise refuse(Code.OVER_REFUND, "amountMinor", limit=limit)
    if not whole and not units and not amount:
        raise refuse(Code.NOTHING_TO_DO, "amountMinor", sentence="neither units nor money would move.")
    made = await pay_back(tx, Refunded(facts.id, facts.client_id), paid, amount, command.destination, reason)
    if whole:
        changes = {"closed_reason": ClosedReason.REFUNDED, "closed_at": tx.now, **NOTHING_OVERDUE}
        await tx.update(passes, facts.id, **changes)
    await tx.event("pass.refunded", pass_id=facts.id, units=units, amountMinor=amount, whole=whole, reason=reason)
    await refresh(tx, [facts.id])
    figures |= {"units": units, "amountMinor": amount, "limitMinor": limit}
    figures["refunds"] = [str(each) for each in made]
    return Changed(passes=[facts.id], visits=ahead, figures=figures)


async def require_undisputed(tx: Tx, pass_id: UUID) -> None:
    """Refuse while a payment for the pass is disputed: the same money could go back twice. Errors: DISPUTE_OPEN."""
    if await tx.raw.fetchval(_DISPUTED, pass_id):
        raise refuse(Code.DISPUTE_OPEN, "passId")


def _check(command: RefundPass, facts: PassFacts) -> None:
    if command.units is not None:
        checked_count(command.units, 0, 1_000_000, "units")
        if command.units and facts.terms.unit is None:
            raise refuse(Code.NOT_METERED, "units")
    if command.amount_minor is not None:
        checked_count(command.amount_minor, 0, 10**12, "amountMinor")
    basis = command.basis or facts.terms.refund.basis
    if basis is RefundBasis.DROP_IN_PRICE and facts.terms.refund.drop_in_price_minor is None:
        raise refuse(Code.INVALID_INPUT, "basis", sentence="The option names no drop-in price.")


async def _take(tx: Tx, facts: PassFacts, command: RefundPass) -> tuple[int, int]:
    """Move the units that are refunded; return how many they were and what the basis makes them worth."""
    current = (await load_passes(tx.raw, [facts.id]))[facts.id]
    alive = [lot for lot in current.lots if lot.available and (not lot.window.ends_at or tx.now < lot.window.ends_at)]
    left = sum(lot.available for lot in alive)
    wanted = left if command.units is None else command.units
    if wanted > left:
        raise refuse(Code.NO_SESSIONS_LEFT, "units", left=left, needed=wanted)
    rows = {row["id"]: row for row in await tx.raw.fetch("SELECT * FROM lots WHERE pass_id = $1", facts.id)}
    value, to_take = 0, wanted
    # What lasts longest is given back first: what is left to the client is what they would have used first.
    for lot in sorted(alive, key=lot_order, reverse=True):
        taken = min(to_take, lot.available)
        value += quote_units(rows[lot.id]["value_minor"], balances_of(rows[lot.id]), taken)
        await move(tx, lot.id, facts.id, Account.AVAILABLE, Account.REFUNDED, taken)
        to_take -= taken
    basis = command.basis or facts.terms.refund.basis
    if basis is RefundBasis.DROP_IN_PRICE and command.units is None:
        return wanted, await _at_drop_in_price(tx, facts, rows.values())
    if facts.terms.unit is None and command.units is None:
        running = await tx.raw.fetch(_RUNNING, facts.id, tx.now)
        prices = {row["number"]: row["price_minor"] for row in running}
        value = quote_days(current, prices, tx.now)
    return wanted, value


async def _at_drop_in_price(tx: Tx, facts: PassFacts, lots: Iterable[Any]) -> int:
    """Return what the periods come to, less what of them was refunded before; `lots` as they stood before this."""
    price = facts.terms.refund.drop_in_price_minor
    assert price is not None
    given: Counter[int] = Counter()
    for lot in lots:
        given[lot["period_number"]] += shares(lot["value_minor"], balances_of(lot))[Account.REFUNDED]
    rows = await tx.raw.fetch(_USED, facts.id, tx.now)
    return quote_drop_in([Part(row["price_minor"] - given[row["number"]], int(row["used"])) for row in rows], price)


async def pay_back(
    tx: Tx, what: Refunded, paid: list[Source], amount: int, destination: RefundDestination, reason: str
) -> list[UUID]:
    """Write what goes back by which payment, and what as credit; the caller has seen that it can."""
    made = []
    for source in paid:
        money = min(amount, source.money_minor) if destination is RefundDestination.ORIGINAL else 0
        amount -= money
        creditable = source.credit_minor
        if destination is RefundDestination.CREDIT:
            creditable += source.money_minor
        to_credit = min(amount, creditable)
        amount -= to_credit
        if money:
            made.append(await _write(tx, what, source, money, RefundDestination.ORIGINAL, reason))
            tx.refunds.append(made[-1])
        if to_credit:
            made.append(await _write(tx, what, source, to_credit, RefundDestination.CREDIT, reason))
            await give_credit(tx, what.client_id, to_credit, order_id=source.order_id, pass_id=what.pass_id)
    return made


async def _write(
    tx: Tx, what: Refunded, source: Source, amount: int, destination: RefundDestination, reason: str
) -> UUID:
    refund_id = new_id()
    to_gateway = destination is RefundDestination.ORIGINAL
    row = {
        "id": refund_id,
        "pass_id": what.pass_id,
        "client_id": what.client_id,
        "package_item_id": what.item_id,
        "order_id": source.order_id,
        "payment_id": source.payment_id if to_gateway else None,
        "destination": destination,
        "amount_minor": amount,
        "currency": tx.business.currency,
        "gateway_key": f"refund:{refund_id}" if to_gateway else None,
        "state": RefundState.INTENDED if to_gateway else RefundState.DONE,
        "detail": None,
        "reason": reason,
        "operation_id": tx.operation_id,
        "at": tx.now,
        "intended_at": tx.real_now,
        "settled_at": None if to_gateway else tx.real_now,
    }
    await tx.insert(refunds, row)
    return refund_id
