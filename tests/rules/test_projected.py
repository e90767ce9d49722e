"""What a pass will pay for once it has renewed: never more than it grants, and never on a renewal that may not come."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.eligibility import decide
from models.rules.facts import Overdue, PassFacts, PlannedConversion, VisitFacts, laid_out
from models.rules.policies import Restriction
from models.rules.projected import Renewed, ask, because_of_renewal, once_renewed, why_uncertain, with_projections
from models.rules.renewal import next_period
from models.rules.terms import Renewal
from models.rules.timeline import PeriodFacts
from models.rules.values import (
    AfterExpiration,
    ClosedReason,
    HoldKind,
    LotKind,
    PassKind,
    PaymentMethod,
    RenewalTrigger,
    RestrictionPer,
    UnusedAtConversion,
)
from tests.rules.build import JUNE, POLICY, at, for_days, freeze, june, lot_of, pass_of, terms_of, visit_of

NOW = at(june(10))


def renewing(kind: PassKind = PassKind.SESSION, quantity: int | None = 3, **changes: Any) -> PassFacts:
    """A pass of June's 30 days that renews by itself and can be charged."""
    terms = terms_of(
        kind,
        quantity,
        after_expiration=AfterExpiration.RENEW,
        **{name: changes.pop(name) for name in ("renewal", "restrictions", "validity") if name in changes},
    )
    changes.setdefault("payment_method", PaymentMethod.TEST_CARD)
    return pass_of(terms, auto_renew=True, **changes)


def coming(facts: PassFacts, now: datetime = NOW) -> Renewed:
    """The pass once renewed, which it must be able to."""
    renewed = once_renewed(facts, POLICY, now)
    assert renewed is not None
    return renewed


def granted(facts: PassFacts, renewed: Renewed) -> PassFacts:
    """The pass as the renewal really leaves it, written down anew: its period counted from the anchor, its lot full."""
    coming_period = next_period(facts, JUNE, 0, renewed.pays_at, on_depletion=False)
    period = PeriodFacts(coming_period.number, coming_period.first_on, coming_period.last_on)
    lots = facts.lots
    if facts.kind.metered:
        lots = (*lots, lot_of(2, facts.terms.quantity or 0, period=2))
    return laid_out(replace(facts, periods=(*facts.periods, period), lots=lots))


def test_it_is_paid_for_by_the_period_that_follows_and_no_other() -> None:
    renewed = coming(renewing())

    assert (renewed.number, renewed.pays_at, renewed.pays_on) == (2, at(june(31)), june(31))
    assert renewed.facts.windows[-1].last_day == june(60)
    assert ask(renewed, visit_of(at(june(31))), POLICY, NOW).pays
    assert ask(renewed, visit_of(at(june(60), 23)), POLICY, NOW).pays
    assert not ask(renewed, visit_of(at(june(30), 23)), POLICY, NOW).pays
    assert not ask(renewed, visit_of(at(june(61))), POLICY, NOW).pays


def test_what_counts_nothing_pays_out_of_the_next_period_only() -> None:
    renewed = coming(renewing(PassKind.UNLIMITED, None))

    inside = ask(renewed, visit_of(at(june(12))), POLICY, NOW)

    assert [reason.code for reason in inside.reasons] == [Code.NOT_IN_NEXT_PERIOD]
    assert ask(renewed, visit_of(at(june(31))), POLICY, NOW).pays


UNCERTAIN: list[tuple[dict[str, Any], str]] = [
    ({"auto_renew": False}, "automatic renewal is switched off."),
    ({"after_expiration": AfterExpiration.EXPIRE}, "it does not renew."),
    ({"closed_reason": ClosedReason.DEACTIVATED}, "it does not renew."),
    (
        {"conversion": PlannedConversion(UUID(int=7), june(20), UnusedAtConversion.FORFEIT)},
        "it is to become another pass.",
    ),
    ({"payment_method": None}, "its renewal has to be paid at the desk."),
    ({"payment_method": PaymentMethod.CASH}, "its renewal has to be paid at the desk."),
    ({"payment_method": PaymentMethod.CARD_TERMINAL}, "its renewal has to be paid at the desk."),
    ({"holds": (freeze(june(5), None),)}, "the day of its renewal is not known."),
]


@pytest.mark.parametrize(("changes", "why"), UNCERTAIN)
def test_a_renewal_that_may_not_come_is_not_counted_on(changes: dict[str, Any], why: str) -> None:
    facts = laid_out(replace(renewing(), **changes))

    assert once_renewed(facts, POLICY, NOW) is None
    reason = why_uncertain(facts, POLICY, NOW)
    assert reason is not None
    assert dict(reason.values)["sentence"] == why


def test_neither_is_one_that_was_declined_or_that_only_depletion_brings_or_that_was_the_last() -> None:
    overdue = replace(renewing(), overdue=Overdue(NOW, 1, NOW, hard=False))
    assert once_renewed(overdue, POLICY, NOW) is None
    reason = why_uncertain(overdue, POLICY, NOW)
    assert reason is not None
    assert reason.code is Code.PAYMENT_OVERDUE
    assert once_renewed(renewing(renewal=Renewal(RenewalTrigger.ON_DEPLETION)), POLICY, NOW) is None
    last = replace(renewing(renewal=Renewal(renewals_max=2)), renewals_done=2)
    assert once_renewed(last, POLICY, NOW) is None
    assert once_renewed(replace(last, renewals_done=1), POLICY, NOW) is not None


