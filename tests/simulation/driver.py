"""One pass moved by the rules alone, as the operations move it in the store, with the verbs of the model."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from models.rules.activation import start_at_sale
from models.rules.allocation import Request, after_claim, allocate
from models.rules.calendar import local_day
from models.rules.due import charge_at, lapses_soon, next_due
from models.rules.eligibility import covered_instant, decide
from models.rules.ending import MAKE_UP_DAYS_MIN, account_after, day_account, ending, is_late
from models.rules.facts import (
    ClaimFacts,
    LotFacts,
    PassFacts,
    VisitFacts,
    covering_instant,
    laid_out,
    with_provisional_start,
)
from models.rules.renewal import next_period
from models.rules.status import RetryPolicy, status_at
from models.rules.terms import Terms
from models.rules.timeline import HoldFacts, PeriodFacts, base_days
from models.rules.values import (
    Account,
    AfterExpiration,
    ClosedReason,
    DueKind,
    HoldKind,
    LotKind,
    PassKind,
    PassStatus,
    ServiceCategory,
    VisitState,
)

POLICY = RetryPolicy()
NOBODY = UUID(int=0)
LEFT = (Account.EXPIRED, Account.TRANSFERRED)


@dataclass
class Booked:
    """A visit, its state, and the claim that pays for it, if any."""

    facts: VisitFacts
    state: VisitState = VisitState.BOOKED
    lot_id: UUID | None = None
    paid: bool = False


class RulesDriver:
    """A pass of these terms, sold at `now` to a client who lives in `zone`."""

    def __init__(self, terms: Terms, zone: str, now: datetime) -> None:
        self.now = now
        self.visits: dict[int, Booked] = {}
        self.holds: dict[int, HoldFacts] = {}
        self.gone: dict[tuple[UUID, Account], int] = {}
        self.forgiven: Counter[int] = Counter()
        sold_on = local_day(now, zone)
        first = start_at_sale(terms, sold_on, None)
        first_on, last_on = (None, None) if first is None else base_days(terms, first, 0)
        self.anchor_index = 0
        self.facts = laid_out(
            PassFacts(
                UUID(int=1),
                NOBODY,
                terms,
                zone,
                now,
                sold_on,
                (PeriodFacts(1, first_on, last_on),),
                after_expiration=terms.after_expiration,
                auto_renew=terms.after_expiration is AfterExpiration.RENEW,
            )
        )
        self._grant(LotKind.GRANT, 1, terms.quantity or 0)

    # The verbs.

    def book(self, visits: Iterable[VisitFacts]) -> dict[int, bool]:
        """Book visits, each paid if the pass may pay."""
        outcomes = allocate(Request((self.facts,), tuple(visits), POLICY, self.now))
        for outcome in outcomes:
            booked = self.visits[outcome.visit.id.int] = Booked(outcome.visit)
            if outcome.paid_by is None:
                continue
            booked.paid, booked.lot_id = True, outcome.paid_by.lot.id if outcome.paid_by.lot else None
            others = [each for each in self._claimed_day(booked) if each is not booked]
            self.facts = after_claim(self.facts, outcome.visit, outcome.paid_by)
            if others and booked.lot_id:
                self._move(booked.lot_id, self._day(others), self._day([*others, booked]), 1)
        self._refresh()
        return {outcome.visit.id.int: outcome.paid_by is not None for outcome in outcomes}

    def would_pay(self, visit: VisitFacts) -> bool:
        """Say whether the pass may pay for the visit now."""
        return decide(self.facts, visit, POLICY, self.now).pays

    def cancel(self, visit_id: int, *, by_studio: bool = False) -> str:
        """Cancel a booked visit."""
        booked, outcomes = self.visits[visit_id], self.facts.terms.outcomes
        # An unpaid visit is cancelled by the studio's own table, which here says the same but for the grace.
        since = booked.facts.booked_at if booked.paid else None
        late = not by_studio and is_late(outcomes, booked.facts.starts_at, self.now, since)
        state = VisitState.LATE_CANCELLED if late else VisitState.CANCELLED
        if by_studio:
            self._end(booked, state, Account.AVAILABLE, make_up=True)
        else:
            self._come_to(booked, state)
        return state

    def attend(self, visit_id: int) -> None:
        """Record that the visit was attended."""
        self._end(self.visits[visit_id], VisitState.ATTENDED, Account.USED, make_up=False)

    def no_show(self, visit_id: int) -> None:
        """Record that the client did not come."""
        self._come_to(self.visits[visit_id], VisitState.NO_SHOW)

    def place_hold(self, hold_id: int, first: date, last: date | None, *, extends: bool, keep_visits: bool) -> None:
        """Hold the pass."""
        hold = self.holds[hold_id] = HoldFacts(HoldKind.FREEZE if extends else HoldKind.BLOCK, first, last)
        for booked in self._booked_and_paid():
            if hold.covers(booked.facts.day) and not keep_visits:
                self._end(booked, VisitState.CANCELLED, Account.AVAILABLE, make_up=True)
        self._refresh()

    def end_hold(self, hold_id: int, last: date) -> None:
        """End a hold early."""
        self.holds[hold_id] = replace(self.holds[hold_id], last_day=last)
        self._refresh()
        outside = [booked for booked in self._booked_and_paid() if not self._still_inside(booked)]
        for booked in outside:
            self._end(booked, VisitState.BOOKED, Account.AVAILABLE, make_up=False)

    def work(self) -> None:
        """Do what is due until nothing is."""
        done = 0
        while (due := next_due(self.facts, POLICY, self.now)) and due.at <= self.now:
            done += 1
            assert done < 100, f"{due.kind} stays due however often it is done"
            if due.kind is DueKind.RENEW:
                self._renew()
            elif due.kind is DueKind.EXPIRE:
                self.facts = replace(self.facts, closed_reason=ClosedReason.EXPIRED)
            elif due.kind is DueKind.WARN:
                told = {lot.id for lot, at in lapses_soon(self.facts, self.now) if at <= self.now}
                assert told, "a warning is due of no lot"
                lots = (
                    replace(lot, warned_for=lot.window.ends_at) if lot.id in told else lot for lot in self.facts.lots
                )
                self.facts = replace(self.facts, lots=tuple(lots))
                continue
            elif due.kind is DueKind.REMIND:
                charge = charge_at(self.facts)
                assert charge is not None
                assert due.at < charge, "a charge is announced after it is made"
                self.facts = replace(self.facts, reminded_for=charge)
                continue
            else:
                assert due.kind is DueKind.LOT_EXPIRE
            self._lapse()

    @staticmethod
    def _warned(lot: LotFacts, told: set[UUID]) -> LotFacts:
        return replace(lot, warned_for=lot.window.ends_at) if lot.id in told else lot

    # What a reader sees.

    def balances(self) -> dict[str, int]:
        """The units of all lots by account."""
        lots = self.facts.lots
        return {
            "available": sum(lot.available for lot in lots),
            "booked": sum(lot.booked for lot in lots),
            "used": sum(lot.used for lot in lots),
            "forfeited": sum(lot.forfeited for lot in lots),
        } | {account.lower(): sum(n for (_, to), n in self.gone.items() if to is account) for account in LEFT}

    def status(self) -> PassStatus:
        """The status now."""
        return status_at(self.facts, POLICY, self.now)

    # How the units move.

    def _refresh(self) -> None:
        facts = replace(self.facts, holds=tuple(self.holds.values()))
        self.facts = with_provisional_start(facts) if facts.provisional else laid_out(facts)

    def _grant(self, kind: LotKind, period: int, quantity: int, own: tuple[date, date] | None = None) -> None:
        if not quantity:
            return
        first, last = own or (None, None)
        lot = LotFacts(UUID(int=100 + len(self.facts.lots)), kind, period, quantity, 0, 0, 0, quantity, first, last)
        self.facts = replace(self.facts, lots=(*self.facts.lots, lot))
        self._refresh()

    def _move(self, lot_id: UUID, source: Account, target: Account, quantity: int) -> None:
        """Move units between two accounts of a lot; none may fall below zero."""
        if source is target or not quantity:
            return
        lot = next(lot for lot in self.facts.lots if lot.id == lot_id)
        left = getattr(lot, source.lower()) - quantity
        assert left >= 0, f"{source} of a lot fell below zero"
        moved = replace(lot, **{source.lower(): left})
        if target in LEFT:
            self.gone[lot_id, target] = self.gone.get((lot_id, target), 0) + quantity
        else:
            moved = replace(moved, **{target.lower(): getattr(moved, target.lower()) + quantity})
        self.facts = replace(self.facts, lots=tuple(moved if each.id == lot_id else each for each in self.facts.lots))

    def _booked_and_paid(self) -> list[Booked]:
        return [booked for booked in self.visits.values() if booked.paid and booked.state is VisitState.BOOKED]

    def _claimed_day(self, booked: Booked) -> list[Booked]:
        """The visits that stand on the same claimed day as this one; itself alone where the pass counts no days."""
        if self.facts.kind is not PassKind.DAY:
            return [booked]
        key = (booked.lot_id, booked.facts.day, booked.facts.location_id)
        return [
            each
            for each in self.visits.values()
            if each.paid and (each.lot_id, each.facts.day, each.facts.location_id) == key
        ]

    def _day(self, standing: Iterable[Booked]) -> Account:
        return day_account(account_after(self.facts.terms.outcomes, each.state) for each in standing)

    def _come_to(self, booked: Booked, state: VisitState) -> None:
        """Bring a visit to an ending of which the first ones of a period may be free."""
        period = self._period_of(booked)
        end = ending(self.facts.terms.outcomes, state, forgiven_before=self.forgiven[period])
        self.forgiven[period] += end.forgiven and booked.paid
        self._end(booked, state, end.account, make_up=end.may_make_up)

    def _period_of(self, booked: Booked) -> int:
        """The number of the period that pays: of the lot, or the one the visit lies in where nothing is counted."""
        own = [lot.period_number for lot in self.facts.lots if lot.id == booked.lot_id]
        instant = covering_instant(self.facts.terms, booked.facts)
        pairs = zip(self.facts.periods, self.facts.windows, strict=True)
        inside = [period.number for period, window in pairs if window.covers(instant)]
        return next(iter([*own, *inside]), self.facts.periods[-1].number)

    def _end(self, booked: Booked, state: VisitState, target: Account, *, make_up: bool) -> None:
        """Bring a visit to its end, and what pays for it to `target`; AVAILABLE releases the claim."""
        if not booked.paid:
            booked.state = state
            return
        together = self._claimed_day(booked)
        before, lot_id = self._day(together), booked.lot_id
        booked.state = state
        if target is Account.AVAILABLE:
            booked.paid, booked.lot_id = False, None
        after = self._day(each for each in together if each.paid)
        self.facts = replace(self.facts, claims=self._claims_after(booked))
        if lot_id is not None and before is not after:
            needed = booked.facts.minutes if self.facts.kind is PassKind.TIME else 1
            self._move(lot_id, before, after, needed)
            if after is Account.AVAILABLE:
                self._came_back(lot_id, needed, make_up=make_up)
        self._refresh()

    def _claims_after(self, booked: Booked) -> tuple[ClaimFacts, ...]:
        return tuple(
            replace(claim, consumed=booked.state.consumed) if claim.visit_id == booked.facts.id else claim
            for claim in self.facts.claims
            if booked.paid or claim.visit_id != booked.facts.id
        )

    def _came_back(self, lot_id: UUID, quantity: int, *, make_up: bool) -> None:
        lot = next(lot for lot in self.facts.lots if lot.id == lot_id)
        if lot.window.ends_at is None or self.now < lot.window.ends_at:
            return
        self._move(lot_id, Account.AVAILABLE, Account.TRANSFERRED if make_up else Account.EXPIRED, quantity)
        if make_up:
            today = local_day(self.now, self.facts.zone)
            self._grant(LotKind.MAKE_UP, lot.period_number, quantity, (today, today + timedelta(days=MAKE_UP_DAYS_MIN)))

    def _still_inside(self, booked: Booked) -> bool:
        covered = covered_instant(self.facts, covering_instant(self.facts.terms, booked.facts))
        own = [lot.window for lot in self.facts.lots if lot.id == booked.lot_id]
        return any(window.covers(covered) for window in (*self.facts.windows, *own))

    def _lapse(self) -> None:
        for lot in self.facts.lots:
            if lot.available and lot.window.ends_at is not None and lot.window.ends_at <= self.now:
                self._move(lot.id, Account.AVAILABLE, Account.EXPIRED, lot.available)

    def _renew(self) -> None:
        anchor = self.facts.periods[0].first_on
        assert anchor is not None
        granted = next_period(self.facts, anchor, self.anchor_index, self.now, on_depletion=False)
        assert (granted.anchor_on, granted.restarts, granted.opens_at) == (anchor, False, None)
        self.anchor_index = granted.anchor_index
        period = PeriodFacts(granted.number, granted.first_on, granted.last_on)
        done = self.facts.renewals_done + 1
        self.facts = replace(self.facts, periods=(*self.facts.periods, period), renewals_done=done)
        self._refresh()
        self._grant(LotKind.GRANT, period.number, self.facts.terms.quantity or 0)


def visit_at(number: int, place: int, starts_at: datetime, length: int, booked_at: datetime, zone: str) -> VisitFacts:
    """A visit of the pass's client that every pass opens."""
    return VisitFacts(
        UUID(int=number),
        NOBODY,
        NOBODY,
        ServiceCategory.CLASS,
        UUID(int=place),
        starts_at,
        starts_at + timedelta(minutes=length),
        booked_at,
        local_day(starts_at, zone),
    )
