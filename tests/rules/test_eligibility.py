"""May this pass pay for this visit? Every reason, alone and together, and what pays where there is none."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.allocation import after_claim
from models.rules.calendar import DAY
from models.rules.codes import Code
from models.rules.eligibility import decide
from models.rules.facts import Overdue, PassFacts, VisitFacts, laid_out, with_provisional_start
from models.rules.terms import Access, Terms, Validity
from models.rules.timeline import HoldFacts, PeriodFacts
from models.rules.values import ClosedReason, CoveredBy, HoldKind, LotKind, PassKind, ServiceCategory
from tests.rules.build import (
    ANNEX,
    BOXING,
    JUNE,
    OTHER_CLIENT,
    POLICY,
    STUDIO,
    YOGA,
    at,
    claim_of,
    for_days,
    freeze,
    frozen_by,
    hold_lists,
    june,
    lot_of,
    pass_of,
    starting_on_first_visit,
    terms_of,
    visit_of,
)

NOW = at(june(2), 9)
VISIT = visit_of(at(june(10), 18))


def codes(
    facts: PassFacts, visit: VisitFacts = VISIT, now: datetime = NOW, *, ignore_holds: bool = False
) -> list[Code]:
    return [reason.code for reason in decide(facts, visit, POLICY, now, ignore_holds=ignore_holds).reasons]


def opened_by(**access: Any) -> Terms:
    return terms_of(access=Access(**access))


REFUSALS: dict[Code, tuple[PassFacts, VisitFacts]] = {
    Code.NOT_STARTED: (pass_of(start=june(11)), VISIT),
    Code.EXPIRED: (pass_of(terms_of(validity=for_days(1))), VISIT),
    Code.ENDS_BEFORE_VISIT: (pass_of(), visit_of(at(june(31)))),
    Code.ON_HOLD: (pass_of(holds=(freeze(june(10), june(10)),)), VISIT),
    Code.NO_SESSIONS_LEFT: (pass_of(lots=(lot_of(1, 0, booked=10),)), VISIT),
    Code.SERVICE_NOT_INCLUDED: (pass_of(opened_by(service_ids=frozenset({BOXING}))), VISIT),
    Code.LOCATION_NOT_INCLUDED: (pass_of(opened_by(location_ids=frozenset({ANNEX}))), VISIT),
    Code.NOT_SHARED_WITH_CLIENT: (pass_of(), replace(VISIT, client_id=OTHER_CLIENT)),
    Code.PAYMENT_OVERDUE: (pass_of(overdue=Overdue(at(JUNE), 1, at(JUNE), hard=False)), VISIT),
    Code.PASS_DEACTIVATED: (pass_of(closed_reason=ClosedReason.DEACTIVATED), VISIT),
    Code.PASS_CONVERTED: (pass_of(closed_reason=ClosedReason.CONVERTED), VISIT),
    Code.WOULD_END_BEFORE_OTHER_VISITS: (
        pass_of(starting_on_first_visit(), start=None, claims=(claim_of(visit_of(at(june(41)), number=7)),)),
        VISIT,
    ),
}


@pytest.mark.parametrize("code", REFUSALS, ids=lambda code: code.name)
def test_every_reason_can_be_the_only_one(code: Code) -> None:
    facts, visit = REFUSALS[code]
    decision = decide(facts, visit, POLICY, NOW)
    assert [reason.code for reason in decision.reasons] == [code]
    assert not decision.pays
    assert (decision.lot, decision.quantity) == (None, 0)
    assert "None" not in decision.reasons[0].message
    assert "{" not in decision.reasons[0].message + decision.reasons[0].remedy


def test_all_reasons_are_told_at_once() -> None:
    access = Access(service_ids=frozenset({BOXING}), location_ids=frozenset({ANNEX}))
    facts = pass_of(terms_of(access=access), holds=(freeze(june(40), None),), closed_reason=ClosedReason.DEACTIVATED)
    facts = replace(facts, overdue=Overdue(at(JUNE), 1, at(JUNE), hard=True))
    facts = laid_out(replace(facts, periods=(PeriodFacts(1, JUNE, JUNE),)))
    visit = visit_of(at(june(45)), client_id=OTHER_CLIENT)
    assert set(codes(facts, visit)) == {
        Code.NOT_SHARED_WITH_CLIENT,
        Code.PASS_DEACTIVATED,
        Code.PAYMENT_OVERDUE,
        Code.SERVICE_NOT_INCLUDED,
        Code.LOCATION_NOT_INCLUDED,
        Code.ON_HOLD,
        Code.EXPIRED,
    }


@given(st.integers(-5, 60), st.integers(-5, 60), hold_lists(open_ended=True), st.integers(0, 1))
def test_a_decision_agrees_with_counting_days(visit_on: int, today: int, holds: list[HoldFacts], left: int) -> None:
    """A 20-day pass: the visit's day is among its free days, those are not all over, and a visit is left."""
    facts = pass_of(terms_of(validity=for_days(20)), holds=tuple(holds), lots=(lot_of(1, left),))
    free: list[date] = []
    day = JUNE
    while len(free) < 20 and day < june(200):
        free += [] if frozen_by(holds, day) else [day]
        day += DAY
    over = len(free) == 20 and june(today) > free[-1]
    blocked = any(hold.covers(june(visit_on)) for hold in holds)
    expected = june(visit_on) in free and not over and not blocked and left == 1
    assert decide(facts, visit_of(at(june(visit_on), 8)), POLICY, at(june(today), 20)).pays == expected


