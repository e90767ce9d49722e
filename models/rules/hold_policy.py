"""What a pass's policy says against a freeze that is asked for, and what it still allows.

Only freezes that somebody asked for count: no closure, no block, nothing the system placed, nothing granted beyond
the policy. A day on which the location was closed anyway is not taken from the client's days either.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from models.rules.calendar import DAY, add_units
from models.rules.codes import Code, Reason, because
from models.rules.policies import HoldPolicy
from models.rules.timeline import HoldFacts
from models.rules.values import HoldKind, PeriodUnit

YEAR_DAYS_MAX = 366

Against = tuple[str, Reason]
"""The field of the input that is refused, and why."""


@dataclass(frozen=True, slots=True)
class AskedHold:
    """A freeze somebody asks for; both days are held, `last_day` None leaves the end open."""

    first_day: date
    last_day: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class HoldAllowance:
    """What is left. `freezes_left` and `days_left` None are no limit; the fee is in minor units.

    `days_left` is the longest freeze from `earliest_day` that twelve months still have room for. `against` says why
    the client may place none now; it is empty where they may.
    """

    freezes_left: int | None
    days_left: int | None
    earliest_day: date
    days_min: int | None
    days_max: int | None
    fee_minor: int
    reasons: tuple[str, ...] | None
    against: tuple[Reason, ...]


def against(
    policy: HoldPolicy, holds: Sequence[HoldFacts], asked: AskedHold, *, by_client: bool, today: date
) -> list[Against]:
    """Return everything the policy says against the freeze; nothing where it may be placed.

    `holds` are those of the pass that were not taken back. Length, number and days bind everybody; notice and
    self-service bind clients alone.
    """
    found: list[Against] = []
    if by_client:
        found += _against_clients(policy, asked.first_day, today)
    left = freezes_left(policy, holds)
    if left == 0:
        used = sum(map(_counts, holds))
        found.append(("passId", because(Code.HOLDS_USED_UP, limit=policy.count_max, used=used)))
    if policy.reasons is not None and asked.reason not in policy.reasons:
        found.append(("reason", because(Code.HOLD_REASON_NOT_LISTED, reasons=", ".join(policy.reasons))))
    return found + _length(policy, holds, asked)


def _against_clients(policy: HoldPolicy, first_day: date, today: date) -> list[Against]:
    found: list[Against] = []
    if not policy.self_service:
        found.append(("passId", because(Code.HOLD_BY_STUDIO_ONLY)))
    if first_day < today + policy.notice_days * DAY:
        day = today + policy.notice_days * DAY
        found.append(("firstDay", because(Code.HOLD_NOTICE_TOO_SHORT, days=policy.notice_days, day=day)))
    return found


def _length(policy: HoldPolicy, holds: Sequence[HoldFacts], asked: AskedHold) -> list[Against]:
    if asked.last_day is None:
        if policy.days_max is None and policy.days_a_year_max is None:
            return []
        return [("lastDay", because(Code.HOLD_NEEDS_END))]
    found: list[Against] = []
    length = (asked.last_day - asked.first_day).days + 1
    if (short := too_short(policy, asked.first_day, asked.last_day)) is not None:
        found.append(("lastDay", short))
    if policy.days_max is not None and length > policy.days_max:
        found.append(("lastDay", because(Code.HOLD_TOO_LONG, limit=policy.days_max, days=length)))
    limit = policy.days_a_year_max
    if limit is not None and _busiest(holds, asked.first_day, length) > limit:
        left = _longest(limit, holds, asked.first_day)
        used = _busiest(holds, asked.first_day, 0)
        found.append(("lastDay", because(Code.HOLD_DAYS_USED_UP, limit=limit, used=used, remaining=left)))
    return found


def too_short(policy: HoldPolicy, first_day: date, last_day: date) -> Reason | None:
    """Return why a freeze of these days is too short, or None where it is long enough."""
    length = (last_day - first_day).days + 1
    if policy.days_min is None or length >= policy.days_min:
        return None
    return because(Code.HOLD_TOO_SHORT, limit=policy.days_min, days=length)


def freezes_left(policy: HoldPolicy, holds: Iterable[HoldFacts]) -> int | None:
    """Return how many more freezes the policy allows; None is no limit."""
    return None if policy.count_max is None else max(0, policy.count_max - sum(map(_counts, holds)))


def allowance(policy: HoldPolicy, holds: Sequence[HoldFacts], today: date, *, allowed: bool = True) -> HoldAllowance:
    """Return what a client may still do. `allowed` False: the terms let nobody freeze the pass."""
    earliest = today + policy.notice_days * DAY
    limit = policy.days_a_year_max
    freezes, days = freezes_left(policy, holds), None if limit is None else _longest(limit, holds, earliest)
    why: list[Reason] = [] if allowed else [because(Code.HOLDS_NOT_ALLOWED)]
    if not policy.self_service:
        why.append(because(Code.HOLD_BY_STUDIO_ONLY))
    if freezes == 0:
        used = sum(map(_counts, holds))
        why.append(because(Code.HOLDS_USED_UP, limit=policy.count_max, used=used))
    if days is not None and days < (policy.days_min or 1):
        used = _busiest(holds, earliest, 0)
        why.append(because(Code.HOLD_DAYS_USED_UP, limit=limit, used=used, remaining=days))
    return HoldAllowance(
        freezes, days, earliest, policy.days_min, policy.days_max, policy.fee_minor, policy.reasons, tuple(why)
    )


def _counts(hold: HoldFacts) -> bool:
    return hold.kind is HoldKind.FREEZE and hold.cause is None and not hold.overrides


def _longest(limit: int, holds: Sequence[HoldFacts], first_day: date) -> int:
    """Return the length of the longest freeze from `first_day` that leaves every twelve months within `limit`.

    One of a year and a day more than the limit can only fit where the days are held or closed already.
    """
    low, high = 0, limit + YEAR_DAYS_MAX
    while low < high:
        middle = (low + high + 1) // 2
        if _busiest(holds, first_day, middle) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _busiest(holds: Sequence[HoldFacts], first_day: date, length: int) -> int:
    """Return the most held days in any twelve months that hold a day of the freeze, itself included.

    With a length of 0 the past freezes alone are counted, in the months around `first_day`.
    """
    past, ahead = YEAR_DAYS_MAX, max(length, 1) + YEAR_DAYS_MAX
    begin = first_day - past * DAY
    held = [False] * (past + ahead)
    held[past : past + length] = [True] * length
    _paint(held, begin, (hold for hold in holds if _counts(hold)), value=True)
    _paint(held, begin, (hold for hold in holds if hold.kind is HoldKind.CLOSURE), value=False)
    sums = [0, *accumulate(held)]
    most = 0
    for start in range(past + max(length, 1)):
        day = begin + start * DAY
        end = start + (add_units(day, PeriodUnit.YEAR, 1) - day).days
        if end > past:
            most = max(most, sums[min(end, len(held))] - sums[start])
    return most


def _paint(held: list[bool], begin: date, holds: Iterable[HoldFacts], *, value: bool) -> None:
    for hold in holds:
        low = max(0, (hold.first_day - begin).days)
        high = len(held) if hold.last_day is None else min(len(held), (hold.last_day - begin).days + 1)
        if low < high:
            held[low:high] = [value] * (high - low)
