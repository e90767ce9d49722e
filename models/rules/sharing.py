"""Who may use a pass besides its owner: members of the household within their caps, and guests of the owner.

Counted are standing claims by period, as attendance restrictions count them: booked, used and forfeited ones; a
returned one does not stand. A visit counts in the period that had begun by the instant that covers it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.rules.codes import Code, Reason, because
from models.rules.facts import ClaimFacts, Member, PassFacts, VisitFacts, covering_instant

GUESTS = "guests"
"""Who counts together where the owner brings somebody."""
Who = UUID | str | None


@dataclass(frozen=True, slots=True)
class Usage:
    """How many visits of a member stand in the period that runs, of how many at most; None is no limit."""

    used: int
    limit: int | None

    @property
    def left(self) -> int | None:
        """How many more there may be; None where nothing limits them."""
        return None if self.limit is None else max(0, self.limit - self.used)


def refusals(facts: PassFacts, visit: VisitFacts) -> list[Reason]:
    """Return why the pass is not for this visitor: not shared with them, or their cap or the guests' is reached.

    A visit that already counts does not count twice. Guests come with the owner alone.
    """
    who = _who(facts, visit)
    if who is None:
        return []
    if who != GUESTS and (visit.guest_name is not None or member_of(facts, visit.client_id) is None):
        return [because(Code.NOT_SHARED_WITH_CLIENT)]
    cap = _cap(facts, who)
    if cap is None:
        return []
    used = _counts(facts, (claim for claim in facts.claims if claim.visit_id != visit.id))[who, period_of(facts, visit)]
    if used < cap:
        return []
    if who == GUESTS:
        return [because(Code.GUEST_LIMIT_REACHED, limit=cap, used=used)]
    return [because(Code.MEMBER_LIMIT_REACHED, limit=cap, used=used)]


def limits(facts: PassFacts, visits: Sequence[VisitFacts]) -> list[tuple[int, frozenset[UUID]]]:
    """Return what caps let the pass pay for among visits it does not pay for yet: of these, at most so many."""
    ids = {visit.id for visit in visits}
    counts = _counts(facts, (claim for claim in facts.claims if claim.visit_id not in ids))
    wanted: dict[tuple[Who, int], set[UUID]] = {}
    for visit in visits:
        wanted.setdefault((_who(facts, visit), period_of(facts, visit)), set()).add(visit.id)
    found = []
    for (who, number), same in wanted.items():
        cap = None if who is None else _cap(facts, who)
        if cap is not None and max(0, cap - counts[who, number]) < len(same):
            found.append((max(0, cap - counts[who, number]), frozenset(same)))
    return found


def usage(facts: PassFacts, client_id: UUID, visits_max: int | None, now: datetime) -> Usage:
    """Return what a member has used. `visits_max` is their own cap, None what the terms say."""
    number = period_at(facts, now)
    limit = facts.terms.sharing.member_visits_max if visits_max is None else visits_max
    return Usage(_counts(facts, facts.claims)[client_id, number], limit)


def member_of(facts: PassFacts, client_id: UUID) -> Member | None:
    """Return the member with whom the pass is shared, None for anybody else."""
    return next((member for member in facts.members if member.client_id == client_id), None)


def period_of(facts: PassFacts, covered: VisitFacts | ClaimFacts) -> int:
    """Return the number of the period in which a visit counts: the last that had begun, or else the first."""
    return period_at(facts, covering_instant(facts.terms, covered))


def period_at(facts: PassFacts, instant: datetime) -> int:
    """Return the number of the last period that had begun by the instant, or else of the first."""
    number = facts.periods[0].number
    for period, window in zip(facts.periods, facts.windows, strict=True):
        if window.starts_at is not None and window.starts_at <= instant:
            number = period.number
    return number


def person_of(facts: PassFacts, covered: VisitFacts | ClaimFacts) -> str:
    """Return who visits, as a claimed day keeps it: nothing for the owner, a member's id, a guest's name.

    A day of a DAY pass is one person's: whoever comes along spends a day of their own.
    """
    if covered.guest_name is not None:
        return f"guest {covered.guest_name}"
    return "" if covered.client_id in (None, facts.client_id) else str(covered.client_id)


def _who(facts: PassFacts, covered: VisitFacts | ClaimFacts) -> Who:
    if covered.client_id in (None, facts.client_id):
        return None if covered.guest_name is None else GUESTS
    return covered.client_id


def _cap(facts: PassFacts, who: Who) -> int | None:
    if who == GUESTS:
        return facts.terms.sharing.guest_visits_max
    member = member_of(facts, who) if isinstance(who, UUID) else None
    if member is None or member.visits_max is None:
        return facts.terms.sharing.member_visits_max
    return member.visits_max


def _counts(facts: PassFacts, claims: Iterable[ClaimFacts]) -> Counter[tuple[Who, int]]:
    return Counter((_who(facts, claim), period_of(facts, claim)) for claim in claims)
