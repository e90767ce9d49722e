"""What a pass is at an instant: the first word that applies, by the dates alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.eligibility import decide
from models.rules.facts import Overdue, PassFacts, laid_out
from models.rules.status import RetryPolicy, ended, release_at, retry_at, standing_at, status_at, used_up
from models.rules.timeline import HoldFacts
from models.rules.values import ClosedReason, HoldKind, LotKind, PassKind, PassStatus, Standing
from tests.rules.build import POLICY, at, freeze, hold_lists, june, lot_of, pass_of, terms_of, visit_of

MICROSECOND = timedelta(microseconds=1)
NOW = at(june(10), 12)
FAILED = Overdue(at(june(5)), 1, at(june(5)), hard=False)

# Each word with what brings it about, from the one that goes before all others to the last. Laying several causes
# on one pass must show the first of them. NOT_STARTED and EXPIRED exclude each other, as their causes do.
CAUSES: dict[PassStatus, Callable[[PassFacts], PassFacts]] = {
    PassStatus.DEACTIVATED: lambda facts: replace(facts, closed_reason=ClosedReason.DEACTIVATED),
    PassStatus.CONVERTED: lambda facts: replace(facts, closed_reason=ClosedReason.CONVERTED),
    PassStatus.EXPIRED: lambda facts: replace(facts, periods=(replace(facts.periods[0], last_on=june(9)),), holds=()),
    PassStatus.SUSPENDED: lambda facts: replace(facts, overdue=FAILED),
    PassStatus.ON_HOLD: lambda facts: replace(facts, holds=(freeze(june(10), june(12), HoldKind.BLOCK),)),
    PassStatus.USED_UP: lambda facts: replace(facts, lots=(replace(facts.lots[0], available=0, used=10),)),
}


@given(st.sets(st.sampled_from(list(CAUSES))))
def test_the_first_word_that_applies_is_the_status(causes: set[PassStatus]) -> None:
    facts = pass_of()
    in_order = [status for status in CAUSES if status in causes]
    for status in reversed(in_order):
        facts = laid_out(CAUSES[status](facts))
    expected = in_order[0] if in_order else PassStatus.ACTIVE
    assert status_at(facts, POLICY, NOW) is expected


def test_not_started_goes_before_hold_suspension_and_emptiness() -> None:
    facts = pass_of(start=june(11), overdue=FAILED, holds=(freeze(june(1), june(20)),), lots=(lot_of(1, 0),))
    assert status_at(facts, POLICY, NOW) is PassStatus.NOT_STARTED
    assert status_at(pass_of(start=None), POLICY, NOW) is PassStatus.NOT_STARTED
    deactivated = replace(facts, closed_reason=ClosedReason.DEACTIVATED)
    assert status_at(deactivated, POLICY, NOW) is PassStatus.DEACTIVATED


@given(hold_lists(), st.sampled_from([None, ClosedReason.EXPIRED]))
def test_the_end_is_read_from_the_dates_to_the_microsecond(holds: list[HoldFacts], worker: ClosedReason | None) -> None:
    """Proof 8: whether the worker has closed the pass or not, early or late, the answer is that of the dates."""
    freezes_only = tuple(hold for hold in holds if hold.kind.extends)
    facts = pass_of(holds=freezes_only, closed_reason=worker)
    ends_at = facts.ends_at
    assert ends_at is not None
    probes = [ends_at - MICROSECOND, ends_at, ends_at + MICROSECOND]
    assert [ended(facts, probe) for probe in probes] == [False, True, True]
    statuses = [status_at(facts, POLICY, probe) for probe in probes]
    assert statuses == [PassStatus.ACTIVE, PassStatus.EXPIRED, PassStatus.EXPIRED]
    paid = [decide(facts, visit_of(ends_at - timedelta(hours=1)), POLICY, probe).pays for probe in probes]
    assert paid == [True, False, False]


@given(st.integers(-40, 80), st.integers(0, 23), hold_lists(open_ended=True))
def test_a_worker_early_late_or_twice_changes_no_decision(number: int, hour: int, holds: list[HoldFacts]) -> None:
    now, visit = at(june(number), hour), visit_of(at(june(number), 23))
    untouched = pass_of(holds=tuple(holds))
    marked = replace(untouched, closed_reason=ClosedReason.EXPIRED)
    assert status_at(untouched, POLICY, now) is status_at(marked, POLICY, now)
    assert decide(untouched, visit, POLICY, now) == decide(marked, visit, POLICY, now)


def test_a_pass_on_an_open_freeze_does_not_end() -> None:
    facts = pass_of(holds=(freeze(june(20), None),))
    assert status_at(facts, POLICY, at(june(19))) is PassStatus.ACTIVE
    assert status_at(facts, POLICY, at(june(3000))) is PassStatus.ON_HOLD


def test_a_make_up_lot_keeps_the_pass_open_until_the_lot_is_spent_or_over() -> None:
    make_up = lot_of(2, 1, kind=LotKind.MAKE_UP, own_first_on=june(25), own_last_on=june(38))
    facts = pass_of(lots=(lot_of(1, 0), make_up))
    days = {number: status_at(facts, POLICY, at(june(number))) for number in (31, 38, 39)}
    assert days == {31: PassStatus.ACTIVE, 38: PassStatus.ACTIVE, 39: PassStatus.EXPIRED}
    booked = replace(facts, lots=(facts.lots[0], replace(facts.lots[1], available=0, booked=1)))
    assert status_at(booked, POLICY, at(june(31))) is PassStatus.ACTIVE
    spent = replace(facts, lots=(facts.lots[0], replace(facts.lots[1], available=0, used=1)))
    assert status_at(spent, POLICY, at(june(31))) is PassStatus.EXPIRED


def test_a_released_pass_has_ended_whatever_its_dates() -> None:
    facts = pass_of(closed_reason=ClosedReason.RELEASED)
    assert status_at(facts, POLICY, NOW) is PassStatus.EXPIRED


def test_a_pass_is_not_used_up_while_something_is_booked_or_a_lot_is_open() -> None:
    def word(*lots: object, kind: PassKind = PassKind.SESSION) -> bool:
        return used_up(pass_of(terms_of(kind), lots=tuple(lots)), NOW)

    assert word(lot_of(1, 0))
    assert word()
    assert not word(lot_of(1, 0, booked=1))
    assert not word(lot_of(1, 1))
    assert word(lot_of(1, 1, own_first_on=june(1), own_last_on=june(9))), "a lot that is over holds nothing"
    assert not word(kind=PassKind.UNLIMITED)
    assert not word(kind=PassKind.DURATION)


def test_an_unpaid_renewal_goes_from_grace_to_suspended_to_released() -> None:
    def standing(day: int, moment: timedelta = timedelta()) -> Standing:
        return standing_at(FAILED, POLICY, at(june(5 + day)) + moment)

    assert standing_at(None, POLICY, NOW) is Standing.CURRENT
    assert [standing(0), standing(3, -MICROSECOND)] == [Standing.GRACE] * 2
    assert [standing(3), standing(14, -MICROSECOND)] == [Standing.SUSPENDED] * 2
    assert [standing(14), standing(400)] == [Standing.RELEASED] * 2


@given(st.integers(0, 30), st.integers(0, 60), st.integers(0, 40 * 24))
def test_standing_only_ever_gets_worse(grace: int, release: int, hours: int) -> None:
    policy = RetryPolicy((24,), grace, release)
    ladder = [Standing.GRACE, Standing.SUSPENDED, Standing.RELEASED]
    now = FAILED.since + timedelta(hours=hours)
    early, late = standing_at(FAILED, policy, now), standing_at(FAILED, policy, now + timedelta(hours=7))
    assert ladder.index(early) <= ladder.index(late)


def test_a_pass_whose_charge_was_given_up_reads_the_same_before_and_after_the_worker() -> None:
    late = release_at(FAILED, POLICY)
    before = pass_of(overdue=FAILED)
    after = replace(before, closed_reason=ClosedReason.RELEASED)
    for now in (late, late + timedelta(days=3)):
        assert status_at(before, POLICY, now) is status_at(after, POLICY, now) is PassStatus.EXPIRED
    assert status_at(before, POLICY, late - MICROSECOND) is PassStatus.SUSPENDED
    assert status_at(before, POLICY, at(june(6))) is PassStatus.ACTIVE, "in grace it stands as it stood"


@pytest.mark.parametrize(
    ("attempts", "hard", "due"),
    [
        (1, False, at(june(6))),
        (2, False, at(june(8))),
        (3, False, at(june(10))),
        (4, False, None),
        (1, True, None),
        (0, False, None),
    ],
)
def test_a_retry_follows_the_schedule_and_a_hard_decline_is_not_retried(
    attempts: int, hard: bool, due: datetime | None
) -> None:
    assert retry_at(Overdue(at(june(5)), attempts, at(june(5)), hard), POLICY) == due


def test_no_retry_is_due_once_the_pass_is_released() -> None:
    last_try = at(june(18))
    assert retry_at(Overdue(at(june(5)), 1, last_try, hard=False), POLICY) is None
    assert retry_at(Overdue(at(june(5)), 1, last_try - MICROSECOND, hard=False), POLICY) == at(june(19)) - MICROSECOND
