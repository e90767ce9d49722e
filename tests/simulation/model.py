"""One pass as a studio owner would keep it on paper: the oracle of the simulations.

It is written from the description of the domain and calls none of the rules. It knows no instants and no zones: a day
is an ordinal (`date.toordinal()`), a moment is the local day of the pass's zone and a count of minutes, and whatever
the rules compute it counts, one day after another. Balances are counted from the visits each time they are asked for.

Use it like this, next to the system under test, and compare after every step::

    model = PassModel(Sold("SESSION", quantity=10, days=30), today)
    model.move_to(today, minute)                        # the clock of the business
    model.book([NewVisit(1, day, minute, 60, place=0)])  # {1: True}: which of the visits are paid
    model.cancel(1), model.attend(1), model.no_show(1)   # ids are the caller's own
    model.place_hold(1, first, last, extends=True), model.end_hold(1, last)  # days, the last None for open
    model.work()                                        # everything that is due by now is made official
    model.balances(), model.paid(), model.last_day(), model.status(), model.periods()

`work` may be called late, early, or twice; nothing but the balances `expired` and `transferred`, the lots and the
periods changes with it. Renewals are on expiry and always paid for; unused units lapse with their period.
"""

from collections import Counter
from collections.abc import Iterable

from tests.simulation.best import best_way
from tests.simulation.paper import Days, Lot, NewVisit, Sold, Span, Visit

MAKE_UP_DAYS = 15
STRONGEST_FIRST = ("used", "booked", "forfeited")