def test_a_visit_after_the_end_is_told_so_while_the_pass_runs_and_expired_afterwards() -> None:
    late = visit_of(at(june(31)))
    assert codes(pass_of(), late, at(june(30), 23, 59)) == [Code.ENDS_BEFORE_VISIT]
    assert codes(pass_of(), late, at(june(31))) == [Code.EXPIRED]
    assert codes(pass_of(), VISIT, at(june(31))) == [Code.EXPIRED], "an old visit as well, once the pass is over"


def test_a_visit_between_two_periods_is_told_the_end_of_the_one_before_it() -> None:
    """After an outage whole periods are skipped; the pass neither charged nor paid for them."""
    periods = (PeriodFacts(1, JUNE, june(30)), PeriodFacts(2, june(61), june(90)))
    decision = decide(
        pass_of(terms_of(PassKind.UNLIMITED), periods=periods), visit_of(at(june(45))), POLICY, at(june(62))
    )
    assert [reason.message for reason in decision.reasons] == ["The pass ends on 2025-06-30, before the visit."]


def test_a_released_pass_without_an_end_says_why_it_ended() -> None:
    facts = pass_of(terms_of(validity=Validity()), closed_reason=ClosedReason.RELEASED)
    (reason,) = decide(facts, VISIT, POLICY, NOW).reasons
    assert reason.code is Code.EXPIRED
    assert "None" not in reason.message


@pytest.mark.parametrize("kind", list(HoldKind))
def test_only_the_visits_inside_a_hold_are_refused(kind: HoldKind) -> None:
    facts = pass_of(holds=(freeze(june(9), june(11), kind),))
    days = {number: codes(facts, visit_of(at(june(number), 23))) for number in (8, 9, 11, 12)}
    assert days == {8: [], 9: [Code.ON_HOLD], 11: [Code.ON_HOLD], 12: []}
    assert codes(facts, visit_of(at(june(12))), at(june(10))) == [], "booked during the hold, held after it"
    assert codes(facts, VISIT, ignore_holds=True) == [], "staff may keep a visit inside a hold"


def test_visits_before_an_open_freeze_are_paid_and_those_after_its_start_are_not() -> None:
    facts = pass_of(holds=(freeze(june(9), None),))
    assert codes(facts, visit_of(at(june(8)))) == []
    assert codes(facts, visit_of(at(june(300)))) == [Code.ON_HOLD]


@pytest.mark.parametrize("days_overdue", [0, 3, 14, 400])
def test_nothing_new_is_paid_while_a_charge_is_overdue(days_overdue: int) -> None:
    facts = pass_of(terms_of(validity=Validity()), overdue=Overdue(at(JUNE), 1, at(JUNE), hard=False))
    now = at(JUNE) + timedelta(days=days_overdue)
    assert codes(facts, visit_of(now + timedelta(days=1)), now) == [Code.PAYMENT_OVERDUE]


