"""What undoes each verb, or why nothing does. A test holds it to the list of all mutations."""

from collections.abc import Awaitable, Callable

from models.operations.base import Changed, Tx
from models.operations.undo import closures, created, disputes, fees, holds, packages, passes, sales, studio, visits
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
    "sharePass": studio.undo_sharing,
    "sellPackage": packages.undo_package_sale,
    "holdPackage": holds.undo_hold,
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
}
"""By verb, what does it back, in the transaction of the undoing, with every lock still to take."""

_DECLINED = because(
    Code.NOT_UNDOABLE,
    sentence="its payment was declined, so it changed nothing.",
    remedy="Nothing needs to be done.",
)
_PACKAGES = because(
    Code.NOT_UNDOABLE,
    sentence="what is done to a package is done to its parts, each with a history of its own.",
    remedy="Correct the parts one by one.",
)
_ELSEWHERE = because(
    Code.NOT_UNDOABLE,
    sentence="what was copied into a sandbox stays there and touches nothing here.",
    remedy="Open another sandbox.",
)
BY_ITSELF = because(
    Code.NOT_UNDOABLE,
    sentence="it fell due by itself and would fall due again.",
    remedy="Change what made it fall due: extend, adjust or renew the pass, or record the visit.",
)
"""Why nothing undoes what workers did."""

NOT_UNDOABLE: dict[str, Reason] = {
    "claimLapsed": because(
        Code.NOT_UNDOABLE,
        sentence="what had lapsed is a lot of its own now, and what lapsed is history.",
        remedy="Take the units away with adjustPass.",
    ),
    "renewPass": because(
        Code.NOT_UNDOABLE,
        sentence="a period that was granted stays a period of the pass.",
        remedy="Pay back what is unused of it with refundPass.",
    ),
    "convertPass": because(
        Code.NOT_UNDOABLE,
        sentence="a period has one successor, and this one has it.",
        remedy="Convert the new pass with convertPass, or pay it back with refundPass.",
    ),
    "refundPass": because(
        Code.NOT_UNDOABLE,
        sentence="money has left for the client.",
        remedy="Sell the pass anew with sellPass, or add units with adjustPass.",
    ),
    "withdrawPass": because(
        Code.NOT_UNDOABLE,
        sentence="money has left for the client.",
        remedy="Sell the pass anew with sellPass, or add units with adjustPass.",
    ),
    "creditRefund": because(
        Code.NOT_UNDOABLE,
        sentence="the credit is the client's and may be spent.",
        remedy="Settle it with the client.",
    ),
    "revertMigration": because(
        Code.NOT_UNDOABLE, sentence="it took a migration back.", remedy="Move the passes again with migratePasses."
    ),
    "transferPass": because(
        Code.NOT_UNDOABLE,
        sentence="what was transferred is another client's.",
        remedy="Let that client transfer it back with transferPass.",
    ),
    "approveShare": because(
        Code.NOT_UNDOABLE, sentence="the member may use the pass.", remedy="End the share with removeShare."
    ),
    "removeShare": because(
        Code.NOT_UNDOABLE, sentence="the share has ended.", remedy="Share the pass anew with sharePass."
    ),
    "renewPackage": _PACKAGES,
    "refundPackage": _PACKAGES,
    "importStudio": because(
        Code.NOT_UNDOABLE,
        sentence="an import is where the books of the studio begin.",
        remedy="Open a new business and import the corrected file there.",
    ),
    "playSandbox": _ELSEWHERE,
    "advanceTestClock": because(
        Code.NOT_UNDOABLE, sentence="a clock only moves forward.", remedy="Use a new sandbox with an earlier clock."
    ),
    "undoOperation": because(
        Code.NOT_UNDOABLE,
        sentence="it undid something, and history stays.",
        remedy="Do what was undone again.",
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
