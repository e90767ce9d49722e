"""Announce a charge before it is made, once for each instant at which it falls due, with a new price where that may be.

charge ahead ─ `reminder_days` before ─▶ pass.chargeAhead ─▶ the charge, at the price announced

A renewal that the law wants announced and that was announced late is put off by as many days as it was late, and the
pass goes on until then.
"""

from datetime import datetime
from uuid import UUID

from models.operations.base import Changed, Tx
from models.operations.fulfil_conversion import value_at_conversion
from models.operations.refresh import refresh
from models.operations.spread_closure import join_closures
from models.queries.catalogue import OptionVersion, option_terms
from models.queries.facts import load_passes
from models.rules.calendar import local_day
from models.rules.due import announced_late, charge_at, conversion_at, remind_at
from models.rules.facts import PassFacts
from models.rules.values import AfterExpiration, RenewalPrice, UnusedAtConversion
from models.tables.passes import passes


def late(facts: PassFacts, now: datetime) -> bool:
    """Say whether the charge itself is due by now; it is then announced as it is made, and waits no longer."""
    at = charge_at(facts)
    return at is not None and at <= now


def _converts(facts: PassFacts) -> bool:
    """Say whether the charge ahead is a conversion's."""
    if facts.conversion is None:
        return False
    dated = facts.conversion.on is not None and conversion_at(facts) == charge_at(facts)
    return dated or facts.after_expiration is AfterExpiration.CONVERT


async def _current(tx: Tx, option_id: UUID) -> OptionVersion:
    option = await option_terms(tx.raw, option_id)
    assert option is not None, "an option is archived, never deleted"
    return option


async def announce_at_once(tx: Tx, pass_id: UUID) -> None:
    """Announce a renewal that a client has brought on or brought closer themself, too late for the law to be kept.

    It is announced with their own change, and not put off: or whoever switched renewal off until the last day would be
    given days each time.
    """
    facts = (await load_passes(tx.raw, [pass_id]))[pass_id]
    if announced_late(facts, tx.now):
        await remind(tx, facts, late_by_us=False)


async def _put_off(tx: Tx, facts: PassFacts, days: int) -> PassFacts:
    """Let the last period of a locked pass last so many days longer, and with it the renewal wait. Returns it so."""
    await tx.raw.execute(
        "UPDATE periods SET extra_days = extra_days + $1 WHERE pass_id = $2 AND number = $3",
        days,
        facts.id,
        facts.periods[-1].number,
    )
    after = (await refresh(tx, [facts.id]))[facts.id]
    if await join_closures(tx, facts.id):
        after = (await load_passes(tx.raw, [facts.id]))[facts.id]
    await tx.event("pass.chargePostponed", pass_id=facts.id, days=days, lastDay=after.windows[-1].last_day)
    return after


async def remind(tx: Tx, facts: PassFacts, *, late_by_us: bool = True) -> Changed:
    """Announce the charge ahead; the caller holds the lock and has seen that it is due. One of nothing is not told.

    A new price counts only if it was announced on its day. The share of a package's part is never a new one. A renewal
    whose announcement the law wants, and that is late by us, is put off first.
    """
    due, days = remind_at(facts), announced_late(facts, tx.now)
    assert due is not None
    if days and late_by_us:
        facts = await _put_off(tx, facts, days)
    at = charge_at(facts)
    if at is None:
        return Changed(passes=[facts.id])  # It joined a closure that nobody knows the end of.
    day = local_day(at, facts.zone)
    if _converts(facts):
        assert facts.conversion is not None
        option = await _current(tx, facts.conversion.target_option_id)
        credit = await value_at_conversion(tx, facts) if facts.conversion.unused is UnusedAtConversion.CREDIT else 0
        amount, price = max(0, option.terms.price_minor - credit), None  # as things stand
    else:
        row = await tx.row("SELECT option_id, package_sale_id FROM passes WHERE id = $1", facts.id)
        option, amount, price = await _current(tx, row["option_id"]), facts.terms.price_minor, None
        in_time = local_day(tx.now, facts.zone) <= local_day(due, facts.zone)
        may_change = facts.terms.renewal.price is RenewalPrice.CURRENT_VERSION
        if may_change and in_time and row["package_sale_id"] is None:
            amount = price = option.terms.price_minor
    await tx.update(passes, facts.id, reminded_for=at, reminded_price_minor=price)
    if amount:
        currency, name = tx.business.currency, option.name
        await tx.event(
            "pass.chargeAhead", pass_id=facts.id, amountMinor=amount, currency=currency, day=day, option=name
        )
    await refresh(tx, [facts.id])
    postponed = {"postponedDays": days} if days and late_by_us else {}
    return Changed(passes=[facts.id], figures={"amountMinor": amount, **postponed})
