"""A pass that still runs and whose charge has failed for good stands still until it is paid, where that is wanted."""

from dataclasses import replace

from models.operations.base import Tx
from models.operations.write_hold import NewHold, lift_now, standing_holds, write_hold
from models.queries.facts import load_passes
from models.rules.calendar import local_day
from models.rules.facts import PassFacts, laid_out
from models.rules.status import ended
from models.rules.timeline import HoldFacts
from models.rules.values import HoldCause, HoldKind


async def freeze_for_failed_charge(tx: Tx, facts: PassFacts) -> None:
    """Freeze a pass that still runs and whose charge has failed for good, where the business has that done."""
    held = any(map(_stands, facts.holds))
    if held or not tx.business.freeze_on_failed_charge or facts.closed_reason is not None or ended(facts, tx.now):
        return
    first_day, cause = local_day(tx.now, facts.zone), HoldCause.FAILED_CHARGE
    await write_hold(tx, facts, NewHold(HoldKind.FREEZE, first_day, None, keep_visits=True, cause=cause))


async def thaw_after_failed_charge(tx: Tx, facts: PassFacts) -> PassFacts:
    """Lift the freeze a failed charge brought, now that it is paid or no longer owed. Returns the facts after it."""
    if not any(map(_stands, facts.holds)):
        return facts
    for hold in await standing_holds(tx, "pass_id = $1 AND cause = 'FAILED_CHARGE'", facts.id):
        await lift_now(tx, hold, facts)
    return (await load_passes(tx.raw, [facts.id]))[facts.id]


def without_failed_charge(facts: PassFacts) -> PassFacts:
    """Return the facts as they are once the charge is paid and the freeze that it brought is lifted."""
    left = tuple(hold for hold in facts.holds if not _stands(hold))
    return facts if len(left) == len(facts.holds) else laid_out(replace(facts, holds=left))


def _stands(hold: HoldFacts) -> bool:
    return hold.cause is HoldCause.FAILED_CHARGE and hold.last_day is None
