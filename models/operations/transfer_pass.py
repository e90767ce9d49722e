"""Give a pass, or units of it, to another client: a new pass of the same version, with the same days and what is left.

What the giver paid stays with the giver's payments: the receiver's periods have no order, so nothing can be paid back
for them. Units take the value along that their lots carry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_count, checked_text
from models.operations.change_pass import UNITS_MAX
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.kept import CLOSING, kept_of
from models.operations.lapse import booked_from, release_claims, without_lot_ends
from models.operations.ledger import carried, grant, move
from models.operations.pass_guards import locked_pass, require_open, require_settled
from models.operations.refresh import refresh
from models.operations.renew_pass import NOTHING_OVERDUE, write_succession
from models.operations.sharing import end_shares
from models.operations.spread_closure import before_joining, join_closures
from models.queries.facts import load_passes
from models.queries.live import LIVE
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.eligibility import lot_order
from models.rules.facts import LotFacts, PassFacts
from models.rules.refund import quote_days
from models.rules.timeline import PeriodFacts
from models.rules.values import Account, Activation, AfterExpiration, ClosedReason, HoldCause, LotKind, Role
from models.tables.base import new_id
from models.tables.passes import holds, passes, periods


@dataclass(frozen=True, slots=True)
class TransferPass:
    """Give a pass to another client: all of it where `units` is None, or so many units."""

    pass_id: UUID
    to_client_id: UUID
    reason: str
    units: int | None = None


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What the new pass gets: the periods that are not over, and the units by lot with the value they carry."""

    periods: tuple[tuple[PeriodFacts, int], ...]
    shift: timedelta
    units: tuple[tuple[LotFacts, int, int], ...]


async def transfer_pass(tx: Tx, command: TransferPass) -> Changed:
    """Give a pass whole, which closes it and leaves what was booked ahead unpaid, or units that nobody has booked.

    The new pass ends when the old one does and never renews by itself. Errors: NOT_FOUND, TRANSFER_NOT_ALLOWED,
    TRANSFER_TO_ONESELF, PASS_CLOSED, PASS_ENDED, PAYMENT_IN_PROGRESS, QUANTITY_OUT_OF_RANGE, NO_SESSIONS_LEFT,
    TEXT_OUT_OF_RANGE.
    """
    tx.require(*STAFF, Role.CLIENT)
    await before_joining(tx)
    waiting = await lock_with_waiting(tx, [command.pass_id], command.to_client_id)
    facts = await locked_pass(tx, command.pass_id)
    _check_allowed(tx, facts)
    reason = checked_text(command.reason, 1, 500, "reason")
    if not await tx.raw.fetchval(f"SELECT true FROM clients WHERE id = $1 AND {LIVE}", command.to_client_id):
        raise unknown("client", "toClientId")
    if command.to_client_id == facts.client_id:
        raise refuse(Code.TRANSFER_TO_ONESELF, "toClientId")
    ahead: list[UUID] = []
    figures: dict[str, Any] = {}
    if command.units is None:
        figures["former"] = await kept_of(tx, facts, *CLOSING)
        ahead = await booked_from(tx, facts, tx.now)
        await release_claims(tx, without_lot_ends(facts), ahead)
    else:
        checked_count(command.units, 1, UNITS_MAX, "units")
        if facts.terms.unit is None:
            raise refuse(
                Code.TRANSFER_NOT_ALLOWED, "units", sentence="it counts no units, so it goes whole or not at all."
            )
    left = (await load_passes(tx.raw, [facts.id]))[facts.id]
    parcel = await _taken(tx, left, command.units)
    if command.units is None:
        await end_shares(tx, facts)
        await tx.update(passes, facts.id, closed_reason=ClosedReason.TRANSFERRED, closed_at=tx.now, **NOTHING_OVERDUE)
    made = await _open(tx, left, command.to_client_id, parcel)
    units = sum(quantity for _, quantity, _ in parcel.units)
    told: dict[str, Any] = {"units": units, "whole": command.units is None, "reason": reason}
    await tx.event("pass.transferred", pass_id=facts.id, to=made, **told)
    await tx.event("pass.received", pass_id=made, transferredFrom=facts.id, units=units)
    await refresh(tx, [facts.id, made])
    if await join_closures(tx, made):
        await refresh(tx, [made])
    changed = Changed(passes=[facts.id, made], visits=ahead, figures=figures | {"units": units})
    return await covered(tx, changed, waiting, made)


