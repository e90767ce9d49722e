"""Whether passes pay for more visits than their attendance restrictions allow, by the same rules that book them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.facts import load_passes
from models.rules.facts import PassFacts
from models.rules.policies import Restriction
from models.rules.restrictions import exceeding
from models.rules.values import Activation, RestrictionCycle

_BATCH = 500
# A PASS cycle moves with every hold, also with one that was taken back since: what was booked before keeps standing.
_RESTRICTED = """
SELECT p.id, EXISTS (SELECT FROM holds h WHERE h.business_id = p.business_id AND h.pass_id = p.id) AS was_held
FROM passes p
JOIN purchase_option_versions v
  ON v.business_id = p.business_id AND v.option_id = p.option_id AND v.version = p.option_version
WHERE coalesce(p.terms_override->'restrictions', v.terms->'restrictions')->0 IS NOT NULL
  AND EXISTS (SELECT FROM periods n WHERE n.business_id = p.business_id AND n.pass_id = p.id)
  AND NOT EXISTS (
    SELECT FROM lots l WHERE l.business_id = p.business_id AND l.pass_id = p.id
      AND NOT EXISTS (SELECT FROM periods n WHERE n.pass_id = p.id AND n.number = l.period_number)
  )
  -- What was booked stays paid where a pass is moved to terms that allow less, or back to those it was sold under.
  AND NOT EXISTS (
    SELECT FROM option_migrations m WHERE m.business_id = p.business_id AND m.pass_id = p.id
  )
ORDER BY p.id
"""


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A restriction of a pass, and how many of its standing claims it does not allow."""

    pass_id: UUID
    restriction: Restriction
    claims: int

    @property
    def figures(self) -> dict[str, Any]:
        """What shows it."""
        allowed = self.restriction
        return {"visits_max": allowed.visits_max, "per": allowed.per, "cycle": allowed.cycle, "exceeding": self.claims}


async def exceeded_restrictions(reader: asyncpg.Connection, limit: int) -> list[Exceeded]:
    """Return up to about `limit` restrictions that are exceeded, leaving out those whose cycles may have moved.

    Passes that were moved to another version are left out too: what they pay for was booked under other terms.
    """
    rows = await reader.fetch(_RESTRICTED)
    held = {row["id"] for row in rows if row["was_held"]}
    ids = [row["id"] for row in rows]
    found: list[Exceeded] = []
    for start in range(0, len(ids), _BATCH):
        for facts in (await load_passes(reader, ids[start : start + _BATCH])).values():
            found += [
                Exceeded(facts.id, restriction, claims)
                for restriction, claims in exceeding(facts)
                if not _moves(facts, restriction, was_held=facts.id in held)
            ]
        if len(found) >= limit:
            break
    return found


def _moves(facts: PassFacts, restriction: Restriction, *, was_held: bool) -> bool:
    """Say whether the cycles may have been others when a visit was booked. What begins the pass also bounds what is
    carried, so an allowance that goes on moves with the first visit too."""
    waits = facts.terms.activation is Activation.ON_FIRST_VISIT
    by_pass = restriction.cycle is RestrictionCycle.PASS
    return (by_pass and (was_held or waits)) or (restriction.rollover is not None and waits)