@pytest.mark.parametrize(
    ("access", "opens"),
    [
        (Access(), True),
        (Access(service_ids=frozenset({YOGA})), True),
        (Access(categories=frozenset({ServiceCategory.CLASS})), True),
        (Access(categories=frozenset({ServiceCategory.EVENT})), False),
        (Access(service_ids=frozenset({BOXING}), categories=frozenset({ServiceCategory.CLASS})), True),
        (Access(service_ids=frozenset({BOXING}), categories=frozenset({ServiceCategory.EVENT})), False),
        (Access(service_ids=frozenset()), False),
        (Access(location_ids=frozenset({STUDIO, ANNEX})), True),
        (Access(location_ids=frozenset()), False),
    ],
)
def test_a_pass_opens_what_is_listed_by_service_or_category_and_place(access: Access, opens: bool) -> None:
    assert decide(pass_of(terms_of(access=access)), VISIT, POLICY, NOW).pays == opens


def test_the_first_visit_of_a_day_claims_it_and_later_ones_that_day_are_free() -> None:
    facts = pass_of(terms_of(PassKind.DAY, 2))
    first = decide(facts, VISIT, POLICY, NOW)
    assert (first.lot, first.quantity) == (facts.lots[0], 1)
    claimed = after_claim(facts, VISIT, first)
    again = decide(claimed, visit_of(at(june(10), 20), number=501), POLICY, NOW)
    assert (again.lot, again.quantity) == (claimed.lots[0], 0)
    elsewhere = decide(claimed, visit_of(at(june(10), 20), number=502, location_id=ANNEX), POLICY, NOW)
    assert elsewhere.quantity == 1, "a day is a day at one location"
    spent = replace(claimed, lots=(replace(claimed.lots[0], available=0, booked=2),))
    assert decide(spent, visit_of(at(june(10), 21), number=503), POLICY, NOW).pays
    assert codes(spent, visit_of(at(june(11)), number=504)) == [Code.NO_SESSIONS_LEFT]


@given(st.integers(1, 300), st.integers(0, 300))
def test_a_time_pass_pays_in_minutes(minutes: int, left: int) -> None:
    facts = pass_of(terms_of(PassKind.TIME, 600), lots=(lot_of(1, left),))
    decision = decide(facts, visit_of(at(june(10)), minutes=minutes), POLICY, NOW)
    assert decision.pays == (minutes <= left)
    assert decision.quantity == (minutes if decision.pays else 0)
    if not decision.pays:
        assert decision.reasons[0].message == f"The pass has {left} left and the visit needs {minutes}."


@pytest.mark.parametrize("kind", [PassKind.UNLIMITED, PassKind.DURATION])
def test_a_pass_that_counts_nothing_pays_without_a_lot(kind: PassKind) -> None:
    decision = decide(pass_of(terms_of(kind)), VISIT, POLICY, NOW)
    assert decision.pays
    assert (decision.lot, decision.quantity, decision.ends_at) == (None, 0, at(june(31)))


def test_a_visit_older_than_the_pass_needs_a_back_window() -> None:
    def old(days: int, back: int) -> list[Code]:
        return codes(pass_of(terms_of(back_window_days=back)), visit_of(at(june(1 - days), 8)))

    assert old(1, 0) == [Code.NOT_STARTED]
    assert (old(1, 1), old(7, 7), old(8, 7)) == ([], [], [Code.NOT_STARTED])


def test_a_visit_before_the_sale_does_not_start_a_pass_that_waits_for_its_first() -> None:
    old = visit_of(at(june(-5)))
    assert codes(pass_of(starting_on_first_visit(), start=None), old) == [Code.NOT_STARTED]
    with_window = pass_of(starting_on_first_visit(back_window_days=7), start=None)
    decision = decide(with_window, old, POLICY, NOW)
    assert decision.pays
    paid = with_provisional_start(after_claim(with_window, old, decision))
    assert paid.windows[0].first_day == JUNE
    assert codes(paid, VISIT) == [], "an old visit in the back-window does not stand in the way of others"


