"""The one place that moves units: each move writes its transfer and changes the lot's balances in one statement."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from models.operations.base import Tx
from models.rules.value import taken_with
from models.rules.values import Account, LotKind, LotUnit
from models.tables.base import new_id
from models.tables.ledger import BALANCES, lots, transfers


async def grant(
    tx: Tx,
    pass_id: UUID,
    period_number: int,
    kind: LotKind,
    unit: LotUnit,
    quantity: int,
    *,
    own_days: tuple[date, date] | None = None,
    value_minor: int = 0,
) -> UUID:
    """Issue a new lot of `quantity` units, all available. `own_days` gives it days apart from its period's."""
    lot_id = new_id()
    row = dict.fromkeys(BALANCES, 0) | {
        "id": lot_id,
        "pass_id": pass_id,
        "period_number": period_number,
        "kind": kind,
        "unit": unit,
        "issued": quantity,
        "available": quantity,
        "own_first_on": own_days[0] if own_days else None,
        "own_last_on": own_days[1] if own_days else None,
        "starts_at": None,
        "expires_at": None,
        "value_minor": value_minor,
        "operation_id": tx.operation_id,
        "created_at": tx.now,
    }
    await tx.insert(lots, row)
    if quantity:
        await tx.insert(transfers, _transfer(tx, lot_id, pass_id, Account.ISSUED, Account.AVAILABLE, quantity))
    return lot_id


async def carried(tx: Tx, lot_id: UUID, quantity: int, account: Account = Account.TRANSFERRED) -> int:
    """Return the value that goes with `quantity` units which are about to leave a lot for another, by `account`."""
    lot = await tx.row("SELECT * FROM lots WHERE id = $1", lot_id)
    return taken_with(lot["value_minor"], balances_of(lot), quantity, account)


def balances_of(lot: Any) -> dict[Account, int]:
    """Return the balances of a lot's row by account."""
    return {account: lot[account.value.lower()] for account in Account if account is not Account.ISSUED}


async def move(
    tx: Tx,
    lot_id: UUID,
    pass_id: UUID,
    source: Account,
    target: Account,
    quantity: int,
    *,
    visit_id: UUID | None = None,
    effective_at: datetime | None = None,
) -> None:
    """Move units between two accounts of a lot. The store refuses to let any account fall below zero."""
    if quantity == 0 or source is target:
        return
    row = _transfer(tx, lot_id, pass_id, source, target, quantity, visit_id, effective_at)
    taken, given = source.value.lower(), target.value.lower()
    await tx.raw.execute(
        f"""WITH moved AS (
            UPDATE lots SET {taken} = {taken} - $8, {given} = {given} + $8 WHERE business_id = $1 AND id = $3
        )
        INSERT INTO transfers (business_id, id, lot_id, pass_id, operation_id, visit_id, from_account, to_account,
                               quantity, effective_at, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $9, $8, $10, $11)""",
        tx.business.id,
        row["id"],
        lot_id,
        pass_id,
        tx.operation_id,
        visit_id,
        source.value,
        quantity,
        target.value,
        row["effective_at"],
        row["recorded_at"],
    )


def _transfer(
    tx: Tx,
    lot_id: UUID,
    pass_id: UUID,
    source: Account,
    target: Account,
    quantity: int,
    visit_id: UUID | None = None,
    effective_at: datetime | None = None,
) -> dict[str, object]:
    return {
        "id": new_id(),
        "lot_id": lot_id,
        "pass_id": pass_id,
        "operation_id": tx.operation_id,
        "visit_id": visit_id,
        "from_account": source,
        "to_account": target,
        "quantity": quantity,
        "effective_at": effective_at or tx.now,
        "recorded_at": tx.real_now,
    }


def imported_lot(
    tx: Tx,
    pass_id: UUID,
    unit: LotUnit,
    *,
    available: int,
    used: int,
    forfeited: int,
    value_minor: int,
    granted_at: datetime,
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Return the GRANT lot of a pass that was used elsewhere before, and the transfers its balances are the sums of.

    For an import, which writes many at once. What was used and forfeited there is what `carried_units` has to say.
    """
    lot_id, issued = new_id(), available + used + forfeited
    row: dict[str, object] = dict.fromkeys(BALANCES, 0) | {
        "id": lot_id,
        "pass_id": pass_id,
        "period_number": 1,
        "kind": LotKind.GRANT,
        "unit": unit,
        "issued": issued,
        "available": available,
        "used": used,
        "forfeited": forfeited,
        "value_minor": value_minor,
        "own_first_on": None,
        "own_last_on": None,
        "operation_id": tx.operation_id,
        "created_at": tx.now,
    }
    moves = (
        (Account.ISSUED, Account.AVAILABLE, issued),
        (Account.AVAILABLE, Account.USED, used),
        (Account.AVAILABLE, Account.FORFEITED, forfeited),
    )
    moved = [
        _transfer(tx, lot_id, pass_id, source, target, quantity, effective_at=granted_at)
        for source, target, quantity in moves
        if quantity
    ]
    return row, moved


def bulk_transfer(
    tx: Tx, lot_id: UUID, pass_id: UUID, source: Account, target: Account, quantity: int, visit_id: UUID
) -> dict[str, object]:
    """Return the transfer of a move whose lot the caller changes with many others in one statement."""
    return _transfer(tx, lot_id, pass_id, source, target, quantity, visit_id)