def _check_allowed(tx: Tx, facts: PassFacts) -> None:
    if tx.actor.role is Role.CLIENT and not facts.terms.sharing.transferable:
        raise refuse(Code.TRANSFER_NOT_ALLOWED, "passId", sentence="its terms leave that to the studio.")
    require_open(tx, facts)
    require_settled(facts)
    if any(hold.cause is HoldCause.DISPUTE and hold.covers(local_day(tx.now, facts.zone)) for hold in facts.holds):
        raise refuse(Code.TRANSFER_NOT_ALLOWED, "passId", sentence="the payment for it is disputed.")
    if facts.overdue is not None:
        raise refuse(Code.TRANSFER_NOT_ALLOWED, "passId", sentence="a charge for it failed and is still owed.")


async def _taken(tx: Tx, facts: PassFacts, units: int | None) -> _Parcel:
    """Move the units out of the pass, what lasts longest first: the giver keeps what they would have used first."""
    alive = [lot for lot in facts.lots if lot.available and not (lot.window.ends_at and lot.window.ends_at <= tx.now)]
    available = sum(lot.available for lot in alive)
    wanted = available if units is None else units
    if wanted > available:
        raise refuse(Code.NO_SESSIONS_LEFT, "units", left=available, needed=wanted)
    taken = []
    for lot in sorted(alive, key=lot_order, reverse=True):
        quantity = min(wanted, lot.available)
        if quantity:
            value = await carried(tx, lot.id, quantity)
            await move(tx, lot.id, facts.id, Account.AVAILABLE, Account.TRANSFERRED, quantity)
            taken.append((lot, quantity, value))
            wanted -= quantity
    standing = [
        (period, window)
        for period, window in zip(facts.periods, facts.windows, strict=True)
        if not (window.ends_at and window.ends_at <= tx.now)
    ] or [(facts.periods[-1], facts.windows[-1])]
    first, window = standing[0]
    shift = window.first_day - first.first_on if window.first_day and first.first_on else timedelta()
    return _Parcel(tuple((period, number) for number, (period, _) in enumerate(standing, 1)), shift, tuple(taken))


async def _open(tx: Tx, old: PassFacts, client_id: UUID, parcel: _Parcel) -> UUID:
    """Write the receiver's pass; return it."""
    row = await tx.row("SELECT * FROM passes WHERE id = $1", old.id)
    made = new_id()
    renews = old.terms.after_expiration is AfterExpiration.RENEW
    kept = ("option_id", "option_version", "kind", "zone", "sold_on", "renewals_done", "on_test_clock")
    await tx.insert(
        passes,
        {name: row[name] for name in kept}
        | {
            "id": made,
            "client_id": client_id,
            "sold_at": tx.now,
            "channel": None,
            # The receiver has agreed to no charge: neither a renewal nor a conversion goes along.
            "after_expiration": AfterExpiration.RENEW if renews else AfterExpiration.EXPIRE,
            "former_after_expiration": None,
            "auto_renew": False,
            "payment_method": None,
            "test_card": None,
            "conversion_option_id": None,
            "conversion_on": None,
            "conversion_unused": None,
            "predecessor_pass_id": None,
            "predecessor_period": None,
            "transferred_from_pass_id": old.id,
            "overdue_since": None,
            "charge_attempts": 0,
            "last_attempt_at": None,
            "hard_declined": False,
            "paused": False,
        }
        # A part of a package takes along what the package made of its terms.
        | ({"terms_override": row["terms_override"]} if row["terms_override"] else {}),
    )
    await _write_periods(tx, old, made, parcel)
    await _write_lots(tx, old, made, parcel)
    await _write_holds(tx, old, made)
    return made


