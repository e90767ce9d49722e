"""What a hold policy says, against counting held days one after another."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from models.rules.calendar import DAY, add_units
from models.rules.codes import Code
from models.rules.hold_policy import AskedHold, against, allowance, too_short
from models.rules.policies import HoldPolicy
from models.rules.timeline import HoldFacts
from models.rules.values import HoldCause, HoldKind, PeriodUnit
from tests.rules.build import june

TODAY = june(1)
few = st.none() | st.integers(0, 4)


@st.composite
def past_holds(draw: st.DrawFn) -> list[HoldFacts]:
    """Holds of every kind within some two years around June."""
    made = []
    for _ in range(draw(st.integers(0, 5))):
        first = june(draw(st.integers(-420, 420)))
        kind = draw(st.sampled_from(HoldKind))
        cause = (
            HoldCause.CLOSURE if kind is HoldKind.CLOSURE else draw(st.sampled_from([None, HoldCause.FAILED_CHARGE]))
        )
        length = draw(st.integers(1, 40) | st.none()) if kind is not HoldKind.FREEZE else draw(st.integers(1, 40))
        last = None if length is None else first + DAY * (length - 1)
        made.append(HoldFacts(kind, first, last, cause, draw(st.booleans())))
    return made


policies = st.builds(
    HoldPolicy,
    count_max=few,
    days_min=st.none() | st.integers(1, 10),
    days_max=st.none() | st.integers(10, 30),
    days_a_year_max=st.none() | st.integers(0, 60),
    notice_days=st.integers(0, 5),
    self_service=st.booleans(),
    reasons=st.none() | st.just(("Ill", "Away")),
)
asked_holds = st.builds(
    lambda first, length, reason: AskedHold(
        june(first), None if length is None else june(first) + DAY * (length - 1), reason
    ),
    st.integers(1, 40),
    st.none() | st.integers(1, 60),
    st.sampled_from([None, "Ill", "Bored"]),
)


def counted(hold: HoldFacts) -> bool:
    return hold.kind is HoldKind.FREEZE and hold.cause is None and not hold.overrides


def taken(holds: list[HoldFacts], day: date, asked: AskedHold | None = None) -> bool:
    """Whether the client's own freeze lies on the day, and the location is open on it."""
    own = any(hold.covers(day) for hold in holds if counted(hold))
    if asked is not None and asked.last_day is not None:
        own = own or asked.first_day <= day <= asked.last_day
    return own and not any(hold.covers(day) for hold in holds if hold.kind is HoldKind.CLOSURE)


def busiest_year(holds: list[HoldFacts], asked: AskedHold) -> int:
    """The most held days in any twelve months that hold a day of the asked freeze, counted day by day."""
    assert asked.last_day is not None
    most, start = 0, add_units(asked.first_day, PeriodUnit.YEAR, -1)
    days = {asked.first_day + DAY * n: 0 for n in range(-370, (asked.last_day - asked.first_day).days + 370)}
    held = [day for day in days if taken(holds, day, asked)]
    while start <= asked.last_day:
        end = add_units(start, PeriodUnit.YEAR, 1)
        if end > asked.first_day:
            most = max(most, sum(start <= day < end for day in held))
        start += DAY
    return most


def codes(
    policy: HoldPolicy, holds: list[HoldFacts], asked: AskedHold, *, by_client: bool = False
) -> dict[Code, dict[str, str]]:
    found = against(policy, holds, asked, by_client=by_client, today=TODAY)
    return {reason.code: dict(reason.values) for _, reason in found}


@given(policies, past_holds(), asked_holds)
def test_staff_are_refused_for_exactly_the_limits_that_are_broken(
    policy: HoldPolicy, holds: list[HoldFacts], asked: AskedHold
) -> None:
    found = codes(policy, holds, asked)
    count = sum(map(counted, holds))
    wanted = set()
    if policy.count_max is not None and count >= policy.count_max:
        wanted.add(Code.HOLDS_USED_UP)
    if policy.reasons is not None and asked.reason not in policy.reasons:
        wanted.add(Code.HOLD_REASON_NOT_LISTED)
    if asked.last_day is None:
        if policy.days_max is not None or policy.days_a_year_max is not None:
            wanted.add(Code.HOLD_NEEDS_END)
    else:
        length = (asked.last_day - asked.first_day).days + 1
        if policy.days_min is not None and length < policy.days_min:
            wanted.add(Code.HOLD_TOO_SHORT)
        if policy.days_max is not None and length > policy.days_max:
            wanted.add(Code.HOLD_TOO_LONG)
        if policy.days_a_year_max is not None and busiest_year(holds, asked) > policy.days_a_year_max:
            wanted.add(Code.HOLD_DAYS_USED_UP)
    assert set(found) == wanted


