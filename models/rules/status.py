"""What a pass is at an instant. Derived from dates and lots, never from what a worker has or has not done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.rules.calendar import local_day
from models.rules.facts import Overdue, PassFacts
from models.rules.values import ClosedReason, PassStatus, Standing


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How a business follows up a failed charge: hours from each try to the next, days to SUSPENDED and RELEASED."""

    retry_after_hours: tuple[int, ...] = (24, 72, 120)
    grace_days: int = 3
    release_days: int = 14


def standing_at(overdue: Overdue | None, policy: RetryPolicy, now: datetime) -> Standing:
    """Return where a pass stands at `now`."""
    if overdue is None:
        return Standing.CURRENT
    if now < overdue.since + timedelta(days=policy.grace_days):
        return Standing.GRACE
    if now < release_at(overdue, policy):
        return Standing.SUSPENDED
    return Standing.RELEASED


def release_at(overdue: Overdue, policy: RetryPolicy) -> datetime:
    """Return when the claims of a pass that stays unpaid are let go."""
    return overdue.since + timedelta(days=policy.release_days)


def retry_at(overdue: Overdue, policy: RetryPolicy) -> datetime | None:
    """Return when the next try is due, or None where there is none."""
    if overdue.hard or not 1 <= overdue.attempts <= len(policy.retry_after_hours):
        return None
    due = overdue.last_attempt_at + timedelta(hours=policy.retry_after_hours[overdue.attempts - 1])
    return due if due < release_at(overdue, policy) else None


def status_at(facts: PassFacts, policy: RetryPolicy, now: datetime) -> PassStatus:
    """Return the status at `now`."""
    return status_of(
        facts.closed_reason,
        facts.starts_at,
        now,
        over=ended(facts, now),
        standing=standing_at(facts.overdue, policy, now),
        held=facts.held_on(local_day(now, facts.zone)),
        empty=used_up(facts, now),
    )


def status_of(
    closed_reason: ClosedReason | None,
    starts_at: datetime | None,
    now: datetime,
    *,
    over: bool,
    standing: Standing,
    held: bool,
    empty: bool,
) -> PassStatus:
    """Return the status that these findings at `now` make; the first that applies, in the order written here."""
    if closed_reason is not None and closed_reason.by_hand:
        return PassStatus(closed_reason.value)
    if starts_at is None or now < starts_at:
        return PassStatus.NOT_STARTED
    if over or standing is Standing.RELEASED:
        return PassStatus.EXPIRED
    if standing is Standing.SUSPENDED:
        return PassStatus.SUSPENDED
    if held:
        return PassStatus.ON_HOLD
    return PassStatus.USED_UP if empty else PassStatus.ACTIVE


def ended(facts: PassFacts, now: datetime) -> bool:
    """Say whether the last day has passed: of its periods, and of any make-up lot that outlives them."""
    if facts.closed_reason is ClosedReason.RELEASED:
        return True
    if facts.ends_at is None or now < facts.ends_at:
        return False
    return not any(
        lot.own_last_on and lot.available + lot.booked > 0 and (lot.window.ends_at is None or now < lot.window.ends_at)
        for lot in facts.lots
    )


def used_up(facts: PassFacts, now: datetime) -> bool:
    """Say whether nothing it meters is left: no unit available in a lot not over, and none booked."""
    if not facts.kind.metered:
        return False
    return not any(
        lot.booked > 0 or (lot.available > 0 and (lot.window.ends_at is None or now < lot.window.ends_at))
        for lot in facts.lots
    )