class PassModel:
    """See the module."""

    def __init__(self, sold: Sold, today: int) -> None:
        self.sold, self.sold_on = sold, today
        self.today, self.minute = today, 0
        self.days = Days(sold)
        self.lots = [Lot(0, sold.quantity)] if sold.quantity else []
        self.visits: dict[int, Visit] = {}
        self.fixed_start = None if sold.on_first_visit else today
        self.closed = False
        self.forgiven: Counter[int] = Counter()

    # What happens.

    def move_to(self, today: int, minute: int) -> None:
        """Set the clock."""
        self.today, self.minute = today, minute

    def book(self, visits: Iterable[NewVisit]) -> dict[int, bool]:
        """Book visits, paid in the best of all ways to pay for them together; return which are paid."""
        asked = [
            Visit(each, self.today, self.minute) for each in sorted(visits, key=lambda visit: (visit.minute, visit.id))
        ]
        for visit, paid_from in zip(asked, best_way(self, asked), strict=True):
            self.put(visit, paid_from)
        return {visit.asked.id: visit.paid for visit in asked}

    def put(self, visit: Visit, paid_from: int | str | None) -> None:
        """Note a visit: paid from this lot, by "all" for what counts nothing, or unpaid."""
        visit.paid, visit.lot = paid_from is not None, paid_from if isinstance(paid_from, int) else None
        self.visits[visit.asked.id] = visit

    def would_pay(self, visit: NewVisit) -> bool:
        """Say whether the visit would be paid if it were booked now."""
        return bool(self.ways_to_pay(Visit(visit, self.today, self.minute)))

    def cancel(self, visit_id: int, *, by_studio: bool = False) -> str:
        """Cancel a booked visit; return the state it is then in."""
        visit = self.visits[visit_id]
        late = not by_studio and visit.asked.minute - self.minute < self.sold.late_cancel_minutes
        if visit.paid and self.sold.grace_minutes and self.minute - visit.booked_at <= self.sold.grace_minutes:
            late = False
        if late:
            self._cost(visit, "LATE_CANCELLED", returns=self.sold.late_cancel_returns)
        else:
            visit.state = "CANCELLED"
            self._unpay(visit, make_up=True)
        return visit.state

    def attend(self, visit_id: int) -> None:
        """Record that the visit was attended."""
        visit = self.visits[visit_id]
        self._consume(visit)
        visit.state = "ATTENDED"

    def no_show(self, visit_id: int) -> None:
        """Record that the client did not come."""
        self._cost(self.visits[visit_id], "NO_SHOW", returns=self.sold.no_show_returns)

    def place_hold(
        self, hold_id: int, first: int, last: int | None, *, extends: bool, keep_visits: bool = False
    ) -> None:
        """Hold the pass; booked visits inside are cancelled and returned unless they are kept."""
        self.days.holds[hold_id] = (first, last, extends)
        for visit in self._booked_and_paid():
            if not keep_visits and first <= visit.asked.day and (last is None or visit.asked.day <= last):
                visit.state = "CANCELLED"
                self._unpay(visit, make_up=True)

    def end_hold(self, hold_id: int, last: int) -> None:
        """End a hold early; what pays for booked visits that now lie outside goes back, and they are unpaid."""
        first, _, extends = self.days.holds[hold_id]
        self.days.holds[hold_id] = (first, last, extends)
        spans = self._spans()
        outside = [visit for visit in self._booked_and_paid() if not self._still_inside(visit, spans)]
        for visit in outside:
            self._unpay(visit, make_up=False)

    def work(self) -> None:
        """Make everything official that is due by now."""
        while self._lapse_own() or self._after_the_end():
            pass

    # What must be true.

    def paid(self) -> dict[int, bool]:
        """Which visits are paid by the pass."""
        return {visit_id: visit.paid for visit_id, visit in self.visits.items()}

    def states(self) -> dict[int, str]:
        """The state of each visit."""
        return {visit_id: visit.state for visit_id, visit in self.visits.items()}

    def balances(self) -> dict[str, int]:
        """The units of all lots by where they stand."""
        every = [self._balances(lot) for lot in range(len(self.lots))]
        names = ("available", "booked", "used", "forfeited", "expired", "transferred")
        return {name: sum(balances[name] for balances in every) for name in names}

    def last_day(self) -> int | None:
        """The last day of the last period; None without an end, before the start, or while the end is open."""
        return self._spans()[-1].last

    def first_day(self) -> int | None:
        """The first day, None before anything has started the pass."""
        return self._spans()[0].first

    def running_since(self) -> int:
        """The first day of the period that runs today, else today: no hold begins earlier."""
        running = [span.first for span in self._spans() if span.first is not None and span.covers(self.today)]
        return min(running, default=self.today)

    def periods(self) -> int:
        """How many periods were granted."""
        return len(self.days.indexes)

    def status(self) -> str:
        """The word a reader sees."""
        spans = self._spans()
        if spans[0].first is None or self.today < spans[0].first:
            return "NOT_STARTED"
        if self._over(spans):
            return "EXPIRED"
        if self.days.held(self.today):
            return "ON_HOLD"
        if self.sold.kind != "UNLIMITED" and not any(self._open(lot, spans) for lot in range(len(self.lots))):
            return "USED_UP"
        return "ACTIVE"

    # How it is counted.

    def _spans(self, also: int | None = None) -> list[Span]:
        """The days of each period, should a visit covered by the day `also` be booked as well."""
        return self.days.spans(self._start(also))

    def _booked_and_paid(self) -> list[Visit]:
        return [visit for visit in self.visits.values() if visit.paid and visit.state == "BOOKED"]

    def _standing(self) -> list[Visit]:
        return [visit for visit in self.visits.values() if visit.paid]

    def _cover_day(self, visit: Visit) -> int:
        return visit.booked_on if self.sold.covered_by_booking else visit.asked.day

    def _start(self, also: int | None = None) -> int | None:
        if self.fixed_start is not None:
            return self.fixed_start
        days = [self._cover_day(visit) for visit in self._standing()]
        days += [] if also is None else [also]
        days += [] if self.sold.start_within_days is None else [self.sold_on + self.sold.start_within_days]
        return max(self.sold_on, min(days)) if days else None

    def _lot_span(self, lot: int, spans: list[Span]) -> Span:
        period, made_up_on = spans[self.lots[lot].period], self.lots[lot].made_up_on
        return period if made_up_on is None else Span(period.first, self.days.count(made_up_on, MAKE_UP_DAYS))

    def _balances(self, lot: int) -> dict[str, int]:
        paid, kept = [visit for visit in self._standing() if visit.lot == lot], self.lots[lot]
        found = {"booked": 0, "used": 0, "forfeited": 0, "expired": kept.expired, "transferred": kept.transferred}
        if self.sold.kind == "DAY":
            for claimed in {(visit.asked.day, visit.asked.place) for visit in paid}:
                accounts = {visit.account for visit in paid if (visit.asked.day, visit.asked.place) == claimed}
                found[next(account for account in STRONGEST_FIRST if account in accounts)] += 1
        else:
            for visit in paid:
                found[visit.account] += visit.asked.length if self.sold.kind == "TIME" else 1
        return {"available": kept.quantity - sum(found.values()), **found}

    def _open(self, lot: int, spans: list[Span]) -> bool:
        balances, last = self._balances(lot), self._lot_span(lot, spans).last
        return balances["booked"] > 0 or (balances["available"] > 0 and (last is None or self.today <= last))

    def _over(self, spans: list[Span]) -> bool:
        last = spans[-1].last
        if last is None or self.today <= last:
            return False
        for lot, kept in enumerate(self.lots):
            own = None if kept.made_up_on is None else self._lot_span(lot, spans)
            if own and (own.last is None or self.today <= own.last):
                balances = self._balances(lot)
                if balances["available"] + balances["booked"] > 0:
                    return False
        return True

    def _covered(self, day: int, start: int | None) -> int:
        in_back_window = start is not None and start - self.sold.back_window_days <= day < start
        return start if in_back_window and start is not None else day

    def ways_to_pay(self, visit: Visit) -> list[tuple[int | str, float, int]]:
        """Every way to pay for the visit: the lot or "all", its last day, and how many of its units that takes."""
        provisional = self.fixed_start is None
        spans = self._spans(self._cover_day(visit) if provisional else None)
        covered = self._covered(self._cover_day(visit), spans[0].first)
        if self.days.held(visit.asked.day) or self._over(spans):
            return []
        own = [self._lot_span(lot, spans) for lot in range(len(self.lots))]
        ends = [float("inf") if span.last is None else span.last for span in own]
        usable = [lot for lot, span in enumerate(own) if span.covers(covered) and self.today <= ends[lot]]
        made_up = [lot for lot in usable if self.lots[lot].made_up_on and self._balances(lot)["available"]]
        if not made_up and not any(span.covers(covered) for span in spans):
            return []
        if provisional and not all(self._still_inside(other, spans) for other in self._standing()):
            return []
        if self._too_often(visit, spans[0].first):
            return []
        if self.sold.kind == "UNLIMITED":
            return [("all", 0, 0)]
        for other in self._standing():
            if self.sold.kind == "DAY" and (other.asked.day, other.asked.place) == (visit.asked.day, visit.asked.place):
                return [] if other.lot is None else [(other.lot, ends[other.lot], 0)]
        needed = visit.asked.length if self.sold.kind == "TIME" else 1
        enough = [lot for lot in usable if self._balances(lot)["available"] >= needed]
        return [(lot, ends[lot], needed) for lot in enough]

    def _too_often(self, visit: Visit, start: int | None) -> bool:
        """Say whether more visits than before would be too many, of a pass that the visit lets start on `start`."""
        days = [other.asked.day for other in self._standing() if other is not visit]
        return any(
            self.days.too_many(rule, start, [*days, visit.asked.day]) > self.days.too_many(rule, self._start(), days)
            for rule in self.sold.at_most
        )

    def _still_inside(self, visit: Visit, spans: list[Span]) -> bool:
        day = self._covered(self._cover_day(visit), spans[0].first)
        own = [] if visit.lot is None else [self._lot_span(visit.lot, spans)]
        return any(span.covers(day) for span in [*spans, *own])

    def _cost(self, visit: Visit, state: str, *, returns: bool) -> None:
        """End a visit as one that costs its unit, unless the option lets it return or a free ending is left."""
        forgiven = not returns and visit.paid and self._forgives(visit)
        if not returns and not forgiven:
            self._consume(visit)
        visit.state = state
        if returns or forgiven:
            self._unpay(visit, make_up=forgiven)

    def _consume(self, visit: Visit) -> None:
        if visit.paid and self.fixed_start is None:
            self.fixed_start = self._start()

    def _forgives(self, visit: Visit) -> bool:
        """Say whether the period that pays has a free ending left, and take it if so."""
        spans = self._spans()
        inside = [number for number, span in enumerate(spans) if span.covers(self._cover_day(visit))]
        period = self.lots[visit.lot].period if visit.lot is not None else min(inside, default=len(spans) - 1)
        self.forgiven[period] += 1
        return self.forgiven[period] <= self.sold.free_endings

    def _unpay(self, visit: Visit, *, make_up: bool) -> None:
        if not visit.paid:
            return
        lot, last = visit.lot, None if visit.lot is None else self._lot_span(visit.lot, self._spans()).last
        before = 0 if lot is None else self._balances(lot)["available"]
        visit.paid, visit.lot = False, None
        if lot is None or last is None or self.today <= last:
            return
        returned = self._balances(lot)["available"] - before
        if returned and make_up:
            self.lots[lot].transferred += returned
            self.lots.append(Lot(self.lots[lot].period, returned, self.today))
        else:
            self.lots[lot].expired += returned

    def _lapse_own(self) -> bool:
        """Lapse what is over, once some lot ends by itself; what ends with the pass waits for the pass's end."""
        spans = self._spans()
        over = self._over_lots(spans)
        by_itself = [lot for lot in over if self.closed or self._lot_span(lot, spans).last != spans[-1].last]
        if by_itself:
            self._lapse(over)
        return bool(by_itself)

    def _over_lots(self, spans: list[Span]) -> list[int]:
        lasts = [self._lot_span(lot, spans).last for lot in range(len(self.lots))]
        past = [lot for lot, last in enumerate(lasts) if last is not None and last < self.today]
        return [lot for lot in past if self._balances(lot)["available"]]

    def _lapse(self, over: list[int]) -> None:
        for lot in over:
            self.lots[lot].expired += self._balances(lot)["available"]

    def _after_the_end(self) -> bool:
        spans = self._spans()
        last = spans[-1].last
        if self.closed or last is None or self.today <= last:
            return False
        limit = self.sold.renewals_max
        if self.sold.renews and (limit is None or len(self.days.indexes) <= limit):
            return self._renew(last, spans[0].first)
        self.closed = True
        self._lapse(self._over_lots(spans))
        return True

    def _renew(self, last: int, start: int | None) -> bool:
        if start is None or self.days.renewal_day(last, self.today) is None:
            return False
        self.fixed_start = start
        self.days.renew(start, last, self.today)
        if self.sold.quantity:
            self.lots.append(Lot(len(self.days.indexes) - 1, self.sold.quantity))
        self._lapse(self._over_lots(self._spans()))
        return True
