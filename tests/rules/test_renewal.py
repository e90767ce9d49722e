"""Whether a renewal is due, and which period it grants."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.calendar import DAY
from models.rules.facts import PassFacts, laid_out
from models.rules.renewal import NextPeriod, depleted, next_period, renews, renews_on_depletion, renews_on_expiry
from models.rules.terms import Renewal, Validity
from models.rules.timeline import HoldFacts, PeriodFacts, nth_free_day
from models.rules.values import AfterExpiration, ClosedReason, PassKind, RenewalTrigger
from tests.rules.build import (
    JUNE,
    at,
    for_days,
    for_months,
    freeze,
    frozen_by,
    hold_lists,
    june,
    lot_of,
    pass_of,
    terms_of,
)


def renewing(trigger: RenewalTrigger = RenewalTrigger.ON_EXPIRY, **changes: Any) -> PassFacts:
    """A pass that renews by itself. Changes named like a term of renewal are terms, the rest are facts."""
    renewal = Renewal(
        trigger,
        renewals_max=changes.pop("renewals_max", None),
        booked_counts_as_depleted=changes.pop("booked_counts", False),
    )
    terms = terms_of(
        changes.pop("kind", PassKind.SESSION),
        validity=changes.pop("validity", for_months(1)),
        after_expiration=AfterExpiration.RENEW,
        renewal=renewal,
    )
    return pass_of(terms, auto_renew=changes.pop("auto_renew", True), **changes)


def grant(facts: PassFacts, granted: NextPeriod) -> PassFacts:
    period = PeriodFacts(granted.number, granted.first_on, granted.last_on, 0, granted.restarts, granted.opens_at)
    return laid_out(replace(facts, periods=(*facts.periods, period)))


@pytest.mark.parametrize("trigger", RenewalTrigger)
def test_the_trigger_says_what_makes_a_renewal_due(trigger: RenewalTrigger) -> None:
    empty = renewing(trigger, lots=(lot_of(1, 0),))
    assert renews_on_expiry(empty) == (trigger is not RenewalTrigger.ON_DEPLETION)
    assert renews_on_depletion(empty) == (trigger is not RenewalTrigger.ON_EXPIRY)
    assert not renews_on_depletion(renewing(trigger, lots=(lot_of(1, 1),)))


@pytest.mark.parametrize("trigger", RenewalTrigger)
def test_a_pass_does_not_renew_when_it_is_closed_switched_off_or_follows_another_rule(trigger: RenewalTrigger) -> None:
    empty = (lot_of(1, 0),)
    assert renews(renewing(trigger, lots=empty))
    for facts in (
        renewing(trigger, lots=empty, auto_renew=False),
        renewing(trigger, lots=empty, after_expiration=AfterExpiration.EXPIRE),
        renewing(trigger, lots=empty, after_expiration=AfterExpiration.CONVERT),
        *(renewing(trigger, lots=empty, closed_reason=reason) for reason in ClosedReason),
    ):
        assert not renews(facts)
        assert not renews_on_expiry(facts)
        assert not renews_on_depletion(facts)


@given(st.integers(1, 20), st.integers(0, 25))
def test_a_pass_renews_at_most_so_many_times(limit: int, done: int) -> None:
    assert renews(renewing(renewals_max=limit, renewals_done=done)) == (done < limit)
    assert renews(renewing(renewals_done=done))


@pytest.mark.parametrize(("available", "booked", "booked_counts"), list(product((0, 1), (0, 1), (False, True))))
def test_depleted_counts_consumed_visits_and_booked_ones_as_an_option(
    available: int, booked: int, booked_counts: bool
) -> None:
    facts = renewing(lots=(lot_of(1, available, booked=booked),), booked_counts=booked_counts)
    assert depleted(facts) == (available == 0 and (booked == 0 or booked_counts))


def test_what_counts_nothing_or_was_granted_nothing_is_never_depleted() -> None:
    assert not depleted(renewing(kind=PassKind.UNLIMITED))
    assert not depleted(renewing(lots=()))
    periods = (PeriodFacts(1, JUNE, june(30)), PeriodFacts(2, june(31), june(61)))
    assert not depleted(renewing(periods=periods, lots=(lot_of(1, 0),))), "the lot of the last period is on its way"
    assert not depleted(renewing(lots=(lot_of(1, 0), lot_of(2, 1)))), "a make-up visit is left"


def test_paying_an_old_visit_with_the_last_unit_charges_nobody() -> None:
    facts = renewing(RenewalTrigger.FIRST_OF_BOTH, lots=(lot_of(1, 0),), depleted_unasked=True)
    assert depleted(facts)
    assert not renews_on_depletion(facts)
    assert renews_on_expiry(facts), "its end renews it as ever"


def test_the_next_period_after_an_expiry_is_counted_from_the_anchor() -> None:
    anchor = date(2025, 1, 31)
    facts = renewing(start=anchor)
    for index, (first, last) in enumerate(
        [
            (date(2025, 2, 28), date(2025, 3, 30)),
            (date(2025, 3, 31), date(2025, 4, 29)),
            (date(2025, 4, 30), date(2025, 5, 30)),
        ]
    ):
        assert facts.ends_at is not None
        granted = next_period(facts, anchor, index, facts.ends_at, on_depletion=False)
        expected = NextPeriod(index + 2, anchor, index + 1, first, last, restarts=False, opens_at=None)
        assert granted == expected
        facts = grant(facts, granted)
        assert facts.windows[-1].starts_at == facts.windows[-2].ends_at
        assert facts.windows[-1].first_day == first


def test_on_depletion_the_next_period_opens_now_from_a_new_anchor() -> None:
    now = at(june(12), 15)
    facts = renewing(RenewalTrigger.FIRST_OF_BOTH, lots=(lot_of(1, 0),))
    granted = next_period(facts, JUNE, 0, now, on_depletion=True)
    assert granted == NextPeriod(2, june(12), 0, june(12), june(41), restarts=True, opens_at=now)
    cut = replace(facts, periods=(replace(facts.periods[0], cut_at=now),))
    renewed = grant(cut, granted)
    assert (renewed.windows[0].ends_at, renewed.windows[1].starts_at) == (now, now)
    assert renewed.windows[1].last_day == june(41)
    third = next_period(renewed, june(12), 0, at(june(42)), on_depletion=False)
    assert (third.anchor_on, third.first_on, third.last_on) == (june(12), june(42), june(72))


def test_a_pass_without_an_end_renews_from_today() -> None:
    facts = renewing(RenewalTrigger.ON_DEPLETION, validity=Validity(), lots=(lot_of(1, 0),))
    for on_depletion in (True, False):
        granted = next_period(facts, JUNE, 0, at(june(12), 15), on_depletion=on_depletion)
        expected = NextPeriod(2, june(12), 0, june(12), None, restarts=True, opens_at=at(june(12), 15))
        assert granted == expected


@pytest.mark.parametrize(("days_late", "skipped"), [(0, 0), (9, 0), (10, 1), (19, 1), (20, 2), (90, 9), (3650, 365)])
def test_after_an_outage_whole_periods_are_skipped_and_neither_charged_nor_granted(
    days_late: int, skipped: int
) -> None:
    facts = renewing(validity=for_days(10))
    now = at(june(11) + DAY * days_late, 12)
    granted = next_period(facts, JUNE, 0, now, on_depletion=False)
    assert (granted.skipped, granted.anchor_index, granted.number) == (skipped, skipped + 1, 2)
    renewed = grant(facts, granted)
    assert renewed.windows[-1].covers(now)


@given(hold_lists(), st.integers(0, 60), st.integers(1, 15))
def test_the_period_granted_after_an_outage_is_the_first_one_not_yet_over(
    holds: list[HoldFacts], days_late: int, length: int
) -> None:
    """Held days count: a period that a closure prolongs into today is not skipped."""
    facts = renewing(validity=for_days(length), holds=tuple(holds))
    last_day = facts.windows[0].last_day
    assert last_day is not None
    now = at(last_day + DAY * (1 + days_late), 12)
    granted = next_period(facts, JUNE, 0, now, on_depletion=False)
    assert grant(facts, granted).windows[-1].covers(now)
    first = last_day + DAY
    for _ in range(granted.skipped):
        free = [first + DAY * n for n in range(120) if not frozen_by(holds, first + DAY * n)]
        assert at(free[length - 1] + DAY) <= now, "a skipped period is over with all its held days"
        first += DAY * length
    assert granted.skipped == granted.anchor_index - 1


def test_a_period_is_not_skipped_while_an_open_freeze_lies_in_it() -> None:
    facts = renewing(validity=for_days(10), holds=(freeze(june(15), None),))
    granted = next_period(facts, JUNE, 0, at(june(300)), on_depletion=False)
    assert (granted.skipped, granted.first_on, granted.last_on) == (0, june(11), june(20))


def test_a_freeze_in_the_last_period_pushes_the_next_and_not_its_anchor() -> None:
    facts = renewing(validity=for_days(10), holds=(freeze(june(3), june(6)),))
    assert facts.ends_at == at(june(15))
    granted = next_period(facts, JUNE, 0, at(june(15)), on_depletion=False)
    assert (granted.first_on, granted.last_on, granted.skipped) == (june(11), june(20), 0)
    renewed = grant(facts, granted)
    assert (renewed.windows[1].first_day, renewed.windows[1].last_day) == (june(15), june(24))
    assert nth_free_day(june(15), 10, []) == june(24)
