"""The same steps for the model and for the rules, in any order Hypothesis can think of; after each they must agree."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.rules.policies import Restriction
from models.rules.terms import Outcomes, Renewal, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    CoveredBy,
    OutcomeEffect,
    PassKind,
    PeriodUnit,
    RestrictionCycle,
    RestrictionPer,
    ValidityRule,
)
from tests.simulation.driver import RulesDriver, visit_at
from tests.simulation.model import PassModel
from tests.simulation.paper import AtMost, NewVisit, Sold

MINUTE = timedelta(minutes=1)
DAY_MINUTES = 24 * 60
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
# Sales shortly before something happens to the zone's clocks: summer time, a skipped midnight, a missing day.
SALES = (
    ("Europe/Paris", datetime(2025, 3, 9, 17, tzinfo=UTC)),
    ("America/Havana", datetime(2025, 10, 20, 4, 30, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 10, 28, 2, 59, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 20, 9, 59, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2024, 1, 31, 11, tzinfo=UTC)),
    ("UTC", datetime(2023, 1, 31, 0, 0, tzinfo=UTC)),
)
# Mostly within days, so that visits meet one another, holds and ends; sometimes long before or after.
AHEAD = st.integers(-600, 6 * DAY_MINUTES) | st.integers(-600, 15 * DAY_MINUTES) | st.integers(-5_000, 60 * DAY_MINUTES)
RULES = st.builds(AtMost, st.integers(1, 4), st.sampled_from(["DAY", "WEEK", "MONTH"]), st.booleans())
CYCLE = {False: RestrictionCycle.CALENDAR, True: RestrictionCycle.PASS}
EDGES = (60, 720, 2 * DAY_MINUTES)
"""Minutes after which a grace or a window ends to the minute."""
KINDS = {"SESSION": 8, "DAY": 5, "TIME": 300, "UNLIMITED": 0}


@st.composite
def sold_passes(draw: st.DrawFn) -> Sold:
    """Any pass the simulation knows."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    days = draw(st.none() | st.integers(1, 10) | st.integers(1, 40))
    months = draw(st.none() | st.integers(1, 2)) if days is None else None
    late_returns, no_show_returns = draw(st.booleans()), draw(st.booleans())
    first_visit = draw(st.booleans())
    ends = days is not None or months is not None
    return Sold(
        kind,
        draw(st.integers(1, KINDS[kind])) if KINDS[kind] else 0,
        days,
        months,
        on_first_visit=first_visit,
        start_within_days=draw(st.none() | st.integers(0, 20)) if first_visit else None,
        covered_by_booking=draw(st.integers(0, 4)) == 4,
        back_window_days=draw(st.sampled_from([0, 0, 3])),
        renews=ends and draw(st.sampled_from([True, True, False])),
        renewals_max=draw(st.none() | st.integers(1, 3)),
        late_cancel_minutes=draw(st.sampled_from([0, 60, 720, 3 * DAY_MINUTES])),
        late_cancel_returns=late_returns,
        no_show_returns=no_show_returns,
        grace_minutes=draw(st.sampled_from([0, 0, 60, 2 * DAY_MINUTES])),
        # Where nothing costs anything nothing can be free.
        free_endings=0 if late_returns and no_show_returns else draw(st.sampled_from([0, 1, 2])),
        at_most=tuple(
            draw(
                st.just([])
                | st.lists(RULES, min_size=1, max_size=3, unique_by=lambda rule: (rule.per, rule.from_start))
            )
        ),
    )


