"""What the rules know of one pass: a frozen picture taken under the pass's lock, or for a read."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from models.rules.activation import start_on_first_visit
from models.rules.calendar import end_of_day, local_day
from models.rules.terms import Terms
from models.rules.timeline import HoldFacts, PeriodFacts, Window, base_days, freezes, lay_out, nth_free_day
from models.rules.values import (
    Activation,
    AfterExpiration,
    ClosedReason,
    CoveredBy,
    LotKind,
    PassKind,
    PaymentMethod,
    ServiceCategory,
    UnusedAtConversion,
)


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """One visit as the rules see it. `zone` is its location's; `day` is the local date of its start there."""

    id: UUID
    client_id: UUID
    service_id: UUID
    category: ServiceCategory
    location_id: UUID
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    day: date
    zone: str = "UTC"
    guest_name: str | None = None
    """Whom the client brings, where the visit is that guest's and not the client's own."""
    projected_on: UUID | None = None
    """The pass that stands to pay for it once it has renewed."""

    @property
    def minutes(self) -> int:
        """Its length in minutes, a begun minute counted whole."""
        return -((self.starts_at - self.ends_at) // timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class LotFacts:
    """One lot with its balances. `own_first_on`/`own_last_on` are set where it does not follow its period."""

    id: UUID
    kind: LotKind
    period_number: int
    available: int
    booked: int
    used: int = 0
    forfeited: int = 0
    issued: int = 0
    own_first_on: date | None = None
    own_last_on: date | None = None
    warned_for: datetime | None = None
    """The end for which its lapse has been announced; another end is announced again."""
    window: Window = field(default_factory=Window)

    def usable(self, instant: datetime, now: datetime) -> bool:
        """Say whether it may pay for something covered at `instant`, decided at `now`."""
        return self.window.covers(instant) and (self.window.ends_at is None or now < self.window.ends_at)


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """One standing claim of a pass: what it pays for, and whether that has been consumed."""

    visit_id: UUID
    lot_id: UUID | None
    location_id: UUID
    starts_at: datetime
    booked_at: datetime
    day: date
    consumed: bool
    service_id: UUID | None = None
    category: ServiceCategory | None = None
    client_id: UUID | None = None
    guest_name: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A client with whom a pass is shared. `visits_max` is their own cap a period; None is what the terms say."""

    client_id: UUID
    visits_max: int | None = None


@dataclass(frozen=True, slots=True)
class Overdue:
    """A charge that failed: since when, how often it was tried, when last, and whether trying again is pointless."""

    since: datetime
    attempts: int
    last_attempt_at: datetime
    hard: bool


@dataclass(frozen=True, slots=True)
class PlannedConversion:
    """What a pass is to become. `on` None means at its end."""

    target_option_id: UUID
    on: date | None
    unused: UnusedAtConversion


@dataclass(frozen=True, slots=True)
class PassFacts:
    """Everything a decision about one pass reads. Build it with `laid_out` so that windows match the periods."""

    id: UUID
    client_id: UUID
    terms: Terms
    zone: str
    sold_at: datetime
    sold_on: date
    periods: tuple[PeriodFacts, ...]
    lots: tuple[LotFacts, ...] = ()
    holds: tuple[HoldFacts, ...] = ()
    claims: tuple[ClaimFacts, ...] = ()
    windows: tuple[Window, ...] = ()
    closed_reason: ClosedReason | None = None
    after_expiration: AfterExpiration = AfterExpiration.EXPIRE
    auto_renew: bool = False
    conversion: PlannedConversion | None = None
    overdue: Overdue | None = None
    renewals_done: int = 0
    order_pending: bool = False
    depleted_unasked: bool = False
    """True where the last unit asks for no renewal: it was given to another client, taken or refunded by the studio, or
    went to a visit that was old and unpaid, where the terms let none trigger."""
    week_start: int = 1
    """The ISO weekday on which the business's week begins."""
    members: tuple[Member, ...] = ()
    payment_method: PaymentMethod | None = None
    """How a renewal is charged with nobody present."""
    reminded_for: datetime | None = None
    """The instant of the charge that was announced last; a charge at another instant is announced again."""
    reminded_price_minor: int | None = None
    """The price of a renewal that was announced with it, where that may change."""
    reminder_days_min: int = 0
    """How many days before a charge the law under which it was sold wants it announced."""
    reminder_days_max: int | None = None
    """How many days before a charge that law lets it be announced at most; None is no such bound."""
    projecting: bool = False
    """Whether visits stand to be paid by its next period."""

    @property
    def kind(self) -> PassKind:
        """The kind it was sold as."""
        return self.terms.kind

    @property
    def provisional(self) -> bool:
        """True while its start may still move: it starts on its first visit, and nothing was consumed or renewed."""
        return (
            self.terms.activation is Activation.ON_FIRST_VISIT
            and len(self.periods) == 1
            and not any(claim.consumed for claim in self.claims)
            and not self.periods[0].restarts  # an import gave its start
        )

    @property
    def starts_at(self) -> datetime | None:
        """The start of its first period."""
        return self.windows[0].starts_at

    @property
    def ends_at(self) -> datetime | None:
        """The end of its last period, None where it has none or the end is paused or unknown."""
        return self.windows[-1].ends_at

    @property
    def unit_count_open(self) -> int:
        """Units that are available or booked."""
        return sum(lot.available + lot.booked for lot in self.lots)

    def held_on(self, day: date) -> bool:
        """Say whether any hold lies on `day`."""
        return any(hold.covers(day) for hold in self.holds)


def laid_out(facts: PassFacts) -> PassFacts:
    """Return the facts with the windows of periods and lots computed from days and holds."""
    windows = lay_out(facts.periods, facts.holds, facts.zone)
    whole = windows
    if any(period.cut_at for period in facts.periods) and facts.closed_reason is not ClosedReason.CONVERTED:
        # A renewal on depletion ends the period early, not what was granted in it: a unit returned keeps its expiry.
        whole = lay_out([replace(period, cut_at=None) for period in facts.periods], facts.holds, facts.zone)
    by_number = {period.number: window for period, window in zip(facts.periods, whole, strict=True)}
    frozen = freezes(facts.holds)
    lots = tuple(replace(lot, window=_lot_window(lot, by_number, frozen, facts.zone)) for lot in facts.lots)
    return replace(facts, windows=windows, lots=lots)


def _lot_window(lot: LotFacts, periods: dict[int, Window], frozen: list[tuple[date, date | None]], zone: str) -> Window:
    """A lot follows its period, except one with days of its own: it opens with the period and closes by itself."""
    follows = periods[lot.period_number]
    if lot.own_last_on is None or lot.own_first_on is None:
        return follows
    last = nth_free_day(lot.own_first_on, (lot.own_last_on - lot.own_first_on).days + 1, frozen)
    return Window(
        follows.first_day,
        last,
        follows.starts_at,
        None if last is None else end_of_day(last, zone),
        paused=last is None,
    )


def covering_instant(terms: Terms, covered: VisitFacts | ClaimFacts) -> datetime:
    """Return the instant that must lie inside the validity: the visit's start, or the moment it was booked."""
    return covered.booked_at if terms.covered_by is CoveredBy.BOOKING else covered.starts_at


def with_start(facts: PassFacts, start: date | None) -> PassFacts:
    """Return the facts of a pass whose first period starts on `start` (None: not started), laid out anew."""
    first, last = (None, None) if start is None else base_days(facts.terms, start, 0)
    period = replace(facts.periods[0], first_on=first, last_on=last)
    return laid_out(replace(facts, periods=(period, *facts.periods[1:])))


def with_provisional_start(facts: PassFacts, extra_days: tuple[date, ...] = ()) -> PassFacts:
    """Return the facts started by their live visits and `extra_days`, where the start is still provisional."""
    return with_start(facts, provisional_start(facts, extra_days)) if facts.provisional else facts


def provisional_start(facts: PassFacts, extra_days: tuple[date, ...] = ()) -> date | None:
    """Return the day on which live visits and `extra_days` would start a pass that waits for its first visit."""
    days = [local_day(covering_instant(facts.terms, claim), facts.zone) for claim in facts.claims]
    return start_on_first_visit(facts.terms, facts.sold_on, [*days, *extra_days])
