"""May this pass pay for this visit? All reasons against it, or the lot that pays."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from models.rules.calendar import local_day, start_of_day
from models.rules.codes import Code, Reason, because
from models.rules.facts import LotFacts, PassFacts, VisitFacts, covering_instant, with_provisional_start
from models.rules.hours import hours_on, open_at
from models.rules.restrictions import reached, why_reached
from models.rules.sharing import person_of, refusals
from models.rules.status import RetryPolicy, ended, standing_at
from models.rules.values import LotKind, PassKind, Standing

_LOT_RANK = {
    LotKind.PROMOTION: 0,
    LotKind.ROLLOVER: 1,
    LotKind.MAKE_UP: 1,
    LotKind.GRANT: 2,
    LotKind.ADJUSTMENT: 2,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one pass and one visit. `quantity` is in the lot's unit; 0 on a day already claimed.

    `shared` says that the pass is another client's, who shares it with the visitor.
    """

    pass_id: UUID
    lot: LotFacts | None = None
    quantity: int = 0
    ends_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    shared: bool = False

    @property
    def pays(self) -> bool:
        """True where nothing speaks against it."""
        return not self.reasons


def decide(
    facts: PassFacts,
    visit: VisitFacts,
    policy: RetryPolicy,
    now: datetime,
    *,
    ignore_holds: bool = False,
    started: PassFacts | None = None,
) -> Decision:
    """Say whether the pass may pay for the visit, decided at `now`.

    `started` are the facts with the start that the visit would give the pass, where the caller has them already.
    """
    instant = covering_instant(facts.terms, visit)
    if started is None:
        started = with_provisional_start(facts, (local_day(instant, facts.zone),)) if facts.provisional else facts
    reasons = [*_standing(started, visit, policy, now), *_access(started, visit)]
    if not ignore_holds and started.held_on(visit.day):
        reasons.append(because(Code.ON_HOLD, day=visit.day))
    covered = covered_instant(started, instant)
    reasons += _validity(started, covered, now)
    if facts.provisional and not reasons:
        reasons += _other_visits_still_inside(started)
    if facts.terms.restrictions and started.windows[0].first_day is not None:
        reasons += [why_reached(state) for state in reached(facts, started, visit)]
    if reasons:
        return Decision(facts.id, reasons=tuple(reasons))
    shared = visit.client_id != facts.client_id
    if not facts.kind.metered:
        window = next((window for window in started.windows if window.covers(covered)), None)
        return Decision(facts.id, ends_at=window.ends_at if window else None, shared=shared)
    return _from_lots(started, visit, covered, now, shared=shared)


def ways_to_pay(facts: PassFacts, visit: VisitFacts, now: datetime, *, shared: bool) -> list[Decision]:
    """Return the decision from each lot whose dates and units let it pay, the first to be spent first.

    Only dates and units are asked, of a pass that is started: whether the visit may use the pass at all is not.
    """
    covered = covered_instant(facts, covering_instant(facts.terms, visit))
    if _validity(facts, covered, now):
        return []
    if not facts.kind.metered:
        window = next((window for window in facts.windows if window.covers(covered)), None)
        return [Decision(facts.id, ends_at=window.ends_at if window else None, shared=shared)]
    joined = _from_claimed_day(facts, visit, shared=shared)
    if joined is not None:
        return [joined]
    needed = _needed(facts, visit)
    enough = sorted((lot for lot in facts.lots if lot.available >= needed and lot.usable(covered, now)), key=lot_order)
    within = any(window.covers(covered) for window in facts.windows)
    return [
        Decision(facts.id, lot, needed, lot.window.ends_at, shared=shared)
        for lot in enough
        if within or lot.own_last_on
    ]


def stays_inside(started: PassFacts) -> bool:
    """Say whether every visit that the pass pays for lies inside its dates, as they are with this start."""
    return not _other_visits_still_inside(started)


def _standing(facts: PassFacts, visit: VisitFacts, policy: RetryPolicy, now: datetime) -> list[Reason]:
    reasons = refusals(facts, visit)
    if facts.closed_reason is not None and facts.closed_reason.by_hand:
        reasons.append(because(Code[f"PASS_{facts.closed_reason}"]))
    if standing_at(facts.overdue, policy, now) is not Standing.CURRENT:
        reasons.append(because(Code.PAYMENT_OVERDUE))
    return reasons


