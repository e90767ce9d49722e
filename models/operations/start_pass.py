"""Start a pass that waits for its first visit."""

from collections.abc import Sequence

from models.operations.base import Tx
from models.rules.calendar import local_day
from models.rules.facts import PassFacts, VisitFacts, covering_instant, with_provisional_start


async def start_pass(tx: Tx, facts: PassFacts, paid: Sequence[VisitFacts]) -> None:
    """Start a pass that waits for its first visit; a visit already attended settles that start as it is paid."""
    days = tuple(local_day(covering_instant(facts.terms, visit), facts.zone) for visit in paid)
    first, started = facts.periods[0], with_provisional_start(facts, days).periods[0]
    if (first.first_on, first.last_on) != (started.first_on, started.last_on):
        await tx.raw.execute(
            "UPDATE periods SET anchor_on = $1, first_on = $1, last_on = $2 WHERE pass_id = $3 AND number = 1",
            started.first_on,
            started.last_on,
            facts.id,
        )
