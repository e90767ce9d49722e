"""What the business lets the system hold by itself."""

from dataclasses import dataclass

from models.errors import refuse
from models.operations.base import STAFF, Changed, Tx
from models.rules.codes import Code


@dataclass(frozen=True, slots=True)
class SetHoldRules:
    """Whether a disputed charge blocks what it bought, and a charge that failed for good freezes its pass.

    None leaves a rule as it is.
    """

    block_on_dispute: bool | None = None
    freeze_on_failed_charge: bool | None = None


async def set_hold_rules(tx: Tx, command: SetHoldRules) -> Changed:
    """Set what happens from now on; holds that stand are left alone. Errors: NOTHING_TO_DO."""
    tx.require(*STAFF)
    if command == SetHoldRules():
        raise refuse(Code.NOTHING_TO_DO, sentence="no rule is named.")
    await tx.raw.execute(
        """UPDATE businesses SET block_on_dispute = coalesce($2, block_on_dispute),
           freeze_on_failed_charge = coalesce($3, freeze_on_failed_charge) WHERE id = $1""",
        tx.business.id,
        command.block_on_dispute,
        command.freeze_on_failed_charge,
    )
    await tx.event(
        "business.holdRulesSet",
        blockOnDispute=command.block_on_dispute,
        freezeOnFailedCharge=command.freeze_on_failed_charge,
    )
    return Changed()
