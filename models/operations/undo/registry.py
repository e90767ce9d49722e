"""What undoes each verb, or why nothing does. A test holds it to the list of all mutations."""

from collections.abc import Awaitable, Callable

from models.operations.base import Changed, Tx
from models.operations.undo import (
    again,
    closures,
    conversions,
    created,
    disputes,
    fees,
    holds,
    lapsed,
    migrations,
    package_parts,
    packages,
    passes,
    refunds,
    renewals,
    sales,
    shares,
    studio,
    transfers,
    visits,
)
from models.operations.undo.done import Done
from models.rules.codes import Code, Reason, because

Compensator = Callable[[Tx, Done], Awaitable[Changed]]

COMPENSATORS: dict[str, Compensator] = {
    "bookVisits": visits.undo_booking,
    "payVisits": visits.undo_paying,
    "cancelVisit": visits.undo_outcome,
    "recordAttendance": visits.undo_outcome,
    "waiveOutcome": visits.undo_outcome,
    "waiveFee": visits.undo_waived_fee,
    "payFees": fees.undo_payment,
    "reportDispute": disputes.undo_report,
    "settleDispute": disputes.undo_settling,
    "placeHold": holds.undo_hold,
    "endHold": holds.undo_lifting,
    "removeHold": holds.undo_lifting,
    "placeClosure": closures.undo_closure,
    "endClosure": closures.undo_reopening,
    "removeClosure": closures.undo_reopening,
    "adjustPass": passes.undo_adjustment,
    "extendPass": passes.undo_extension,
    "extendPasses": passes.undo_extension,
    "setAutoRenew": passes.undo_auto_renew,
    "scheduleConversion": passes.undo_plan,
    "cancelConversion": passes.undo_plan,
    "deactivatePass": passes.undo_deactivation,
    "reactivatePass": passes.undo_reactivation,
    "sellPass": sales.undo_sale,
    "renewPass": renewals.undo_renewal,
    "convertPass": conversions.undo_conversion,
    "transferPass": transfers.undo_transfer,
    "claimLapsed": lapsed.undo_claim,
    "refundPass": refunds.undo_refund,
    "withdrawPass": refunds.undo_refund,
    "creditRefund": refunds.undo_credit,
    "sharePass": studio.undo_sharing,
    "approveShare": shares.undo_approval,
    "removeShare": shares.undo_removal,
    "sellPackage": packages.undo_package_sale,
    "holdPackage": holds.undo_hold,
    "renewPackage": package_parts.undo_package_renewal,
    "refundPackage": package_parts.undo_package_refund,
    "createLocation": created.undo_location,
    "createService": created.undo_service,
    "createClient": created.undo_client,
    "createHousehold": created.undo_household,
    "openSandbox": created.undo_sandbox,
    "createPackage": packages.undo_package,
    "revisePackage": packages.undo_package_revision,
    "archivePackage": packages.undo_package_archiving,
    "createPurchaseOption": studio.undo_option,
    "revisePurchaseOption": studio.undo_revision,
    "archivePurchaseOption": studio.undo_archiving,
    "setClientTypes": studio.undo_types,
    "joinHousehold": studio.undo_joining,
    "leaveHousehold": studio.undo_leaving,
    "setPolicies": studio.undo_policies,
    "migratePasses": studio.undo_migration,
    "revertMigration": migrations.undo_reversion,
    "undoOperation": again.undo_undoing,
}
"""By verb, what does it back, in the transaction of the undoing, with every lock still to take."""

_DECLINED = because(
    Code.NOT_UNDOABLE,
    sentence="its payment was declined, so it changed nothing.",
    remedy="Nothing needs to be done.",
)
BY_ITSELF = because(
    Code.NOT_UNDOABLE,
    sentence="it fell due by itself and would fall due again.",
    remedy="Change what made it fall due: extend, adjust or renew the pass, or record the visit.",
)
"""Why nothing undoes what workers did."""

NOT_UNDOABLE: dict[str, Reason] = {
    "importStudio": because(
        Code.NOT_UNDOABLE,
        sentence="it wrote the past of many clients at once, and nothing here tells what has been built on it since.",
        remedy="Open a new business and import the corrected file there.",
    ),
    "playSandbox": because(
        Code.NOT_UNDOABLE,
        sentence="playing moved the clock of the sandbox, and a clock only moves forward.",
        remedy="Open another sandbox.",
    ),
    "advanceTestClock": because(
        Code.NOT_UNDOABLE, sentence="a clock only moves forward.", remedy="Use a new sandbox with an earlier clock."
    ),
}
"""By verb, why it cannot be undone and what mends it instead."""


def why_not(verb: str, state: str, *, undone: bool) -> Reason | None:
    """Return why an operation cannot be undone at all, None where it can unless something depends on it."""
    if state == "PENDING":
        return because(Code.PAYMENT_IN_PROGRESS)
    if state == "FAILED":
        return _DECLINED
    if undone:
        return because(Code.ALREADY_UNDONE)
    return None if verb in COMPENSATORS else NOT_UNDOABLE.get(verb, BY_ITSELF)
