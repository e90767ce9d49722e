"""What a pass will do by itself, and when. The schedule is this function; the store only remembers its answer."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from models.rules.calendar import end_of_day, local_day, start_of_day
from models.rules.facts import LotFacts, PassFacts, laid_out
from models.rules.renewal import renews_on_depletion, renews_on_expiry
from models.rules.status import RetryPolicy, release_at, retry_at
from models.rules.timeline import freezes, nth_free_day, union
from models.rules.values import (
    AfterExpiration,
    ClosedReason,
    DueKind,
    RenewalPrice,
    UnusedAtConversion,
    UnusedAtRenewal,
)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing and the instant from which it is due."""

    kind: DueKind
    at: datetime


_CHARGES = (DueKind.RENEW, DueKind.CONVERT, DueKind.RETRY)


@dataclass(frozen=True, slots=True)
class NextEvent:
    """One coming event for a person to read: what, from which instant, on which local day."""

    kind: str
    at: datetime
    day: date | None = None


def next_due(facts: PassFacts, policy: RetryPolicy, now: datetime) -> Due | None:
    """Return the next thing a worker has to make official, or None. A payment in flight settles by itself."""
    if facts.order_pending or facts.closed_reason is ClosedReason.DEACTIVATED:
        return None
    candidates = _lots_that_lapse(facts) + [Due(DueKind.WARN, at) for _, at in lapses_soon(facts, now)]
    if facts.closed_reason is None:
        candidates += _after_the_end(facts, policy, now)
        remind = remind_at(facts)
        candidates += [] if remind is None else [Due(DueKind.REMIND, remind)]
    return min(candidates, key=lambda due: (due.at, due.kind is DueKind.LOT_EXPIRE), default=None)


def charges_now(facts: PassFacts, policy: RetryPolicy, now: datetime) -> bool:
    """Say whether a charge by itself is due of a pass already, though something else may be due before it."""
    if facts.closed_reason is not None:
        return False
    return any(due.kind in _CHARGES and due.at <= now for due in _after_the_end(facts, policy, now))


def charge_at(facts: PassFacts) -> datetime | None:
    """Return when the pass will charge by itself on a day that is known; None where it will not, or that is unknown.

    A failed charge that is tried again was announced before it failed, and what visits use up ends on no known day.
    """
    if facts.closed_reason is not None or facts.overdue is not None:
        return None
    found: list[datetime | None] = []
    if facts.conversion is not None and facts.conversion.on is not None:
        found.append(conversion_at(facts))
    kind = _kind_at_end(facts)
    may_cost = facts.terms.price_minor > 0 or facts.terms.renewal.price is RenewalPrice.CURRENT_VERSION
    if kind is DueKind.CONVERT or (kind is DueKind.RENEW and may_cost):
        found.append(renewal_at(facts))
    return min((at for at in found if at is not None), default=None)


def remind_at(facts: PassFacts) -> datetime | None:
    """Return from when the charge ahead is to be announced, None where none is, or where it has been for that instant.

    The days are those of the terms, within what the law under which the pass was sold asks for and allows. In a period
    that is no longer than that it is announced at its start. One that was missed still goes out before the charge.
    """
    days = max(facts.terms.renewal.reminder_days, facts.reminder_days_min)
    if facts.reminder_days_max is not None:
        days = min(days, facts.reminder_days_max)
    at = charge_at(facts)
    return None if not days or at is None or facts.reminded_for == at else _days_before(facts, at, days)


def _days_before(facts: PassFacts, charge: datetime, days: int) -> datetime:
    """Return the start of the day so many days before a charge, or of the period where that is no longer."""
    begins = facts.windows[-1].starts_at
    start = start_of_day(local_day(charge, facts.zone) - timedelta(days=days), facts.zone)
    return begins if begins is not None and start < begins < charge else start


def announced_late(facts: PassFacts, now: datetime) -> int:
    """Return how many days the announcement that the law wants of the renewal ahead is late; 0 where it is not.

    One that was made in this period for an earlier day stands: the charge only comes later than was said.
    """
    at, begins, told = charge_at(facts), facts.windows[-1].starts_at, facts.reminded_for
    if not facts.reminder_days_min or at is None or _kind_at_end(facts) is not DueKind.RENEW or at != renewal_at(facts):
        return 0
    if told is not None and told <= at and (begins is None or begins < told):
        return 0
    latest = _days_before(facts, at, facts.reminder_days_min)
    return max(0, (local_day(now, facts.zone) - local_day(latest, facts.zone)).days)


def once_postponed(facts: PassFacts, now: datetime) -> PassFacts:
    """Return the facts as they are once a renewal announced late is put off: its period lasts as many days longer."""
    days = announced_late(facts, now)
    if not days:
        return facts
    last = facts.periods[-1]
    longer = replace(last, extra_days=last.extra_days + days)
    return laid_out(replace(facts, periods=(*facts.periods[:-1], longer)))


def renewal_price(facts: PassFacts, *, on_depletion: bool) -> int:
    """Return what the next renewal charges, in minor units: a new price only if it was announced for this very end."""
    announced = facts.reminded_price_minor
    if facts.terms.renewal.price is RenewalPrice.SOLD_VERSION or announced is None or on_depletion:
        return facts.terms.price_minor
    return announced if facts.reminded_for == renewal_at(facts) else facts.terms.price_minor


def _lots_that_lapse(facts: PassFacts) -> list[Due]:
    """A lot that closes before the pass does; the last period's own lots go with its end."""
    end = None if facts.closed_reason else facts.ends_at
    return [
        Due(DueKind.LOT_EXPIRE, lot.window.ends_at)
        for lot in facts.lots
        if lot.available > 0 and lot.window.ends_at is not None and lot.window.ends_at != end
    ]


