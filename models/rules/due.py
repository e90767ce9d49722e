"""What a pass will do by itself, and when. The schedule is this function; the store only remembers its answer."""

from dataclasses import dataclass
from datetime import date, datetime

from models.rules.calendar import DAY, end_of_day, start_of_day
from models.rules.facts import PassFacts
from models.rules.renewal import renews_on_depletion, renews_on_expiry
from models.rules.status import RetryPolicy, release_at, retry_at
from models.rules.timeline import freezes
from models.rules.values import AfterExpiration, ClosedReason, DueKind


@dataclass(frozen=True, slots=True)
class Due:
    """One thing and the instant from which it is due."""

    kind: DueKind
    at: datetime


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
    candidates = _lots_that_lapse(facts)
    if facts.closed_reason is None:
        candidates += _after_the_end(facts, policy, now)
    return min(candidates, key=lambda due: (due.at, due.kind is DueKind.LOT_EXPIRE), default=None)


def _lots_that_lapse(facts: PassFacts) -> list[Due]:
    """A lot that closes before the pass does; the last period's own lots go with its end."""
    end = None if facts.closed_reason else facts.ends_at
    return [
        Due(DueKind.LOT_EXPIRE, lot.window.ends_at)
        for lot in facts.lots
        if lot.available > 0 and lot.window.ends_at is not None and lot.window.ends_at != end
    ]


def _after_the_end(facts: PassFacts, policy: RetryPolicy, now: datetime) -> list[Due]:
    if facts.overdue is not None:
        retry = retry_at(facts.overdue, policy)
        release = Due(DueKind.RELEASE, release_at(facts.overdue, policy))
        return [release] if retry is None else [Due(DueKind.RETRY, retry), release]
    found = []
    if facts.conversion is not None and facts.conversion.on is not None:
        found.append(Due(DueKind.CONVERT, conversion_at(facts)))
    if renews_on_depletion(facts):
        found.append(Due(DueKind.RENEW, now))
    if facts.ends_at is not None:
        found.append(Due(_kind_at_end(facts), facts.ends_at))
    return found


def _kind_at_end(facts: PassFacts) -> DueKind:
    if facts.after_expiration is AfterExpiration.CONVERT:
        return DueKind.CONVERT
    return DueKind.RENEW if renews_on_expiry(facts) else DueKind.EXPIRE


def conversion_at(facts: PassFacts) -> datetime:
    """Return when a dated conversion happens: the start of its day, or of the first day after a freeze on it."""
    assert facts.conversion is not None and facts.conversion.on is not None
    day = facts.conversion.on
    for first, last in freezes(facts.holds):
        if first <= day and last is not None and day <= last:
            day = last + DAY
    return start_of_day(day, facts.zone)


def next_events(facts: PassFacts, policy: RetryPolicy, now: datetime) -> tuple[NextEvent, ...]:
    """Return what is to come for a person to read, in order of time: starts, holds, lapses and what follows the end."""
    events = []
    first = facts.windows[0]
    if first.starts_at is not None and first.starts_at > now:
        events.append(NextEvent("STARTS", first.starts_at, first.first_day))
    for start, last in freezes(facts.holds):
        begins = start_of_day(start, facts.zone)
        if begins > now:
            events.append(NextEvent("HOLD_STARTS", begins, start))
        if last is not None and end_of_day(last, facts.zone) > now:
            events.append(NextEvent("HOLD_ENDS", end_of_day(last, facts.zone), last))
    named = {DueKind.LOT_EXPIRE: "LOT_EXPIRES", DueKind.EXPIRE: "EXPIRES", DueKind.RENEW: "RENEWS"}
    named |= {DueKind.CONVERT: "CONVERTS", DueKind.RETRY: "CHARGE_RETRIED", DueKind.RELEASE: "RELEASES"}
    if facts.closed_reason is not ClosedReason.DEACTIVATED:
        due = _lots_that_lapse(facts) + ([] if facts.closed_reason else _after_the_end(facts, policy, now))
        events += [NextEvent(named[each.kind], each.at) for each in due]
    return tuple(sorted(events, key=lambda event: (event.at, event.kind)))
