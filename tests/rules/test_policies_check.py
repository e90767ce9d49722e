"""Which hours, restrictions, offers, holds, sharing, refunds, fees and rollovers can be sold."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.codes import Code
from models.rules.policies import HoldPolicy, Offer, OpenHours, RefundPolicy, Restriction, Rollover, Sharing
from models.rules.policies_check import restricts_nothing
from models.rules.terms import Access, Outcomes, Renewal, Terms
from models.rules.terms_check import problems
from models.rules.values import (
    AfterExpiration,
    OutcomeEffect,
    PassKind,
    RefundBasis,
    RenewalPrice,
    RestrictionCycle,
    RestrictionPer,
    SaleChannel,
    ServiceCategory,
    UnusedAtRenewal,
)
from tests.rules.build import BOXING, YOGA, terms_of

WEEKLY = Restriction(3, RestrictionPer.WEEK)
MORNING, EVENING = OpenHours(until_time=time(12)), OpenHours(from_time=time(17))
RENEW = AfterExpiration.RENEW
ROLLING = UnusedAtRenewal.ROLLOVER
CURRENT = RenewalPrice.CURRENT_VERSION


def opens(*hours: OpenHours) -> Terms:
    """Terms with these hours."""
    return terms_of(access=Access(hours=hours))


def offered(**changes: Any) -> Terms:
    """Terms with this offer."""
    return terms_of(offer=Offer(**changes))


CONTRADICTIONS: list[tuple[str, Terms]] = [
    ("access.hours", opens()),
    ("access.hours.0.weekdays", opens(OpenHours(frozenset()))),
    ("access.hours.0.untilTime", opens(OpenHours(from_time=time(9), until_time=time(9)))),
    ("access.hours.1.untilTime", opens(MORNING, OpenHours(from_time=time(19), until_time=time(18)))),
    ("access.hours.1", opens(MORNING, OpenHours(frozenset({1}), time(11, 59), time(13)))),
    ("access.hours.1", opens(EVENING, OpenHours(from_time=time(23)))),
    ("restrictions.0.serviceIds", terms_of(restrictions=(replace(WEEKLY, service_ids=frozenset()),))),
    ("restrictions.0.categories", terms_of(restrictions=(replace(WEEKLY, categories=frozenset()),))),
    ("restrictions.1", terms_of(restrictions=(WEEKLY, replace(WEEKLY, visits_max=2)))),
    ("offer.inactiveMonths", offered(inactive_months=6)),
    ("offer.perClientMax", offered(introductory=True, per_client_max=2)),
    ("offer.perClientMax", offered(once_per_household=True, per_client_max=2)),
    ("offer.clientTypes", offered(client_types=frozenset())),
    ("offer.channels", offered(channels=frozenset())),
    ("offer.channels", offered(only_in_package=True, channels=frozenset({SaleChannel.ONLINE}))),
    ("holdPolicy", terms_of(holds_allowed=False, hold_policy=HoldPolicy(count_max=1))),
    ("holdPolicy.daysMin", terms_of(hold_policy=HoldPolicy(days_min=8, days_max=7))),
    ("holdPolicy.daysMin", terms_of(hold_policy=HoldPolicy(days_min=8, days_a_year_max=7))),
    ("holdPolicy.reasons", terms_of(hold_policy=HoldPolicy(reasons=()))),
    ("holdPolicy.reasons", terms_of(hold_policy=HoldPolicy(reasons=("ill", "ill")))),
    ("sharing.membersMax", terms_of(sharing=Sharing(members_max=2))),
    ("sharing.memberVisitsMax", terms_of(sharing=Sharing(member_visits_max=2))),
    ("sharing.needsApproval", terms_of(sharing=Sharing(needs_approval=True))),
    ("refund.dropInPriceMinor", terms_of(refund=RefundPolicy(RefundBasis.DROP_IN_PRICE))),
    ("refund.dropInPriceMinor", terms_of(refund=RefundPolicy(drop_in_price_minor=1_000))),
    ("renewal.rolloverMax", terms_of(renewal=Renewal(rollover_max=3))),
    ("renewal.rolloverDays", terms_of(renewal=Renewal(rollover_days=3))),
    ("renewal.price", terms_of(renewal=Renewal(price=CURRENT))),
    ("renewal.reminderDays", terms_of(after_expiration=RENEW, renewal=Renewal(price=CURRENT, reminder_days=0))),
    (
        "outcomes.freePerPeriod",
        terms_of(
            outcomes=Outcomes(OutcomeEffect.RETURN, OutcomeEffect.RETURN, OutcomeEffect.RETURN, free_per_period=1)
        ),
    ),
]

SOUND: list[Terms] = [
    opens(MORNING, EVENING),
    opens(MORNING, OpenHours(from_time=time(12), until_time=time(17)), EVENING),
    opens(OpenHours(frozenset({1, 2})), OpenHours(frozenset({6, 7}))),
    terms_of(
        restrictions=(
            WEEKLY,
            replace(WEEKLY, per=RestrictionPer.DAY, visits_max=1),
            replace(WEEKLY, cycle=RestrictionCycle.PASS, rollover=Rollover(2)),
            replace(WEEKLY, service_ids=frozenset({YOGA})),
            replace(WEEKLY, per=RestrictionPer.DAY, visits_max=9, service_ids=frozenset({YOGA})),
        )
    ),
    terms_of(PassKind.DAY, restrictions=(WEEKLY,)),
    offered(introductory=True, inactive_months=6, once_per_household=True, per_client_max=1),
    offered(client_types=frozenset({"Student", "Senior 60+"}), channels=frozenset(SaleChannel), per_client_max=3),
    offered(only_in_package=True, introductory=True),
    terms_of(hold_policy=HoldPolicy(2, 7, 30, 60, 3, False, 500, ("illness", "travel"))),
    terms_of(hold_policy=HoldPolicy(days_min=7, days_max=7)),
    terms_of(holds_allowed=False),
    terms_of(sharing=Sharing(True, 3, 2, True, 1, True)),
    terms_of(PassKind.UNLIMITED, sharing=Sharing(guest_visits_max=2, transferable=True)),
    terms_of(refund=RefundPolicy(RefundBasis.DROP_IN_PRICE, 2_000)),
    terms_of(after_expiration=RENEW, renewal=Renewal(unused=ROLLING, rollover_max=3, rollover_days=30, price=CURRENT)),
    terms_of(outcomes=Outcomes(late_cancel=OutcomeEffect.RETURN, late_cancel_fee_minor=500, free_per_period=1)),
]


def held(**changes: Any) -> Terms:
    """Terms with this hold policy."""
    return terms_of(hold_policy=HoldPolicy(**changes))


RANGES: list[tuple[str, Any, int, int]] = [
    ("visitsMax", lambda n: terms_of(restrictions=(replace(WEEKLY, visits_max=n),)), 1, 10_000),
    ("unitsMax", lambda n: terms_of(restrictions=(replace(WEEKLY, rollover=Rollover(n)),)), 1, 10_000),
    ("cycles", lambda n: terms_of(restrictions=(replace(WEEKLY, rollover=Rollover(1, n)),)), 1, 366),
    ("inactiveMonths", lambda n: offered(introductory=True, inactive_months=n), 1, 120),
    ("perClientMax", lambda n: offered(per_client_max=n), 1, 1_000),
    ("countMax", lambda n: held(count_max=n), 1, 100),
    ("daysMin", lambda n: held(days_min=n), 1, 3_660),
    ("daysMax", lambda n: held(days_max=n), 1, 3_660),
    ("daysAYearMax", lambda n: held(days_a_year_max=n), 1, 366),
    ("noticeDays", lambda n: held(notice_days=n), 0, 366),
    ("feeMinor", lambda n: held(fee_minor=n), 0, 1_000_000_00),
    ("membersMax", lambda n: terms_of(sharing=Sharing(True, n)), 1, 100),
    ("memberVisitsMax", lambda n: terms_of(sharing=Sharing(True, None, n)), 1, 1_000_000),
    ("guestVisitsMax", lambda n: terms_of(sharing=Sharing(guest_visits_max=n)), 0, 10_000),
    ("dropInPriceMinor", lambda n: terms_of(refund=RefundPolicy(RefundBasis.DROP_IN_PRICE, n)), 1, 1_000_000_00),
    ("rolloverMax", lambda n: terms_of(renewal=Renewal(unused=ROLLING, rollover_max=n)), 1, 1_000_000),
    ("rolloverDays", lambda n: terms_of(renewal=Renewal(unused=ROLLING, rollover_days=n)), 1, 3_660),
    ("reminderDays", lambda n: terms_of(renewal=Renewal(reminder_days=n)), 0, 366),
    ("lateCancelFeeMinor", lambda n: terms_of(outcomes=Outcomes(late_cancel_fee_minor=n)), 0, 1_000_000_00),
    ("noShowFeeMinor", lambda n: terms_of(outcomes=Outcomes(no_show_fee_minor=n)), 0, 1_000_000_00),
    ("bookingGraceMinutes", lambda n: terms_of(outcomes=Outcomes(booking_grace_minutes=n)), 0, 86_400),
    ("freePerPeriod", lambda n: terms_of(outcomes=Outcomes(free_per_period=n)), 0, 1_000),
    ("warnDays", lambda n: terms_of(warn_days=n), 0, 366),
    ("reviveDays", lambda n: terms_of(revive_days=n), 0, 366),
    ("makeUpDays", lambda n: terms_of(make_up_days=n), 14, 366),
    ("weekdays", lambda n: opens(OpenHours(frozenset({n}))), 1, 7),
]


def found_in(terms: Terms) -> list[tuple[str, Code]]:
    """The paths and codes of what is wrong with the terms."""
    return [(".".join(path), reason.code) for path, reason in problems(terms)]


@pytest.mark.parametrize(("field", "terms"), CONTRADICTIONS)
def test_a_contradiction_is_named_with_its_field(field: str, terms: Terms) -> None:
    assert found_in(terms) == [(field, Code.TERMS_CONTRADICT)]
    assert all(reason.message.endswith(".") for _, reason in problems(terms))


@pytest.mark.parametrize("terms", SOUND)
def test_sound_terms_are_sold(terms: Terms) -> None:
    assert problems(terms) == []


@pytest.mark.parametrize(("field", "make", "low", "high"), RANGES, ids=[each[0] for each in RANGES])
def test_every_number_has_its_limits(field: str, make: Any, low: int, high: int) -> None:
    assert [problems(make(number)) for number in (low, high)] == [[], []]
    for number in (low - 1, high + 1):
        ((path, reason),) = problems(make(number))
        assert (path[-1], reason.code) == (field, Code.QUANTITY_OUT_OF_RANGE)
        assert f"{low} to {high}" in reason.message


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        (
            "access.hours",
            opens(*(OpenHours(frozenset({1}), time(n // 60, n % 60), time(n // 60, n % 60 + 1)) for n in range(51))),
        ),
        (
            "restrictions",
            terms_of(
                restrictions=tuple(
                    Restriction(n, RestrictionPer.DAY, service_ids=frozenset({YOGA}))
                    if n == 0
                    else Restriction(n, RestrictionPer.DAY)
                    for n in range(21)
                )
            ),
        ),
        ("offer.clientTypes", offered(client_types=frozenset(map(str, range(51))))),
        ("holdPolicy.reasons", held(reasons=tuple(map(str, range(51))))),
    ],
)
def test_no_list_is_longer_than_any_studio_needs(field: str, terms: Terms) -> None:
    assert (field, Code.TOO_MANY) in found_in(terms)


@pytest.mark.parametrize("word", ["", " ", " x", "x ", "two\nlines", "x" * 61])
def test_a_type_and_a_reason_are_short_texts_of_one_line(word: str) -> None:
    for field, terms in (
        ("offer.clientTypes", offered(client_types=frozenset({word}))),
        ("holdPolicy.reasons", held(reasons=(word,))),
    ):
        assert found_in(terms) == [(field, Code.TEXT_OUT_OF_RANGE)]


minutes = st.integers(0, 24 * 60 - 1)


@given(st.lists(st.tuples(st.frozensets(st.integers(1, 7), min_size=1, max_size=2), minutes, minutes), max_size=4))
def test_hours_overlap_where_some_minute_of_a_weekday_lies_in_two_of_them(
    given_hours: list[tuple[frozenset[int], int, int]],
) -> None:
    hours = tuple(
        OpenHours(weekdays, time(first // 60, first % 60), time(last // 60, last % 60))
        for weekdays, first, last in given_hours
        if last == 0 or first < last
    )
    minutes_of = [
        {
            (weekday, minute)
            for weekday in each.weekdays
            for minute in range(_minute(each.from_time), _minute(each.until_time) or 24 * 60)
        }
        for each in hours
    ]
    twice = sum(map(len, minutes_of)) > len(set().union(*minutes_of))
    assert any(code is Code.TERMS_CONTRADICT for _, code in found_in(opens(*hours))) == (twice or not hours)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


CLASS, EVENT = ServiceCategory.CLASS, ServiceCategory.EVENT


@pytest.mark.parametrize(
    ("access", "services", "categories", "wrong"),
    [
        (Access(), {BOXING}, {EVENT}, []),
        (Access(service_ids=frozenset({YOGA})), {YOGA}, {CLASS}, []),
        (Access(service_ids=frozenset({YOGA})), {BOXING}, None, ["restrictions.0.serviceIds"]),
        (Access(service_ids=frozenset({YOGA})), None, {EVENT}, ["restrictions.0.categories"]),
        (Access(categories=frozenset({CLASS})), {YOGA}, {CLASS}, []),
        (Access(categories=frozenset({CLASS})), {YOGA, BOXING}, None, ["restrictions.0.serviceIds"]),
        (Access(frozenset({BOXING}), frozenset({CLASS})), {YOGA, BOXING}, {CLASS, EVENT}, []),
    ],
)
def test_a_restriction_names_what_the_pass_opens(
    access: Access, services: set[Any] | None, categories: set[ServiceCategory] | None, wrong: list[str]
) -> None:
    each = Restriction(
        1,
        RestrictionPer.DAY,
        service_ids=None if services is None else frozenset(services),
        categories=None if categories is None else frozenset(categories),
    )
    terms = terms_of(access=access, restrictions=(each,))
    found = restricts_nothing(terms, {YOGA: CLASS, BOXING: EVENT})
    assert [".".join(path) for path, _ in found] == wrong
