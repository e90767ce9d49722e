"""Short ways to write down passes, visits and instants for the tests of the rules."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from models.rules.calendar import local_day
from models.rules.facts import ClaimFacts, LotFacts, PassFacts, VisitFacts, laid_out
from models.rules.status import RetryPolicy
from models.rules.terms import Renewal, Terms, Validity
from models.rules.timeline import HoldFacts, PeriodFacts, base_days
from models.rules.values import (
    Activation,
    HoldKind,
    LotKind,
    PassKind,
    PeriodUnit,
    ServiceCategory,
    ValidityRule,
)

POLICY = RetryPolicy()
CLIENT, OTHER_CLIENT = UUID(int=1), UUID(int=2)
YOGA, BOXING = UUID(int=11), UUID(int=12)
STUDIO, ANNEX = UUID(int=21), UUID(int=22)
JUNE = date(2025, 6, 1)


def june(day: int) -> date:
    """The day of June 2025; 31 is 1 July, 0 is 31 May."""
    return JUNE + timedelta(days=day - 1)


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """An instant of `day` in UTC, the zone of every pass here unless a test says otherwise."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def for_days(count: int) -> Validity:
    """Validity of so many days."""
    return Validity(ValidityRule.PERIOD, count, PeriodUnit.DAY)


def for_months(count: int) -> Validity:
    """Validity of so many months."""
    return Validity(ValidityRule.PERIOD, count, PeriodUnit.MONTH)


def terms_of(kind: PassKind = PassKind.SESSION, quantity: int | None = 10, **changes: Any) -> Terms:
    """Terms of 30 days from the sale, of whose end nobody is warned, unless changed."""
    changes.setdefault("validity", for_days(30))
    changes.setdefault("warn_days", 0)
    changes.setdefault("renewal", Renewal(reminder_days=0))
    return Terms(kind, 10_000, quantity if kind.metered else None, **changes)


def lot_of(number: int, available: int, *, kind: LotKind = LotKind.GRANT, period: int = 1, **changes: Any) -> LotFacts:
    """A lot with the id `number`."""
    changes.setdefault("issued", available)
    changes.setdefault("booked", 0)
    return LotFacts(UUID(int=1_000 + number), kind, period, available, **changes)


def freeze(first: date, last: date | None, kind: HoldKind = HoldKind.FREEZE) -> HoldFacts:
    """A hold on the days, both inclusive."""
    return HoldFacts(kind, first, last)


def pass_of(terms: Terms | None = None, start: date | None = JUNE, number: int = 100, **changes: Any) -> PassFacts:
    """A pass sold on 1 June 2025 with its first period from `start` and one full lot, unless changed."""
    terms = terms or terms_of()
    first, last = (None, None) if start is None else base_days(terms, start, 0)
    changes.setdefault("periods", (PeriodFacts(1, first, last),))
    if terms.kind.metered:
        changes.setdefault("lots", (lot_of(number, terms.quantity or 0),))
    changes.setdefault("zone", "UTC")
    changes.setdefault("sold_at", at(JUNE))
    changes.setdefault("sold_on", JUNE)
    changes.setdefault("after_expiration", terms.after_expiration)
    return laid_out(PassFacts(UUID(int=number), CLIENT, terms, **changes))


def visit_of(starts_at: datetime, number: int = 500, minutes: int = 60, **changes: Any) -> VisitFacts:
    """A visit of the client to yoga at the studio, booked on 1 June 2025 unless changed."""
    visit = VisitFacts(
        id=UUID(int=number),
        client_id=CLIENT,
        service_id=YOGA,
        category=ServiceCategory.CLASS,
        location_id=STUDIO,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        booked_at=at(JUNE),
        day=local_day(starts_at, changes.pop("zone", "UTC")),
    )
    return replace(visit, **changes)


def claim_of(visit: VisitFacts, lot: LotFacts | None = None, *, consumed: bool = False) -> ClaimFacts:
    """The claim that ties the visit to a pass."""
    return ClaimFacts(
        visit.id,
        lot.id if lot else None,
        visit.location_id,
        visit.starts_at,
        visit.booked_at,
        visit.day,
        consumed,
        client_id=visit.client_id,
        guest_name=visit.guest_name,
    )


def starting_on_first_visit(**changes: Any) -> Terms:
    """Terms of 30 days from the first visit, unless changed."""
    return terms_of(activation=Activation.ON_FIRST_VISIT, **changes)


def frozen_by(holds: Iterable[HoldFacts], day: date) -> bool:
    """Say whether a hold that extends lies on the day, by looking at each."""
    return any(
        hold.kind is not HoldKind.BLOCK and hold.first_day <= day and (hold.last_day is None or day <= hold.last_day)
        for hold in holds
    )


def hold_lists(*, open_ended: bool = False) -> st.SearchStrategy[list[HoldFacts]]:
    """Up to five holds of every kind within two months of 1 June 2025, overlapping or not."""
    first, length = st.integers(-10, 50), st.integers(1, 20)
    ended = st.builds(
        lambda kind, day, days: HoldFacts(kind, june(day), june(day + days - 1)),
        st.sampled_from(list(HoldKind)),
        first,
        length,
    )
    unended = st.builds(lambda kind, day: HoldFacts(kind, june(day), None), st.sampled_from(list(HoldKind)), first)
    return st.lists(ended | unended if open_ended else ended, max_size=5)
