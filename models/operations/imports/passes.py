"""Lines of passes: each becomes a pass under the option's current version, with what is left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from models.operations.base import FAR_FUTURE
from models.operations.imports.plan import Line, Plan, Work
from models.operations.ledger import imported_lot
from models.queries.catalogue import OptionVersion
from models.rules.activation import start_at_sale
from models.rules.calendar import DAY, local_day, start_of_day
from models.rules.codes import Code
from models.rules.jurisdictions import withdrawable_until
from models.rules.terms import Terms
from models.rules.timeline import base_days
from models.rules.values import (
    AfterExpiration,
    LotUnit,
    OrderPurpose,
    OrderState,
    RenewalTrigger,
    SaleChannel,
    ValidityRule,
)
from models.tables.base import new_id
from models.tables.imports import carried_units
from models.tables.ledger import lots, transfers
from models.tables.orders import client_credits, orders
from models.tables.passes import passes, periods

_GRANTED_MAX = 1_000_000
_EARLIEST = date(1970, 1, 1)
_MORE_LEFT = "{left} are left or forfeited of {granted}."
_YES, _NO = ("YES", "TRUE", "1", "Y", "ON"), ("NO", "FALSE", "0", "N", "OFF")


@dataclass(frozen=True, slots=True)
class _Days:
    """When it was sold and its first and last day. `given`: the file says the start, which then never moves."""

    sold_on: date
    first: date | None
    last: date | None
    given: bool


@dataclass(frozen=True, slots=True)
class _Units:
    available: int
    used: int
    forfeited: int


async def plan_passes(work: Work, lines: Sequence[Line]) -> list[Plan]:
    """Plan a pass for each line. Nothing is charged, now or for what is past."""
    plans = work.begin(lines, "pass")
    await work.refuse_known(plans, "pass")
    owners = await work.clients(plans)
    for plan in plans:
        ref = plan.line.record.get("option")
        option = None if ref is None else await work.option(plan, ref)
        if ref is None:
            plan.wrong(Code.LINE_MISSING, "option")
        if option is None or plan.line.number not in owners:
            continue
        client_id, zone = owners[plan.line.number]
        today = local_day(work.tx.now, zone)
        units = _units(plan, option.terms)
        days = _days(plan, option.terms, today, started=units is not None and units.used + units.forfeited > 0)
        renews = _renews(plan, option.terms, days, units, today)
        if not plan.problems and days is not None:
            _rows(work, plan, client_id, zone, option, days, units, renews=renews)
    return plans


def _units(plan: Plan, terms: Terms) -> _Units | None:
    """Return what is left and what was spent, None where the pass counts nothing."""
    if not terms.kind.metered:
        return None
    record = plan.line.record
    left, forfeited = record.get("remaining"), record.get("forfeited", 0)
    if left is None:
        plan.wrong(Code.LINE_MISSING, "remaining")
        return None
    granted = record.get("granted", max(terms.quantity or 0, left + forfeited))
    if not 0 < granted <= _GRANTED_MAX:
        plan.wrong(Code.LINE_UNREADABLE, "granted", sentence="it is not from 1 to {high}", high=_GRANTED_MAX)
    if granted < left + forfeited:
        plan.wrong(Code.LINE_CONTRADICTS, "remaining", sentence=_MORE_LEFT, left=left + forfeited, granted=granted)
        return None
    if "granted" not in record and left > (terms.quantity or 0):
        plan.warn("{left} are left, and the option grants {granted}.", "remaining", left=left, granted=terms.quantity)
    return _Units(left, granted - left - forfeited, forfeited)


def _days(plan: Plan, terms: Terms, today: date, *, started: bool) -> _Days | None:
    first, last = plan.day("starts_on"), plan.day("ends_on")
    sold_on = plan.day("sold_on") or min(filter(None, (first, last, today)))
    given = first is not None or last is not None or started
    if first is None:
        first = start_at_sale(terms, sold_on, None)
    if first is None and given:
        # It waits for its first visit by its option, but what was used or its end says that it has begun.
        first = sold_on
    if last is not None and first is not None and first > last and "starts_on" not in plan.line.record:
        first = min(sold_on, last)
    for cell, day in (("sold_on", sold_on), ("starts_on", first), ("ends_on", last)):
        if day is not None and not _EARLIEST <= day <= today + FAR_FUTURE:
            plan.wrong(Code.LINE_UNREADABLE, cell, sentence="{day} lies outside what can be kept", day=day)
            return None
    if sold_on > today:
        plan.wrong(Code.LINE_CONTRADICTS, "sold_on", sentence="It was sold on {day}, which is to come.", day=sold_on)
    if first is not None and last is None:
        last = base_days(terms, first, 0)[1]
    if first is not None and last is not None and last < first:
        sentence = "It ends on {last}, before it starts on {first}."
        plan.wrong(Code.LINE_CONTRADICTS, "ends_on", sentence=sentence, last=last, first=first)
    return _Days(sold_on, first, last, given)


def _renews(plan: Plan, terms: Terms, days: _Days | None, units: _Units | None, today: date) -> bool:
    """Say whether it renews by itself: where the file says so, and not where that would charge for what is past."""
    asked = plan.line.record.get("auto_renew", "NO")
    if asked not in (*_YES, *_NO):
        plan.wrong(Code.LINE_UNREADABLE, "auto_renew", sentence="“{text}” is neither yes nor no", text=asked)
    if asked not in _YES:
        return False
    if terms.after_expiration is not AfterExpiration.RENEW:
        plan.warn("It renews in the file, and its option does not.", "auto_renew")
        return False
    over = days is None or (days.last is not None and days.last < today)
    empty = units is not None and units.available == 0 and terms.renewal.trigger is not RenewalTrigger.ON_EXPIRY
    if over or empty:
        plan.warn("Its renewal was due before the import; it is not charged, and renews no longer.", "auto_renew")
        return False
    return True


def _rows(
    work: Work,
    plan: Plan,
    client_id: UUID,
    zone: str,
    option: OptionVersion,
    days: _Days,
    units: _Units | None,
    *,
    renews: bool,
) -> None:
    tx, terms, pass_id, order_id = work.tx, option.terms, new_id(), new_id()
    sold_at = min(start_of_day(days.sold_on, zone), tx.now)
    price = plan.line.record.get("price", 0)
    over = days.last is not None and days.last < local_day(tx.now, zone)
    converts = terms.conversion if not over else None
    after = AfterExpiration.EXPIRE if over and terms.conversion else terms.after_expiration
    plan.rows += [
        (
            passes,
            {
                "id": pass_id,
                "client_id": client_id,
                "option_id": option.option_id,
                "option_version": option.version,
                "kind": terms.kind,
                "zone": zone,
                "sold_at": sold_at,
                "sold_on": days.sold_on,
                "withdrawable_until": _withdrawable_until(work, plan),
                "after_expiration": after,
                "auto_renew": renews,
                "renewals_done": 0,
                "conversion_option_id": converts and converts.target_option_id,
                "conversion_unused": converts and converts.unused,
                "charge_attempts": 0,
                "hard_declined": False,
                "paused": False,
                "on_test_clock": tx.business.test_clock_at is not None,
            },
        ),
        (orders, _order(work, order_id, client_id, pass_id, price, sold_at)),
        (periods, _period(work, pass_id, order_id, terms, days, price, sold_at)),
    ]
    for amount, paid in ((price, None), (-price, order_id)):
        if amount:
            row = {
                "id": new_id(),
                "client_id": client_id,
                "amount_minor": amount,
                "order_id": paid,
                "pass_id": pass_id if paid else None,
                "operation_id": tx.operation_id,
                "at": sold_at,
            }
            plan.rows.append((client_credits, row))
    if units is not None:
        _units_rows(work, plan, pass_id, terms.unit, units, sold_at)
    work.named(plan, pass_id)
    work.touched.add(pass_id)


def _withdrawable_until(work: Work, plan: Plan) -> date | None:
    """Return the last day to withdraw where the file says when it was bought; where that was, it never says.

    In doubt it was from afar.
    """
    sold_on = plan.day("sold_on")
    return sold_on and withdrawable_until(work.tx.business.jurisdiction, SaleChannel.ONLINE, sold_on)


def _order(work: Work, order_id: UUID, client_id: UUID, pass_id: UUID, price: int, at: Any) -> dict[str, Any]:
    """What was paid elsewhere comes in as credit and is spent on the pass at once: no money moves here."""
    return {
        "id": order_id,
        "client_id": client_id,
        "purpose": OrderPurpose.SALE,
        "pass_id": pass_id,
        "period_number": 1,
        "price_minor": price,
        "credit_minor": price,
        "amount_minor": 0,
        "currency": work.tx.business.currency,
        "state": OrderState.PAID,
        "details": {"importId": str(work.import_id)},
        "operation_id": work.tx.operation_id,
        "created_at": at,
        "settled_at": at,
    }


def _period(
    work: Work, pass_id: UUID, order_id: UUID, terms: Terms, days: _Days, price: int, at: Any
) -> dict[str, Any]:
    anchor, index = days.first, 0
    in_periods = terms.validity.rule is ValidityRule.PERIOD
    if in_periods and days.first and days.last and base_days(terms, days.first, 0)[1] != days.last:
        # Its end is not what its option computes, so the next period is counted from the day after it.
        anchor, index = days.last + DAY, -1
    return {
        "pass_id": pass_id,
        "number": 1,
        "anchor_on": anchor,
        "anchor_index": index,
        "first_on": days.first,
        "last_on": days.last,
        "extra_days": 0,
        # A start that the file gives is settled: no visit moves it.
        "restarts": days.given,
        "price_minor": price,
        "order_id": order_id,
        "operation_id": work.tx.operation_id,
        "granted_at": at,
    }


def _units_rows(work: Work, plan: Plan, pass_id: UUID, unit: LotUnit | None, units: _Units, at: Any) -> None:
    assert unit is not None, "a pass that counts something counts a unit"
    lot, moved = imported_lot(
        work.tx,
        pass_id,
        unit,
        available=units.available,
        used=units.used,
        forfeited=units.forfeited,
        value_minor=plan.line.record.get("price", 0),
        granted_at=at,
    )
    plan.rows.append((lots, lot))
    plan.rows += [(transfers, row) for row in moved]
    for account, quantity in (("USED", units.used), ("FORFEITED", units.forfeited)):
        if quantity:
            plan.rows.append((carried_units, {"lot_id": lot["id"], "account": account, "quantity": quantity}))