def _access(facts: PassFacts, visit: VisitFacts) -> list[Reason]:
    access = facts.terms.access
    by_service = access.service_ids is not None and visit.service_id in access.service_ids
    by_category = access.categories is not None and visit.category in access.categories
    everything = access.service_ids is None and access.categories is None
    reasons = []
    if not (everything or by_service or by_category):
        reasons.append(because(Code.SERVICE_NOT_INCLUDED))
    if access.location_ids is not None and visit.location_id not in access.location_ids:
        reasons.append(because(Code.LOCATION_NOT_INCLUDED))
    if access.hours is not None and not open_at(access.hours, visit.starts_at, visit.zone):
        local = visit.starts_at.astimezone(ZoneInfo(visit.zone))
        hours = hours_on(access.hours, local.isoweekday())
        reasons.append(because(Code.OUTSIDE_HOURS, at=f"{local:%H:%M}", hours=", ".join(hours) or "none"))
    return reasons


def covered_instant(facts: PassFacts, instant: datetime) -> datetime:
    """A visit within the option's back-window counts as if it came at the very start of the pass."""
    starts_at, first_day = facts.windows[0].starts_at, facts.windows[0].first_day
    if starts_at is None or first_day is None or instant >= starts_at or not facts.terms.back_window_days:
        return instant
    opens_on = first_day - timedelta(days=facts.terms.back_window_days)
    return starts_at if instant >= start_of_day(opens_on, facts.zone) else instant


def _validity(facts: PassFacts, covered: datetime, now: datetime) -> list[Reason]:
    first, last = facts.windows[0], facts.windows[-1]
    if ended(facts, now):
        return [because(Code.EXPIRED, day=last.last_day or "the day a charge for it was given up")]
    if first.starts_at is None or covered < first.starts_at:
        return [because(Code.NOT_STARTED, day=first.first_day or "its first visit")]
    if any(window.covers(covered) for window in facts.windows):
        return []
    if any(lot.own_last_on and lot.available > 0 and lot.usable(covered, now) for lot in facts.lots):
        return []
    # After an outage a visit may lie between two periods; the one before it is the one that ends too early.
    over = [window for window in facts.windows if window.ends_at is not None and window.ends_at <= covered]
    day = over[-1].last_day if over else None
    return [because(Code.ENDS_BEFORE_VISIT, day=day or "a day not known while it is on hold")]


def _other_visits_still_inside(started: PassFacts) -> list[Reason]:
    lots = {lot.id: lot for lot in started.lots}
    for claim in started.claims:
        covered = covered_instant(started, covering_instant(started.terms, claim))
        lot = lots.get(claim.lot_id) if claim.lot_id else None
        windows = started.windows if lot is None else (*started.windows, lot.window)
        if not any(window.covers(covered) for window in windows):
            return [because(Code.WOULD_END_BEFORE_OTHER_VISITS, day=started.windows[0].first_day)]
    return []


def _from_lots(facts: PassFacts, visit: VisitFacts, covered: datetime, now: datetime, *, shared: bool) -> Decision:
    joined = _from_claimed_day(facts, visit, shared=shared)
    if joined is not None:
        return joined
    needed = _needed(facts, visit)
    usable = [lot for lot in facts.lots if lot.usable(covered, now)]
    enough = [lot for lot in usable if lot.available >= needed]
    if not enough:
        left = max((lot.available for lot in usable), default=0)
        return Decision(facts.id, reasons=(because(Code.NO_SESSIONS_LEFT, left=left, needed=needed),), shared=shared)
    lot = min(enough, key=lot_order)
    return Decision(facts.id, lot, needed, lot.window.ends_at, shared=shared)


def _from_claimed_day(facts: PassFacts, visit: VisitFacts, *, shared: bool) -> Decision | None:
    if facts.kind is PassKind.DAY:
        person = person_of(facts, visit)
        for claim in facts.claims:
            if (claim.day, claim.location_id) == (visit.day, visit.location_id) and person_of(facts, claim) == person:
                lot = next(lot for lot in facts.lots if lot.id == claim.lot_id)
                return Decision(facts.id, lot, 0, lot.window.ends_at, shared=shared)
    return None


def _needed(facts: PassFacts, visit: VisitFacts) -> int:
    return visit.minutes if facts.kind is PassKind.TIME else 1


def lot_order(lot: LotFacts) -> tuple[bool, bool, float, int, UUID]:
    """Which lot of a pass is spent first: promotional, then the earliest end, then rollover before regular."""
    ends_at = lot.window.ends_at
    rank = _LOT_RANK[lot.kind]
    return (rank != 0, ends_at is None, ends_at.timestamp() if ends_at else 0.0, rank, lot.id)