def test_a_visit_may_be_covered_by_the_moment_it_was_booked() -> None:
    facts = pass_of(terms_of(covered_by=CoveredBy.BOOKING))
    assert codes(facts, visit_of(at(june(60)), booked_at=NOW)) == []
    assert codes(facts, visit_of(at(june(60)), booked_at=at(june(31)))) == [Code.ENDS_BEFORE_VISIT]
    assert codes(facts, visit_of(at(june(5)), booked_at=at(june(0)))) == [Code.NOT_STARTED]
    waiting = pass_of(starting_on_first_visit(covered_by=CoveredBy.BOOKING), start=None)
    assert codes(waiting, visit_of(at(june(60)), booked_at=NOW)) == [], "its first booking starts it"


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(1, 40), hold_lists(open_ended=True))
def test_bookings_out_of_date_order_never_invalidate_earlier_ones(
    days: list[int], length: int, holds: list[HoldFacts]
) -> None:
    terms = starting_on_first_visit(validity=for_days(length))
    facts = pass_of(terms, start=None, holds=tuple(holds))
    for number, day in enumerate(days):
        visit = visit_of(at(june(day), 12), number=number)
        decision = decide(facts, visit, POLICY, at(JUNE))
        if decision.pays:
            facts = with_provisional_start(after_claim(facts, visit, decision))
        (window,) = facts.windows
        assert all(window.covers(claim.starts_at) for claim in facts.claims)
        assert window.first_day == min((claim.day for claim in facts.claims), default=None)


@given(st.integers(10, 50), st.integers(1, 50))
def test_an_earlier_visit_is_refused_where_it_would_end_the_pass_before_a_later_one(late: int, early: int) -> None:
    booked = claim_of(visit_of(at(june(late)), number=7))
    facts = pass_of(starting_on_first_visit(validity=for_days(10)), start=None, claims=(booked,))
    found = codes(facts, visit_of(at(june(early))))
    if early >= late:
        assert found == ([] if early < late + 10 else [Code.ENDS_BEFORE_VISIT])
    else:
        assert found == ([] if late < early + 10 else [Code.WOULD_END_BEFORE_OTHER_VISITS])


def test_a_consumed_visit_fixes_the_start() -> None:
    attended = claim_of(visit_of(at(june(5)), number=7), consumed=True)
    facts = pass_of(starting_on_first_visit(), start=june(5), claims=(attended,))
    assert codes(facts, visit_of(at(june(4)))) == [Code.NOT_STARTED]
    assert codes(facts, visit_of(at(june(34), 23))) == []
    assert codes(facts, visit_of(at(june(35)))) == [Code.ENDS_BEFORE_VISIT]


def test_a_make_up_lot_pays_after_the_pass_has_ended() -> None:
    make_up = lot_of(2, 1, kind=LotKind.MAKE_UP, own_first_on=june(25), own_last_on=june(38))
    facts = pass_of(lots=(lot_of(1, 5), make_up))
    decision = decide(facts, visit_of(at(june(38), 23)), POLICY, at(june(33)))
    assert decision.lot == facts.lots[1]
    assert codes(facts, visit_of(at(june(39))), at(june(33))) == [Code.ENDS_BEFORE_VISIT]
    assert codes(facts, visit_of(at(june(39))), at(june(39))) == [Code.EXPIRED]


def test_lots_are_spent_promotional_first_then_by_their_end_then_rollover_before_regular() -> None:
    lots = [
        lot_of(1, 1, kind=LotKind.PROMOTION),
        lot_of(2, 1, own_first_on=JUNE, own_last_on=june(20)),
        lot_of(3, 1, kind=LotKind.ROLLOVER),
        lot_of(4, 1, kind=LotKind.GRANT),
        lot_of(5, 1, kind=LotKind.ADJUSTMENT),
    ]
    facts, order = pass_of(lots=tuple(reversed(lots))), []
    while (decision := decide(facts, VISIT, POLICY, NOW)).lot:
        order.append(decision.lot.id.int - 1_000)
        facts = after_claim(facts, VISIT, decision)
    assert order == [1, 2, 3, 4, 5]