def terms_of(sold: Sold) -> Terms:
    """The same pass in the words of the rules."""
    validity = Validity()
    if sold.days or sold.months:
        unit = PeriodUnit.DAY if sold.days else PeriodUnit.MONTH
        validity = Validity(ValidityRule.PERIOD, sold.days or sold.months, unit)
    effect = {True: OutcomeEffect.RETURN, False: OutcomeEffect.FORFEIT}
    return Terms(
        PassKind(sold.kind),
        price_minor=10_000,
        quantity=sold.quantity or None,
        validity=validity,
        activation=Activation.ON_FIRST_VISIT if sold.on_first_visit else Activation.ON_SALE,
        start_within_days=sold.start_within_days,
        outcomes=Outcomes(
            late_cancel=effect[sold.late_cancel_returns],
            no_show=effect[sold.no_show_returns],
            late_cancel_minutes=sold.late_cancel_minutes,
            booking_grace_minutes=sold.grace_minutes,
            free_per_period=sold.free_endings,
        ),
        restrictions=tuple(
            Restriction(rule.visits, RestrictionPer(rule.per), CYCLE[rule.from_start]) for rule in sold.at_most
        ),
        covered_by=CoveredBy.BOOKING if sold.covered_by_booking else CoveredBy.START,
        back_window_days=sold.back_window_days,
        after_expiration=AfterExpiration.RENEW if sold.renews else AfterExpiration.EXPIRE,
        renewal=Renewal(renewals_max=sold.renewals_max),
    )