@given(policies, past_holds(), asked_holds)
def test_a_client_is_bound_by_what_binds_staff_and_by_notice_and_self_service(
    policy: HoldPolicy, holds: list[HoldFacts], asked: AskedHold
) -> None:
    more = set()
    if not policy.self_service:
        more.add(Code.HOLD_BY_STUDIO_ONLY)
    if asked.first_day < TODAY + policy.notice_days * DAY:
        more.add(Code.HOLD_NOTICE_TOO_SHORT)
    staff, client = codes(policy, holds, asked), codes(policy, holds, asked, by_client=True)
    assert set(client) - set(staff) == more
    assert set(staff) <= set(client)


@given(st.integers(0, 60), past_holds(), st.integers(1, 40))
def test_what_is_left_of_the_year_is_the_longest_freeze_that_is_not_refused(
    limit: int, holds: list[HoldFacts], first: int
) -> None:
    policy = HoldPolicy(days_a_year_max=limit)
    left = allowance(policy, holds, june(first)).days_left
    assert left is not None
    assert not codes(policy, holds, AskedHold(june(first), june(first + left - 1))) or left == 0
    assert Code.HOLD_DAYS_USED_UP in codes(policy, holds, AskedHold(june(first), june(first + left))) or left > 365


@given(policies, past_holds())
def test_an_allowance_refuses_exactly_where_no_freeze_from_its_earliest_day_is_possible(
    policy: HoldPolicy, holds: list[HoldFacts]
) -> None:
    found = allowance(policy, holds, TODAY)
    assert found.earliest_day == TODAY + policy.notice_days * DAY
    reason = policy.reasons[0] if policy.reasons else None
    shortest = AskedHold(found.earliest_day, found.earliest_day + DAY * ((policy.days_min or 1) - 1), reason)
    assert bool(found.against) == bool(codes(policy, holds, shortest, by_client=True))


def test_overlapping_freezes_take_their_days_once_and_a_closed_day_takes_none() -> None:
    policy = HoldPolicy(days_a_year_max=20)
    holds = [
        HoldFacts(HoldKind.FREEZE, june(-60), june(-51)),
        HoldFacts(HoldKind.FREEZE, june(-55), june(-46)),
        HoldFacts(HoldKind.CLOSURE, june(-50), june(-46), HoldCause.CLOSURE),
    ]
    assert allowance(policy, holds, TODAY).days_left == 10


def test_a_refusal_says_the_limit_what_is_used_and_what_is_left() -> None:
    policy = HoldPolicy(days_a_year_max=30, count_max=1)
    holds = [HoldFacts(HoldKind.FREEZE, june(-100), june(-89))]
    found = codes(policy, holds, AskedHold(june(5), june(25)))
    assert found == {
        Code.HOLDS_USED_UP: {"limit": "1", "used": "1"},
        Code.HOLD_DAYS_USED_UP: {"limit": "30", "used": "12", "remaining": "18"},
    }


def test_days_of_more_than_a_year_ago_are_free_again() -> None:
    policy = HoldPolicy(days_a_year_max=10)
    old = [HoldFacts(HoldKind.FREEZE, date(2024, 6, 1), date(2024, 6, 10))]
    assert not codes(policy, old, AskedHold(date(2025, 6, 1), date(2025, 6, 10)))
    # 31 May 2025 still ends the twelve months in which all ten days lie.
    assert Code.HOLD_DAYS_USED_UP in codes(policy, old, AskedHold(date(2025, 5, 31), date(2025, 6, 9)))
    assert Code.HOLD_DAYS_USED_UP in codes(policy, old, AskedHold(date(2025, 5, 31), date(2025, 5, 31)))


@given(st.integers(1, 10), st.integers(1, 20))
def test_only_a_freeze_shorter_than_the_shortest_is_too_short(shortest: int, length: int) -> None:
    found = too_short(HoldPolicy(days_min=shortest), june(1), june(length))
    assert (found is not None) == (length < shortest)
