"""What a pass will do by itself, and when."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.calendar import DAY, local_day
from models.rules.due import (
    Due,
    NextEvent,
    announced_late,
    charge_at,
    conversion_at,
    lapses_soon,
    next_due,
    next_events,
    once_postponed,
    remind_at,
    renewal_price,
)
from models.rules.facts import Overdue, PassFacts, PlannedConversion
from models.rules.status import RetryPolicy, standing_at
from models.rules.terms import Renewal, Validity
from models.rules.timeline import HoldFacts, PeriodFacts
from models.rules.values import (
    AfterExpiration,
    ClosedReason,
    DueKind,
    HoldKind,
    LotKind,
    PassKind,
    RenewalPrice,
    RenewalTrigger,
    Standing,
    UnusedAtConversion,
    UnusedAtRenewal,
)
from tests.rules.build import (
    JUNE,
    POLICY,
    at,
    for_days,
    freeze,
    frozen_by,
    hold_lists,
    june,
    lot_of,
    pass_of,
    starting_on_first_visit,
    terms_of,
)

NOW = at(june(2), 9)
FAILED = Overdue(at(june(5)), 1, at(june(5)), hard=False)


def due(facts: PassFacts, now: datetime = NOW) -> Due | None:
    return next_due(facts, POLICY, now)


def renewing(trigger: RenewalTrigger = RenewalTrigger.ON_EXPIRY, **changes: Any) -> PassFacts:
    """A pass of 30 days that renews by itself."""
    terms = terms_of(
        changes.pop("kind", PassKind.SESSION),
        after_expiration=AfterExpiration.RENEW,
        validity=changes.pop("validity", terms_of().validity),
        renewal=Renewal(trigger, booked_counts_as_depleted=True, reminder_days=changes.pop("reminder_days", 0)),
    )
    return pass_of(terms, auto_renew=True, **changes)


def converting(on: date | None, **changes: Any) -> PassFacts:
    """A pass of 30 days that is to become another one, on a day or at its end."""
    planned = PlannedConversion(UUID(int=77), on, UnusedAtConversion.FORFEIT)
    if on is None:
        changes["after_expiration"] = AfterExpiration.CONVERT
    return pass_of(conversion=planned, **changes)


def free(facts: PassFacts) -> PassFacts:
    """The same pass at no price."""
    return replace(facts, terms=replace(facts.terms, price_minor=0))


CASES: dict[str, tuple[PassFacts, Due | None]] = {
    "a pass expires at its end": (pass_of(), Due(DueKind.EXPIRE, at(june(31)))),
    "a pass renews at its end": (renewing(), Due(DueKind.RENEW, at(june(31)))),
    "a pass converts at its end": (converting(None), Due(DueKind.CONVERT, at(june(31)))),
    "a pass converts on a day": (converting(june(12)), Due(DueKind.CONVERT, at(june(12)))),
    "a depleted pass renews now": (
        renewing(RenewalTrigger.FIRST_OF_BOTH, lots=(lot_of(1, 0),)),
        Due(DueKind.RENEW, NOW),
    ),
    "a pass that renews on depletion only expires at its end": (
        renewing(RenewalTrigger.ON_DEPLETION),
        Due(DueKind.EXPIRE, at(june(31))),
    ),
    "a failed charge is tried again": (renewing(overdue=FAILED), Due(DueKind.RETRY, at(june(6)))),
    "a hard decline waits for its release": (
        renewing(overdue=replace(FAILED, hard=True)),
        Due(DueKind.RELEASE, at(june(19))),
    ),
    "a charge tried often enough waits for its release": (
        renewing(overdue=replace(FAILED, attempts=4)),
        Due(DueKind.RELEASE, at(june(19))),
    ),
    "a failed charge is not tried again once nobody wants what it pays for": (
        replace(renewing(overdue=FAILED), auto_renew=False),
        Due(DueKind.EXPIRE, at(june(31))),
    ),
    "a failed charge for a conversion is tried again": (
        replace(converting(june(12)), overdue=FAILED),
        Due(DueKind.RETRY, at(june(6))),
    ),
    "a lot lapses before its pass": (
        pass_of(lots=(lot_of(1, 5), lot_of(2, 1, kind=LotKind.ROLLOVER, own_first_on=JUNE, own_last_on=june(9)))),
        Due(DueKind.LOT_EXPIRE, at(june(10))),
    ),
    "an empty lot does not lapse": (
        pass_of(lots=(lot_of(1, 5), lot_of(2, 0, kind=LotKind.ROLLOVER, own_first_on=JUNE, own_last_on=june(9)))),
        Due(DueKind.EXPIRE, at(june(31))),
    ),
    "what will lapse is announced some days before": (
        pass_of(terms_of(warn_days=7)),
        Due(DueKind.WARN, at(june(24))),
    ),
    "it is announced once": (
        pass_of(terms_of(warn_days=7), lots=(lot_of(1, 5, warned_for=at(june(31))),)),
        Due(DueKind.EXPIRE, at(june(31))),
    ),
    "another end is announced again": (
        pass_of(terms_of(warn_days=7), lots=(lot_of(1, 5, warned_for=at(june(29))),)),
        Due(DueKind.WARN, at(june(24))),
    ),
    "an empty lot is not announced": (
        pass_of(terms_of(warn_days=7), lots=(lot_of(1, 0),)),
        Due(DueKind.EXPIRE, at(june(31))),
    ),
    "a charge is announced some days before": (renewing(reminder_days=3), Due(DueKind.REMIND, at(june(28)))),
    "a charge is announced once": (
        renewing(reminder_days=3, reminded_for=at(june(31))),
        Due(DueKind.RENEW, at(june(31))),
    ),
    "a charge that moved is announced again": (
        renewing(reminder_days=3, reminded_for=at(june(30))),
        Due(DueKind.REMIND, at(june(28))),
    ),
    "a conversion is announced like a renewal": (
        converting(june(12), terms=terms_of(renewal=Renewal())),
        Due(DueKind.REMIND, at(june(9))),
    ),
    "the law may ask for more days": (
        renewing(reminder_days=3, reminder_days_min=10),
        Due(DueKind.REMIND, at(june(21))),
    ),
    "nobody is reminded of a pass that ends": (
        replace(renewing(reminder_days=3), auto_renew=False),
        Due(DueKind.EXPIRE, at(june(31))),
    ),
    "nobody is reminded of a renewal that costs nothing": (
        free(renewing(reminder_days=3)),
        Due(DueKind.RENEW, at(june(31))),
    ),
    "nobody is reminded of a charge that failed already": (
        renewing(reminder_days=30, overdue=FAILED),
        Due(DueKind.RETRY, at(june(6))),
    ),
    "a make-up lot lapses after its pass": (
        pass_of(
            lots=(lot_of(2, 1, kind=LotKind.MAKE_UP, own_first_on=june(25), own_last_on=june(38)),),
            closed_reason=ClosedReason.EXPIRED,
        ),
        Due(DueKind.LOT_EXPIRE, at(june(39))),
    ),
    "nothing happens to a pass without an end": (pass_of(terms_of(validity=Validity())), None),
    "nothing happens to a pass nobody has started": (pass_of(starting_on_first_visit(), start=None), None),
    "nothing happens to a paused pass": (renewing(holds=(freeze(june(20), None),)), None),
    "nothing happens to a pass whose payment is in flight": (renewing(order_pending=True), None),
    "nothing happens to a deactivated pass": (renewing(closed_reason=ClosedReason.DEACTIVATED), None),
    "nothing happens to a closed pass without open lots": (
        pass_of(closed_reason=ClosedReason.CONVERTED, lots=(lot_of(1, 0),)),
        None,
    ),
}


@pytest.mark.parametrize("sentence", CASES)
def test_what_is_due_next(sentence: str) -> None:
    facts, expected = CASES[sentence]
    assert due(facts) == expected, sentence


def test_every_kind_of_due_is_among_the_cases() -> None:
    assert {expected.kind for _, expected in CASES.values() if expected} == set(DueKind)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 90))
def test_a_warning_comes_so_many_days_before_the_end_and_never_after_it(days: int, warn: int, later: int) -> None:
    facts = pass_of(terms_of(validity=for_days(days), warn_days=warn))
    found = lapses_soon(facts, NOW - DAY)
    assert [at_ for _, at_ in found] == ([at(june(days + 1 - warn))] if warn < days else [])
    ends_at = facts.windows[-1].ends_at
    assert ends_at is not None
    assert lapses_soon(facts, ends_at + DAY * (later - 1)) == []


@pytest.mark.parametrize("unused", list(UnusedAtRenewal))
@pytest.mark.parametrize("auto_renew", [True, False])
def test_what_rolls_over_is_not_announced(unused: UnusedAtRenewal, auto_renew: bool) -> None:
    renewal = Renewal(unused=unused, reminder_days=0)
    terms = terms_of(after_expiration=AfterExpiration.RENEW, renewal=renewal, warn_days=3)
    facts = pass_of(terms, auto_renew=auto_renew, after_expiration=AfterExpiration.RENEW)
    goes_on = auto_renew and unused is UnusedAtRenewal.ROLLOVER
    assert bool(lapses_soon(facts, NOW)) is not goes_on
    own = lot_of(2, 1, kind=LotKind.MAKE_UP, own_first_on=JUNE, own_last_on=june(14))
    made = pass_of(terms, auto_renew=auto_renew, after_expiration=AfterExpiration.RENEW, lots=(own,))
    assert [at_ for _, at_ in lapses_soon(made, NOW)] == [at(june(12))]


@pytest.mark.parametrize("unused", list(UnusedAtConversion))
def test_what_a_conversion_takes_along_is_not_announced(unused: UnusedAtConversion) -> None:
    planned = PlannedConversion(UUID(int=77), None, unused)
    facts = pass_of(terms_of(warn_days=3), conversion=planned, after_expiration=AfterExpiration.CONVERT)
    assert bool(lapses_soon(facts, NOW)) is (unused is UnusedAtConversion.FORFEIT)


def test_a_lot_that_ends_with_its_pass_is_not_due_by_itself() -> None:
    """The end of the pass takes its own lots along; only a lot that ends by itself is due by itself."""
    own = lot_of(2, 1, kind=LotKind.ROLLOVER, own_first_on=JUNE, own_last_on=june(30))
    assert due(pass_of(lots=(lot_of(1, 5), own))) == Due(DueKind.EXPIRE, at(june(31)))


def test_a_conversion_at_the_instant_of_a_renewal_takes_its_place() -> None:
    """Exactly one successor for a period: never a renewal and a conversion."""
    planned = PlannedConversion(UUID(int=77), june(31), UnusedAtConversion.CARRY)
    assert due(renewing(conversion=planned)) == Due(DueKind.CONVERT, at(june(31)))
    later = PlannedConversion(UUID(int=77), june(32), UnusedAtConversion.CARRY)
    assert due(renewing(conversion=later)) == Due(DueKind.RENEW, at(june(31)))


def test_an_unpaid_pass_climbs_down_the_ladder_one_step_after_another() -> None:
    """GRACE, then SUSPENDED, then RELEASED: every retry has its day, and after the last only the release is due."""
    overdue, policy, steps = FAILED, RetryPolicy((24, 72, 120), 3, 14), []
    while (step := next_due(renewing(overdue=overdue), policy, NOW)) and step.kind is DueKind.RETRY:
        steps.append((step.at.date(), standing_at(overdue, policy, step.at)))
        overdue = replace(overdue, attempts=overdue.attempts + 1, last_attempt_at=step.at)
    assert steps == [
        (june(6), Standing.GRACE),
        (june(9), Standing.SUSPENDED),
        (june(14), Standing.SUSPENDED),
    ]
    assert step == Due(DueKind.RELEASE, at(june(19)))
    assert standing_at(overdue, policy, step.at) is Standing.RELEASED


@given(hold_lists())
def test_a_freeze_moves_the_renewal_to_the_first_free_day_after_the_last(holds: list[HoldFacts]) -> None:
    facts = renewing(holds=tuple(holds))
    (window,) = facts.windows
    assert window.last_day is not None
    expected = window.last_day + DAY
    while frozen_by(holds, expected):
        expected += DAY
    assert due(facts) == Due(DueKind.RENEW, at(expected))
    assert due(replace(facts, after_expiration=AfterExpiration.CONVERT)) == Due(DueKind.CONVERT, at(expected))
    assert due(replace(facts, auto_renew=False)) == Due(DueKind.EXPIRE, at(window.last_day + DAY))


def test_a_renewal_that_would_fall_on_the_first_day_of_an_open_freeze_waits_for_its_end() -> None:
    assert due(renewing(holds=(freeze(june(31), None),))) is None
    assert due(renewing(holds=(freeze(june(31), june(35)),))) == Due(DueKind.RENEW, at(june(36)))
    assert due(renewing(holds=(freeze(june(31), None, HoldKind.BLOCK),))) == Due(DueKind.RENEW, at(june(31)))


def test_nobody_is_charged_for_a_depleted_pass_in_the_middle_of_a_freeze() -> None:
    empty = (lot_of(1, 0),)
    both = RenewalTrigger.FIRST_OF_BOTH
    assert due(renewing(both, lots=empty, holds=(freeze(june(2), june(8)),))) == Due(DueKind.RENEW, at(june(9)))
    assert due(renewing(both, lots=empty, holds=(freeze(june(2), None),))) is None
    assert due(renewing(both, lots=empty, holds=(freeze(june(3), None),))) == Due(DueKind.RENEW, NOW)


def test_a_pass_booked_out_before_it_starts_renews_when_it_starts() -> None:
    booked_out = (lot_of(1, 0, booked=10),)
    facts = renewing(RenewalTrigger.FIRST_OF_BOTH, lots=booked_out, start=june(9))
    assert due(facts) == Due(DueKind.RENEW, at(june(9)))
    assert due(facts, at(june(10), 5)) == Due(DueKind.RENEW, at(june(10), 5))


def test_a_period_bought_ahead_begins_before_it_is_followed() -> None:
    periods = (PeriodFacts(1, JUNE, june(30)), PeriodFacts(2, june(31), june(61)))
    empty = (lot_of(1, 0), lot_of(2, 0, booked=10, period=2))
    facts = renewing(RenewalTrigger.FIRST_OF_BOTH, periods=periods, lots=empty)
    assert due(facts) == Due(DueKind.RENEW, at(june(31)))


@given(hold_lists(open_ended=True), st.integers(1, 60))
def test_a_dated_conversion_happens_on_its_day_or_the_first_free_one_after_it(
    holds: list[HoldFacts], number: int
) -> None:
    facts = converting(june(number), holds=tuple(holds))
    expected = june(number)
    while frozen_by(holds, expected) and expected < june(200):
        expected += DAY
    if expected == june(200):
        assert conversion_at(facts) is None
        found = due(facts)
        assert found is None or found.kind is not DueKind.CONVERT
    else:
        assert conversion_at(facts) == at(expected)


def test_a_conversion_inside_an_open_freeze_becomes_due_once_the_freeze_gets_an_end() -> None:
    paused = converting(june(12), holds=(freeze(june(10), None),))
    assert due(paused) is None
    assert not [event for event in next_events(paused, POLICY, NOW) if event.kind == "CONVERTS"]
    lifted = converting(june(12), holds=(freeze(june(10), june(14)),))
    assert due(lifted) == Due(DueKind.CONVERT, at(june(15)))


@given(hold_lists(open_ended=True), st.integers(-5, 90), st.sampled_from(RenewalTrigger), st.booleans())
def test_what_is_due_by_itself_never_lies_in_a_freeze_except_an_end(
    holds: list[HoldFacts], today: int, trigger: RenewalTrigger, empty: bool
) -> None:
    facts = renewing(trigger, holds=tuple(holds), lots=(lot_of(1, 0 if empty else 3),))
    found = due(facts, at(june(today), 7))
    if found and found.kind is not DueKind.EXPIRE:
        assert not frozen_by(holds, local_day(found.at, "UTC"))


def test_coming_events_are_told_in_order_of_time() -> None:
    lots = (lot_of(1, 5), lot_of(2, 1, kind=LotKind.ROLLOVER, own_first_on=june(5), own_last_on=june(7)))
    facts = renewing(start=june(5), lots=lots, holds=(freeze(june(20), june(21)), freeze(june(22), june(23))))
    assert next_events(facts, POLICY, NOW) == (
        NextEvent("STARTS", at(june(5)), june(5)),
        NextEvent("LOT_EXPIRES", at(june(8))),
        NextEvent("HOLD_STARTS", at(june(20)), june(20)),
        NextEvent("HOLD_ENDS", at(june(24)), june(23)),
        NextEvent("RENEWS", at(june(39))),
    )
    during = next_events(facts, POLICY, at(june(21)))
    assert [event.kind for event in during] == ["LOT_EXPIRES", "HOLD_ENDS", "RENEWS"]


def test_coming_events_name_every_kind_of_due() -> None:
    told = {kind for facts, _ in CASES.values() for kind in (e.kind for e in next_events(facts, POLICY, NOW))}
    words = {"EXPIRES", "RENEWS", "CONVERTS", "CHARGE_RETRIED", "RELEASES", "LOT_EXPIRES"}
    assert words <= told
    assert next_events(renewing(closed_reason=ClosedReason.DEACTIVATED), POLICY, NOW) == ()


def test_an_open_freeze_has_a_start_to_tell_and_no_end() -> None:
    facts = renewing(holds=(freeze(june(20), None),))
    assert next_events(facts, POLICY, NOW) == (NextEvent("HOLD_STARTS", at(june(20)), june(20)),)
    assert next_events(facts, POLICY, at(june(20)) + timedelta(seconds=1)) == ()


def test_a_block_is_told_like_a_freeze_as_one_hold_where_they_touch() -> None:
    blocked = (freeze(june(20), june(21), HoldKind.BLOCK), freeze(june(22), june(23)))
    told = next_events(renewing(holds=blocked), POLICY, NOW)
    assert [(event.kind, event.day) for event in told[:2]] == [("HOLD_STARTS", june(20)), ("HOLD_ENDS", june(23))]


def test_only_the_earliest_of_what_may_follow_a_period_is_told() -> None:
    depleted = renewing(RenewalTrigger.FIRST_OF_BOTH, lots=(lot_of(1, 0),))
    assert [(event.kind, event.at) for event in next_events(depleted, POLICY, NOW)] == [("RENEWS", NOW)]


@given(hold_lists(), st.integers(1, 60), st.integers(0, 60), st.integers(0, 40), st.integers(0, 40))
def test_no_charge_is_announced_earlier_than_the_law_lets_it(
    holds: list[HoldFacts], length: int, days: int, least: int, more: int
) -> None:
    facts = renewing(holds=tuple(holds), reminder_days=days, reminder_days_min=least, validity=for_days(length))
    bound = replace(facts, reminder_days_max=least + more)
    charge, begins = charge_at(facts), facts.windows[-1].starts_at
    assert charge is not None
    assert begins is not None
    wanted = min(max(days, least), least + more)
    assert remind_at(bound) == (max(begins, charge - DAY * wanted) if wanted else None)


@given(hold_lists(), st.integers(1, 60), st.integers(0, 40), st.integers(-5, 200))
def test_a_renewal_announced_late_waits_as_long_as_it_would_have(
    holds: list[HoldFacts], length: int, least: int, passed: int
) -> None:
    """However late it is, the whole notice runs from the day of the announcement, or as much as a period has of it."""
    facts = renewing(holds=tuple(holds), reminder_days=0, reminder_days_min=least, validity=for_days(length))
    charge, begins = charge_at(facts), facts.windows[-1].starts_at
    assert charge is not None
    assert begins is not None
    now = begins + DAY * passed
    late = announced_late(facts, now)
    latest = max(begins, charge - DAY * least)
    assert late == (max(0, (now - latest) // DAY) if least else 0)
    after = once_postponed(facts, now)
    again = charge_at(after)
    assert again is not None
    if late:
        assert again - now >= charge - latest
    else:
        assert after is facts
    assert after.periods[-1].extra_days == facts.periods[-1].extra_days + late
    assert announced_late(replace(after, reminded_for=again), now) == 0


@given(st.integers(1, 40), st.integers(0, 90), st.integers(-40, 40))
def test_what_was_announced_in_this_period_for_no_later_day_puts_nothing_off(least: int, passed: int, off: int) -> None:
    facts = renewing(reminder_days_min=least)
    charge, begins = charge_at(facts), facts.windows[-1].starts_at
    assert charge is not None
    assert begins is not None
    told = replace(facts, reminded_for=charge + DAY * off)
    stands = begins < charge + DAY * off <= charge
    late = announced_late(facts, begins + DAY * passed)
    assert announced_late(told, begins + DAY * passed) == (0 if stands else late)


def test_only_a_renewal_that_a_law_wants_announced_is_put_off() -> None:
    late = at(june(30))
    assert announced_late(renewing(reminder_days=20), late) == 0
    assert announced_late(renewing(reminder_days_min=20), late) == 19
    assert announced_late(converting(june(12), terms=terms_of(renewal=Renewal())), late) == 0
    assert announced_late(replace(renewing(reminder_days_min=20), auto_renew=False), late) == 0
    assert announced_late(renewing(reminder_days_min=20, overdue=FAILED), late) == 0


@given(hold_lists(), st.integers(1, 60), st.integers(0, 60), st.integers(0, 40))
def test_a_charge_is_announced_so_many_days_before_it_but_not_before_its_period(
    holds: list[HoldFacts], length: int, days: int, least: int
) -> None:
    facts = renewing(holds=tuple(holds), reminder_days=days, reminder_days_min=least, validity=for_days(length))
    charge, begins = charge_at(facts), facts.windows[-1].starts_at
    assert charge is not None
    assert begins is not None
    wanted = max(days, least)
    assert remind_at(facts) == (max(begins, charge - DAY * wanted) if wanted else None)
    assert remind_at(replace(facts, reminded_for=charge)) is None
    assert next_due(replace(facts, reminded_for=charge), POLICY, NOW) == Due(DueKind.RENEW, charge)


@given(st.integers(1, 10**6), st.booleans(), st.sampled_from(RenewalPrice), st.integers(-2, 2))
def test_a_new_price_is_charged_only_for_the_end_it_was_announced_for(
    price: int, on_depletion: bool, rule: RenewalPrice, off: int
) -> None:
    facts = renewing(reminded_for=at(june(31 + off)), reminded_price_minor=price)
    facts = replace(facts, terms=replace(facts.terms, renewal=replace(facts.terms.renewal, price=rule)))
    new = rule is RenewalPrice.CURRENT_VERSION and not on_depletion and off == 0
    assert renewal_price(facts, on_depletion=on_depletion) == (price if new else facts.terms.price_minor)
    unsaid = replace(facts, reminded_price_minor=None)
    assert renewal_price(unsaid, on_depletion=on_depletion) == facts.terms.price_minor


def test_a_price_that_may_change_is_announced_even_where_the_old_one_was_nothing() -> None:
    facts = free(renewing(reminder_days=3))
    assert charge_at(facts) is None
    current = replace(facts.terms.renewal, price=RenewalPrice.CURRENT_VERSION)
    assert charge_at(replace(facts, terms=replace(facts.terms, renewal=current))) == at(june(31))