def test_what_is_free_renews_without_a_way_to_pay() -> None:
    facts = renewing()
    free = replace(facts, terms=replace(facts.terms, price_minor=0), payment_method=None)

    assert once_renewed(free, POLICY, NOW) is not None


def test_a_freeze_moves_the_period_and_the_day_it_is_paid() -> None:
    renewed = coming(renewing(holds=(freeze(june(12), june(14)),)))
    assert (renewed.pays_on, renewed.facts.windows[-1].last_day) == (june(34), june(63))

    over_the_end = coming(renewing(holds=(freeze(june(31), june(33), HoldKind.FREEZE),)))
    assert over_the_end.pays_on == june(34)
    assert [reason.code for reason in ask(over_the_end, visit_of(at(june(32))), POLICY, NOW).reasons] == [Code.ON_HOLD]


def test_a_restriction_counts_what_stands_to_be_paid_with_the_rest() -> None:
    facts = renewing(quantity=9, restrictions=(Restriction(1, RestrictionPer.WEEK),))
    renewed = coming(facts)
    monday = june(37)
    first, second, next_week = (visit_of(at(day), n) for n, day in enumerate((monday, monday + timedelta(2), june(44))))

    _, answers = with_projections(renewed, [next_week, second, first], POLICY, NOW)

    assert [answers[each].pays for each in (first, second, next_week)] == [True, False, True]


def test_what_a_refusal_adds_of_the_renewal() -> None:
    facts, late = renewing(quantity=1), visit_of(at(june(33)))
    refused = decide(facts, late, POLICY, NOW)
    renewed = coming(facts)

    told = because_of_renewal(facts, renewed, refused, late, POLICY, NOW)
    assert [(reason.code, dict(reason.values)["day"]) for reason in told] == [
        (Code.PAYS_ON_RENEWAL, june(31).isoformat())
    ]
    full, _ = with_projections(renewed, [visit_of(at(june(32)), 2)], POLICY, NOW)
    told = because_of_renewal(facts, full, refused, late, POLICY, NOW)
    assert [reason.code for reason in told] == [Code.NO_SESSIONS_LEFT]
    off = replace(facts, auto_renew=False)
    told = because_of_renewal(off, None, refused, late, POLICY, NOW)
    assert [reason.code for reason in told] == [Code.RENEWAL_UNCERTAIN]
    elsewhere = visit_of(at(june(5)))
    assert because_of_renewal(facts, renewed, decide(facts, elsewhere, POLICY, NOW), elsewhere, POLICY, NOW) == ()


KINDS = st.sampled_from([PassKind.SESSION, PassKind.DAY, PassKind.TIME])


@st.composite
def projected_visits(draw: st.DrawFn) -> list[VisitFacts]:
    """Visits of any length around the next period."""
    spots = draw(
        st.lists(
            st.tuples(st.integers(25, 65), st.integers(0, 22), st.sampled_from([30, 60, 90])), max_size=12, unique=True
        )
    )
    return [visit_of(at(june(day), hour), number, minutes) for number, (day, hour, minutes) in enumerate(spots)]


@given(KINDS, st.integers(0, 200), projected_visits(), st.integers(0, 3))
def test_no_more_is_promised_than_is_granted_and_all_of_it_is_kept(
    kind: PassKind, quantity: int, visits: list[VisitFacts], left: int
) -> None:
    facts = renewing(kind, quantity, lots=(lot_of(1, left),))
    renewed = coming(facts)

    full, answers = with_projections(renewed, visits, POLICY, NOW)

    kept = [visit for visit, answer in answers.items() if answer.pays]
    taken = sum(answers[visit].quantity for visit in kept)
    assert taken <= quantity
    assert sum(lot.available for lot in full.facts.lots) == quantity - taken
    days = {visit.day for visit in kept}
    units = {PassKind.SESSION: len(kept), PassKind.DAY: len(days), PassKind.TIME: sum(v.minutes for v in kept)}[kind]
    assert taken == units
    assert all(june(31) <= visit.day <= june(60) for visit in kept)
    # Once the renewal has come, the same visits in the same order are paid.
    then = granted(facts, renewed)
    spent = replace(then, lots=tuple(replace(lot, available=0) if lot.period_number == 1 else lot for lot in then.lots))
    real, replies = with_projections(Renewed(2, renewed.pays_at, spent), kept, POLICY, renewed.pays_at)
    assert all(reply.pays for reply in replies.values())
    assert {lot.kind for lot in real.facts.lots} == {LotKind.GRANT}


@given(st.integers(1, 70), st.integers(0, 60), st.integers(1, 20))
def test_it_is_paid_out_of_the_period_that_the_renewal_will_write(days: int, first: int, length: int) -> None:
    hold = freeze(june(first), june(first + length - 1))
    facts = renewing(validity=for_days(days), holds=(hold,))
    now = at(june(1))

    renewed = coming(facts, now)

    assert renewed.facts.windows == granted(facts, renewed).windows
    assert facts.ends_at is not None
    assert renewed.pays_at >= facts.ends_at
    assert not hold.covers(local_day(renewed.pays_at, "UTC"))
    assert renewed.pays_on == date.fromordinal(renewed.pays_at.toordinal())


def test_late_workers_do_not_make_it_lose_its_next_period() -> None:
    late = at(june(31), 9)
    renewed = coming(renewing(), late)

    assert renewed.pays_at == at(june(31))
    assert ask(renewed, visit_of(at(june(31), 10)), POLICY, late).pays
    much_later = coming(renewing(), at(june(70)))
    assert much_later.facts.windows[-1].last_day == june(90)