class RulesMachine(RuleBasedStateMachine):
    """Model and rules side by side."""

    @initialize(sold=sold_passes(), sale=st.sampled_from(SALES))
    def sell(self, sold: Sold, sale: tuple[str, datetime]) -> None:
        self.zone, self.now = sale
        self.tz = ZoneInfo(self.zone)
        self.driver = RulesDriver(terms_of(sold), self.zone, self.now)
        self.model = PassModel(sold, self._day(self.now))
        self.made = 0
        self._move_to(self.now)

    @rule(
        wanted=st.lists(
            st.tuples(AHEAD, st.integers(1, 120), st.integers(0, 1)),
            min_size=1,
            max_size=4,
        )
    )
    def book(self, wanted: list[tuple[int, int, int]]) -> None:
        visits = []
        for minutes, length, place in wanted:
            self.made += 1
            visits.append((self.made, self.now + minutes * MINUTE, length, place))
        ours = [self._modelled(*visit) for visit in visits]
        paid = self.driver.book(visit_at(n, place, at, length, self.now, self.zone) for n, at, length, place in visits)
        assert paid == self.model.book(ours)

    @precondition(lambda self: self._booked())
    @rule(choice=st.integers(0, 1_000), by_studio=st.sampled_from([False, False, False, True]))
    def cancel(self, choice: int, by_studio: bool) -> None:
        visit_id = self._pick(choice)
        assert self.driver.cancel(visit_id, by_studio=by_studio) == self.model.cancel(visit_id, by_studio=by_studio)

    @precondition(lambda self: self._booked())
    @rule(choice=st.sampled_from([0, 0, 0, 1, 2]), attended=st.booleans())
    def take_place(self, choice: int, attended: bool) -> None:
        """A visit comes about, or the client does not; the earliest most of the time."""
        visit_id = self._pick(choice)
        self._move_to(max(self.now, self.driver.visits[visit_id].facts.starts_at))
        for side in (self.driver, self.model):
            (side.attend if attended else side.no_show)(visit_id)

    @precondition(lambda self: self.model.status() != "EXPIRED" and len(self.model.days.holds) < 6)
    @rule(begins=st.integers(-2, 20), length=st.integers(0, 9), extends=st.booleans(), keep=st.booleans())
    def place_hold(self, begins: int, length: int, extends: bool, keep: bool) -> None:
        """A hold of so many days, or without an end."""
        first = max(self.model.today + begins, self.model.running_since())
        last = first + length - 1 if length else None
        hold_id = len(self.model.days.holds)
        self.model.place_hold(hold_id, first, last, extends=extends, keep_visits=keep)
        ends = None if last is None else date.fromordinal(last)
        self.driver.place_hold(hold_id, date.fromordinal(first), ends, extends=extends, keep_visits=keep)

    @precondition(lambda self: self._holds_to_end())
    @rule(choice=st.integers(0, 1_000), later=st.integers(0, 5))
    def end_hold(self, choice: int, later: int) -> None:
        holds = self._holds_to_end()
        hold_id = holds[choice % len(holds)]
        first, last, _ = self.model.days.holds[hold_id]
        new_last = max(first, self.model.today - 1 + later)
        if last is not None and new_last >= last:
            return
        self.model.end_hold(hold_id, new_last)
        self.driver.end_hold(hold_id, date.fromordinal(new_last))

    @rule(minutes=st.integers(1, 3 * DAY_MINUTES) | st.sampled_from(EDGES) | st.integers(1, 50 * DAY_MINUTES))
    def time_passes(self, minutes: int) -> None:
        self._move_to(self.now + minutes * MINUTE)

    @precondition(lambda self: self.driver.facts.ends_at is not None and self.driver.facts.ends_at > self.now + MINUTE)
    @rule(after=st.booleans())
    def the_end_comes(self, after: bool) -> None:
        """To the last minute of the pass, or to the first one after it."""
        ends_at = self.driver.facts.ends_at
        assert ends_at is not None
        self._move_to(ends_at if after else ends_at - MINUTE)

    @rule()
    def the_worker_runs(self) -> None:
        self.driver.work()
        self.model.work()

    @invariant()
    def they_agree(self) -> None:
        if not hasattr(self, "model"):
            return
        facts, model = self.driver.facts, self.model
        assert self.driver.balances() == model.balances()
        assert {n: visit.paid for n, visit in self.driver.visits.items()} == model.paid()
        assert {n: visit.state for n, visit in self.driver.visits.items()} == model.states()
        assert len(facts.periods) == model.periods()
        first, last = facts.windows[0].first_day, facts.windows[-1].last_day
        assert first == (None if model.first_day() is None else date.fromordinal(model.first_day() or 0))
        assert last == (None if model.last_day() is None else date.fromordinal(model.last_day() or 0))
        assert self.driver.status() == model.status()

    @invariant()
    def the_books_balance(self) -> None:
        if not hasattr(self, "driver"):
            return
        balances = self.driver.balances()
        assert all(units >= 0 for units in balances.values())
        assert sum(balances.values()) == sum(lot.issued for lot in self.driver.facts.lots)

    @invariant()
    def they_would_decide_alike(self) -> None:
        """A visit today, in a week, on the last day, and on the day after it."""
        if not hasattr(self, "model"):
            return
        ends_at = self.driver.facts.ends_at
        probes = [
            self.now + MINUTE,
            self.now + 7 * DAY_MINUTES * MINUTE,
            *([] if ends_at is None else [ends_at - MINUTE, ends_at]),
        ]
        for starts_at in probes:
            visit = visit_at(0, 0, starts_at, 1, self.now, self.zone)
            assert self.driver.would_pay(visit) == self.model.would_pay(self._modelled(0, starts_at, 1, 0))

    def _day(self, instant: datetime) -> int:
        return instant.astimezone(self.tz).date().toordinal()

    def _modelled(self, number: int, starts_at: datetime, length: int, place: int) -> NewVisit:
        return NewVisit(number, self._day(starts_at), (starts_at - EPOCH) // MINUTE, length, place)

    def _move_to(self, now: datetime) -> None:
        self.now = self.driver.now = now
        self.model.move_to(self._day(now), (now - EPOCH) // MINUTE)

    def _booked(self) -> list[int]:
        booked = [visit for visit in self.driver.visits.values() if visit.state == "BOOKED"]
        return [visit.facts.id.int for visit in sorted(booked, key=lambda each: each.facts.starts_at)]

    def _pick(self, choice: int) -> int:
        booked = self._booked()
        return booked[choice % len(booked)]

    def _holds_to_end(self) -> list[int]:
        holds = self.model.days.holds.items()
        return [n for n, (_, last, _) in holds if last is None or last >= self.model.today]
