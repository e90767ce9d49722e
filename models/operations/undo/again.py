"""Undo an undoing: what had been undone is done again by its own verb, as of now, where that charges nobody.

    sellPass ◀ undone by ─ undoOperation ◀ done again by ─ undoOperation ◀ undone by ─ undoOperation …

The operation that does it again stands for what was undone, and is undone as that would be.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from models.errors import refuse
from models.operations import (
    catalogue,
    change_pass,
    claim_lapsed,
    closures,
    convert_pass,
    disputes,
    end_visit,
    extend_passes,
    hold_package,
    holds,
    households,
    migrate_passes,
    packages,
    pay_fees,
    pay_visits,
    refund_package,
    refund_pass,
    renew_package,
    renew_pass,
    sell_package,
    sell_pass,
    set_policies,
    settle_refund,
    sharing,
    transfer_pass,
    withdraw_pass,
)
from models.operations.base import Actor, Changed, ToPay, Tx
from models.operations.settle_payment import fulfil
from models.operations.undo import created, studio, visits
from models.operations.undo import packages as packages_back
from models.operations.undo.done import Done
from models.rules.codec import from_plain
from models.rules.codes import Code
from models.rules.values import Role

UNDO = "undoOperation"
"""The verb of every undoing."""
VERBS: dict[str, tuple[Callable[[Tx, Any], Awaitable[Changed | ToPay | None]], type]] = {
    "payVisits": (pay_visits.pay_visits, pay_visits.PayVisits),
    "cancelVisit": (end_visit.cancel_visit, end_visit.CancelVisit),
    "recordAttendance": (end_visit.record_attendance, end_visit.RecordAttendance),
    "waiveOutcome": (end_visit.waive_outcome, end_visit.WaiveOutcome),
    "waiveFee": (pay_fees.waive_fee, pay_fees.WaiveFee),
    "placeHold": (holds.place_hold, holds.PlaceHold),
    "endHold": (holds.end_hold, holds.EndHold),
    "removeHold": (holds.remove_hold, holds.RemoveHold),
    "placeClosure": (closures.place_closure, closures.PlaceClosure),
    "endClosure": (closures.end_closure, closures.EndClosure),
    "removeClosure": (closures.remove_closure, closures.RemoveClosure),
    "adjustPass": (change_pass.adjust_pass, change_pass.AdjustPass),
    "extendPass": (change_pass.extend_pass, change_pass.ExtendPass),
    "extendPasses": (extend_passes.extend_passes, extend_passes.ExtendPasses),
    "setAutoRenew": (change_pass.set_auto_renew, change_pass.SetAutoRenew),
    "scheduleConversion": (convert_pass.schedule_conversion, convert_pass.ScheduleConversion),
    "cancelConversion": (convert_pass.cancel_conversion, convert_pass.CancelConversion),
    "deactivatePass": (change_pass.deactivate_pass, change_pass.DeactivatePass),
    "reactivatePass": (change_pass.reactivate_pass, change_pass.ReactivatePass),
    "sellPass": (sell_pass.sell_pass, sell_pass.SellPass),
    "renewPass": (renew_pass.renew_pass, renew_pass.RenewPass),
    "convertPass": (convert_pass.convert_pass, convert_pass.ConvertPass),
    "transferPass": (transfer_pass.transfer_pass, transfer_pass.TransferPass),
    "claimLapsed": (claim_lapsed.claim_lapsed, claim_lapsed.ClaimLapsed),
    "refundPass": (refund_pass.refund_pass, refund_pass.RefundPass),
    "withdrawPass": (withdraw_pass.withdraw_pass, withdraw_pass.WithdrawPass),
    "creditRefund": (settle_refund.credit_refund, settle_refund.CreditRefund),
    "sharePass": (sharing.share_pass, sharing.SharePass),
    "approveShare": (sharing.approve_share, sharing.ApproveShare),
    "removeShare": (sharing.remove_share, sharing.RemoveShare),
    "sellPackage": (sell_package.sell_package, sell_package.SellPackage),
    "renewPackage": (renew_package.renew_package, renew_package.RenewPackage),
    "refundPackage": (refund_package.refund_package, refund_package.RefundPackage),
    "holdPackage": (hold_package.hold_package, hold_package.HoldPackage),
    "revisePackage": (packages.revise_package, packages.RevisePackage),
    "archivePackage": (packages.archive_package, packages.ArchivePackage),
    "payFees": (pay_fees.pay_fees, pay_fees.PayFees),
    "reportDispute": (disputes.report_dispute, disputes.ReportDispute),
    "settleDispute": (disputes.settle_dispute, disputes.SettleDispute),
    "revisePurchaseOption": (catalogue.revise_purchase_option, catalogue.RevisePurchaseOption),
    "archivePurchaseOption": (catalogue.archive_purchase_option, catalogue.ArchivePurchaseOption),
    "setClientTypes": (households.set_client_types, households.SetClientTypes),
    "joinHousehold": (households.join_household, households.JoinHousehold),
    "leaveHousehold": (households.leave_household, households.LeaveHousehold),
    "setPolicies": (set_policies.set_policies, set_policies.SetPolicies),
    "migratePasses": (migrate_passes.migrate_passes, migrate_passes.MigratePasses),
    "revertMigration": (migrate_passes.revert_migration, migrate_passes.RevertMigration),
}
BACK = {
    "bookVisits": visits.undo_outcome,
    "createPurchaseOption": studio.undo_archiving,
    "createPackage": packages_back.undo_package_archiving,
    **dict.fromkeys(("createLocation", "createService", "createClient", "createHousehold"), created.restore),
}
"""What is rather brought back as it was: the same visits, the same option, the same client."""
AGAIN = frozenset({*VERBS, *BACK})
"""The verbs that can be carried out again once they were undone, where that charges nobody."""

_UNDONE = """
SELECT o.* FROM undoings u JOIN operations o ON o.business_id = u.business_id AND o.id = u.operation_id
WHERE u.undone_by = $1
"""


@dataclass(frozen=True, slots=True)
class Undone:
    """What a chain of undoings began with. `by_now` says that the latest of them undid it, and did not do it again."""

    verb: str
    command: dict[str, Any]
    role: Role
    client_id: UUID | None
    by_now: bool


async def undone_by(tx: Tx, undoing_id: UUID) -> Undone:
    """Return what an undoing is about, through any undoings that it undid."""
    steps, row = 0, None
    while row is None or row["verb"] == UNDO:
        row = await tx.row(_UNDONE, undoing_id if row is None else row["id"])
        steps += 1
    command = row["input"]["command"]
    return Undone(row["verb"], command, Role(row["role"]), row["client_id"], by_now=steps % 2 == 1)


async def undo_undoing(tx: Tx, done: Done) -> Changed:
    """Carry out what was undone: a client's request as theirs, everything else as the caller's.

    Errors: NOT_UNDOABLE where that is not possible or would charge somebody, and those of the verb.
    """
    undone = await undone_by(tx, done.id)
    if undone.verb in BACK:
        return await BACK[undone.verb](tx, replace(done, verb=undone.verb))
    if undone.verb not in VERBS:
        raise refuse(
            Code.NOT_UNDOABLE,
            "operationId",
            sentence="what it undid cannot be done again by itself.",
            remedy="Do it anew with {verb}.",
            verb=undone.verb,
        )
    verb, kind = VERBS[undone.verb]
    command = from_plain(kind, undone.command)
    if isinstance(command, catalogue.RevisePurchaseOption):
        current = "SELECT current_version FROM purchase_options WHERE id = $1 FOR UPDATE"
        command = replace(command, from_version=await tx.raw.fetchval(current, command.option_id))
    if isinstance(command, packages.RevisePackage):
        current = "SELECT current_version FROM packages WHERE id = $1 FOR UPDATE"
        command = replace(command, from_version=await tx.raw.fetchval(current, command.package_id))
    caller, covers = tx.actor, tx.covers
    if undone.role is Role.CLIENT:
        tx.actor = Actor(Role.CLIENT, client_id=undone.client_id)
    tx.covers = True
    changed = await verb(tx, command)
    if isinstance(changed, ToPay):
        if changed.amount_minor:
            raise refuse(
                Code.NOT_UNDOABLE,
                "operationId",
                sentence="what was paid for it has gone back, and to a new charge nobody has agreed.",
                remedy="Do it anew with {verb}, which charges for it.",
                verb=undone.verb,
            )
        changed = await fulfil(tx, changed)
    tx.actor, tx.covers = caller, covers
    assert changed is not None, "only what falls due by itself finds nothing to do"
    return changed