async def _write_periods(tx: Tx, old: PassFacts, made: UUID, parcel: _Parcel) -> None:
    """Copy the periods that are not over, numbered anew; the days that freezes gave before them stay given."""
    settled = old.terms.activation is Activation.ON_FIRST_VISIT and not old.provisional
    for period, number in parcel.periods:
        row = dict(await tx.row("SELECT * FROM periods WHERE pass_id = $1 AND number = $2", old.id, period.number))
        worth = sum(value for lot, _, value in parcel.units if _becomes_grant(lot, period))
        if old.terms.unit is None:
            came_on = None if row["order_id"] else local_day(row["granted_at"], old.zone)
            worth = quote_days(old, {period.number: row["price_minor"]}, tx.now, came_on=came_on)
        days = ("anchor_on", "first_on", "last_on")
        moved = {name: None if old.provisional else _later(row[name], parcel.shift) for name in days}
        new = {
            "pass_id": made,
            "number": number,
            "restarts": row["restarts"] or (settled and number == 1),
            "price_minor": worth,
            "order_id": None,
            "operation_id": tx.operation_id,
            "granted_at": tx.now,
        }
        del row["business_id"]
        await tx.insert(periods, row | moved | new)
        if number > 1:
            await write_succession(tx, made, number - 1, "RENEWAL", made, number)


def _later(day: date | None, shift: timedelta) -> date | None:
    return None if day is None else day + shift


def _becomes_grant(lot: LotFacts, period: PeriodFacts) -> bool:
    return lot.kind is LotKind.GRANT and lot.period_number == period.number


async def _write_lots(tx: Tx, old: PassFacts, made: UUID, parcel: _Parcel) -> None:
    """Grant what was taken: in the same periods, or with days of its own where the period it came of is over."""
    unit = old.terms.unit
    if unit is None:
        return
    numbers = {period.number: number for period, number in parcel.periods}
    for period, number in parcel.periods:
        own = [each for each in parcel.units if _becomes_grant(each[0], period)]
        quantity, value = sum(each[1] for each in own), sum(each[2] for each in own)
        await grant(tx, made, number, LotKind.GRANT, unit, quantity, value_minor=value)
    for lot, quantity, value in parcel.units:
        if lot.kind is LotKind.GRANT and lot.period_number in numbers:
            continue
        kind = LotKind.ROLLOVER if lot.kind is LotKind.GRANT else lot.kind
        days = _own_days(lot, old, follows=lot.period_number in numbers)
        number = numbers.get(lot.period_number, 1)
        await grant(tx, made, number, kind, unit, quantity, own_days=days, value_minor=value)


def _own_days(lot: LotFacts, old: PassFacts, *, follows: bool) -> tuple[date, date] | None:
    """Return the days of a lot that does not follow a period of the new pass; freezes move its end as before."""
    if lot.own_first_on is not None and lot.own_last_on is not None:
        return lot.own_first_on, lot.own_last_on
    if follows or lot.window.last_day is None:
        return None
    period = next(each for each in old.periods if each.number == lot.period_number)
    assert period.first_on is not None
    assert period.last_on is not None
    return period.first_on, period.last_on + timedelta(days=period.extra_days)


async def _write_holds(tx: Tx, old: PassFacts, made: UUID) -> None:
    """Copy the holds that stand: the new pass is held when the old one is, and ends with it."""
    rows: Sequence[Any] = await tx.raw.fetch(
        "SELECT * FROM holds WHERE pass_id = $1 AND removed_at IS NULL ORDER BY id", old.id
    )
    for row in rows:
        copied = dict(row) | {"id": new_id(), "pass_id": made, "operation_id": tx.operation_id, "order_id": None}
        del copied["business_id"]
        await tx.insert(holds, copied)