def lapses_soon(facts: PassFacts, now: datetime) -> list[tuple[LotFacts, datetime]]:
    """Return the lots whose lapse is yet to be announced, each with the instant from which it is to be.

    What a renewal or a conversion takes along does not lapse. A lot that lives no longer than the warning is told of
    when it is sold, and one that is over lapses without.
    """
    found = []
    for lot in facts.lots:
        ends_at, last = lot.window.ends_at, lot.window.last_day
        if not lot.available or ends_at is None or last is None or now >= ends_at or lot.warned_for == ends_at:
            continue
        at = start_of_day(last + timedelta(days=1 - facts.terms.warn_days), facts.zone)
        begins = lot.window.starts_at if lot.own_first_on is None else start_of_day(lot.own_first_on, facts.zone)
        if facts.terms.warn_days and (begins is None or begins < at) and not _goes_on(facts, lot):
            found.append((lot, at))
    return found


def _goes_on(facts: PassFacts, lot: LotFacts) -> bool:
    """Say whether what is left of a lot passes into the next period or pass when it ends, as things stand."""
    if lot.own_last_on is not None or facts.closed_reason is not None:
        return False
    if facts.after_expiration is AfterExpiration.CONVERT and facts.conversion is not None:
        return facts.conversion.unused is not UnusedAtConversion.FORFEIT
    renewing = renews_on_expiry(facts) or any(each.number > lot.period_number for each in facts.periods)
    return renewing and facts.terms.renewal.unused is UnusedAtRenewal.ROLLOVER


def _after_the_end(facts: PassFacts, policy: RetryPolicy, now: datetime) -> list[Due]:
    if facts.overdue is not None and _still_owed(facts):
        retry = retry_at(facts.overdue, policy)
        release = Due(DueKind.RELEASE, release_at(facts.overdue, policy))
        return [release] if retry is None else [Due(DueKind.RETRY, retry), release]
    found: list[tuple[DueKind, datetime | None]] = []
    if facts.conversion is not None and facts.conversion.on is not None:
        found.append((DueKind.CONVERT, conversion_at(facts)))
    begins = facts.windows[-1].starts_at
    if renews_on_depletion(facts) and begins is not None:
        # A period bought ahead begins before it can be followed, even where nothing is left in it already.
        found.append((DueKind.RENEW, _out_of_freeze(facts, max(now, begins))))
    if facts.ends_at is not None:
        kind = _kind_at_end(facts)
        at_end = facts.ends_at if kind is DueKind.EXPIRE else _out_of_freeze(facts, facts.ends_at)
        found.append((kind, at_end))
    return [Due(kind, at) for kind, at in found if at is not None]


def _still_owed(facts: PassFacts) -> bool:
    """A failed charge is tried again only while what it pays for is still wanted."""
    return facts.conversion is not None or (facts.auto_renew and facts.after_expiration is AfterExpiration.RENEW)


def _kind_at_end(facts: PassFacts) -> DueKind:
    if facts.after_expiration is AfterExpiration.CONVERT:
        return DueKind.CONVERT
    return DueKind.RENEW if renews_on_expiry(facts) else DueKind.EXPIRE


def conversion_at(facts: PassFacts) -> datetime | None:
    """Return when a dated conversion happens: the start of its day, or of the first day after a freeze on it.

    None while the freeze on it has no end; the conversion becomes due once the freeze gets one.
    """
    assert facts.conversion is not None
    assert facts.conversion.on is not None
    day = nth_free_day(facts.conversion.on, 1, freezes(facts.holds))
    return None if day is None else start_of_day(day, facts.zone)


def renewal_at(facts: PassFacts) -> datetime | None:
    """Return when reaching its end renews the pass, None where it has no end, or none that is known."""
    return None if facts.ends_at is None else _out_of_freeze(facts, facts.ends_at)


def _out_of_freeze(facts: PassFacts, instant: datetime) -> datetime | None:
    """What is due in a freeze moves with it: the instant itself, or the start of the first day no freeze lies on."""
    day = local_day(instant, facts.zone)
    free = nth_free_day(day, 1, freezes(facts.holds))
    if free is None:
        return None
    return instant if free == day else start_of_day(free, facts.zone)


def next_events(facts: PassFacts, policy: RetryPolicy, now: datetime) -> tuple[NextEvent, ...]:
    """Return what is to come for a person to read, in order of time: starts, holds, lapses and what follows the end."""
    facts = once_postponed(facts, now)
    events = []
    first = facts.windows[0]
    if first.starts_at is not None and first.starts_at > now:
        events.append(NextEvent("STARTS", first.starts_at, first.first_day))
    for start, last in union(facts.holds):
        begins = start_of_day(start, facts.zone)
        if begins > now:
            events.append(NextEvent("HOLD_STARTS", begins, start))
        if last is not None and end_of_day(last, facts.zone) > now:
            events.append(NextEvent("HOLD_ENDS", end_of_day(last, facts.zone), last))
    named = {DueKind.LOT_EXPIRE: "LOT_EXPIRES", DueKind.EXPIRE: "EXPIRES", DueKind.RENEW: "RENEWS"}
    named |= {DueKind.CONVERT: "CONVERTS", DueKind.RETRY: "CHARGE_RETRIED", DueKind.RELEASE: "RELEASES"}
    if facts.closed_reason is not ClosedReason.DEACTIVATED:
        follows = [] if facts.closed_reason else _after_the_end(facts, policy, now)
        if not any(each.kind is DueKind.RELEASE for each in follows):
            follows = sorted(follows, key=lambda each: each.at)[:1]  # a period has one successor: the earliest
        events += [NextEvent(named[each.kind], each.at) for each in _lots_that_lapse(facts) + follows]
    return tuple(sorted(events, key=lambda event: (event.at, event.kind)))
