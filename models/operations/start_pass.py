"""Start a pass that waits for its first visit."""

from collections.abc import Sequence
from dataclasses import replace

from models.operations.base import Tx
from models.rules.calendar import local_day
from models.rules.facts import PassFacts, VisitFacts, covering_instant, with_provisional_start


async def start_pass(tx: Tx, facts: PassFacts, paid: Sequence[VisitFacts]) -> None:
    """Start a pass that waits for its first visit; a visit already attended settles that start as it is paid."""
    days = tuple(local_day(covering_instant(facts.terms, visit), facts.zone) for visit in paid)
    first, started = facts.periods[0], with_provisional_start(facts, days).periods[0]
    if (first.first_on, first.last_on) != (started.first_on, started.last_on):
        await write_start(tx, replace(facts, periods=(started, *facts.periods[1:])))


async def write_start(tx: Tx, started: PassFacts) -> None:
    """Write down the days of the first period, which its anchor follows."""
    first = started.periods[0]
    await tx.raw.execute(
        "UPDATE periods SET anchor_on = $1, first_on = $1, last_on = $2 WHERE pass_id = $3 AND number = 1",
        first.first_on,
        first.last_on,
        started.id,
    )
