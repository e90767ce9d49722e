"""Bring back what a pass was: its units, whether it is closed, and what the client's credit was."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.errors import Refused, refuse
from models.operations.base import Tx
from models.operations.kept import CLOSING
from models.operations.ledger import move
from models.operations.refresh import refresh
from models.operations.spend_credit import credit_of, spend
from models.operations.undo.dependents import STANDING, depended_on, who_spent_credit
from models.operations.undo.done import Done
from models.operations.undo.passes import not_written_down
from models.queries.facts import load_passes
from models.rules.codes import Code
from models.rules.due import charges_now
from models.rules.facts import PassFacts
from models.rules.status import ended
from models.rules.values import Account, LotKind
from models.tables.passes import holds, passes

CHANGED_SINCE = (
    "pass.extended",
    "pass.adjusted",
    "pass.deactivated",
    "pass.reactivated",
    "pass.migrated",
    "lot.claimed",
)
"""What can be done to a pass that came of an operation, besides using it: whoever takes it back has to know."""
# Newest first: units that went through a second account come back through it. What went with a visit is its claim's.
_MOVED = """
SELECT * FROM transfers WHERE pass_id = $1 AND operation_id = $2 AND visit_id IS NULL AND from_account <> 'ISSUED'
ORDER BY id DESC
"""
_MOVED_ON = f"""
SELECT DISTINCT t.operation_id AS id FROM transfers t
WHERE t.lot_id = $1 AND t.from_account = $2 AND (t.id > $3 OR t.to_account = 'EXPIRED') AND t.operation_id <> ALL($4)
  AND {STANDING.format("t.operation_id")}
"""
# The freeze that the failed charge had brought, which its payment lifted.
_FROZEN_AGAIN = """
UPDATE holds SET last_day = NULL, removed_at = NULL, ended_operation_id = NULL
WHERE pass_id = $1 AND ended_operation_id = $2 AND cause = 'FAILED_CHARGE' RETURNING id
"""


async def move_back(tx: Tx, done: Done, pass_id: UUID) -> None:
    """Bring the units that the operation moved on a locked pass back to where they were.

    Errors: DEPENDED_ON for who has moved them on since, NOT_UNDOABLE where their days are over by now.
    """
    lots = {lot.id: lot for lot in (await load_passes(tx.raw, [pass_id]))[pass_id].lots}
    for moved in await tx.raw.fetch(_MOVED, pass_id, done.id):
        lot, source, target = moved["lot_id"], Account(moved["from_account"]), Account(moved["to_account"])
        held = await tx.raw.fetchval(f"SELECT {target.value.lower()} FROM lots WHERE id = $1", lot)
        if held < moved["quantity"]:
            raise await _moved_on(tx, done, lot, target, moved["id"])
        ends_at = lots[lot].window.ends_at if lot in lots else None
        if ends_at is not None and moved["effective_at"] < ends_at <= tx.now:
            raise _days_over()
        await move(tx, lot, pass_id, target, source, moved["quantity"])


async def require_not_lapsed(tx: Tx, done: Done, pass_id: UUID) -> None:
    """Refuse where units of lots that the operation issued on a locked pass have lapsed. Errors: NOT_UNDOABLE."""
    lapsed = "SELECT count(*) FROM lots WHERE pass_id = $1 AND operation_id = $2 AND expired > 0"
    if await tx.raw.fetchval(lapsed, pass_id, done.id):
        raise _days_over()


async def empty_made(
    tx: Tx, done: Done, pass_id: UUID, *, granted: Account = Account.REFUNDED, carried: Account = Account.TRANSFERRED
) -> None:
    """Empty the lots that the operation issued on a locked pass: what was granted, and what came of other lots.

    Errors: DEPENDED_ON for who has moved any of the units since.
    """
    rows = await tx.raw.fetch("SELECT * FROM lots WHERE pass_id = $1 AND operation_id = $2", pass_id, done.id)
    for row in rows:
        if row["available"] < row["issued"]:
            raise await _moved_on(tx, done, row["id"], Account.AVAILABLE, row["id"])
        target = granted if row["kind"] == LotKind.GRANT else carried
        await move(tx, row["id"], pass_id, Account.AVAILABLE, target, row["issued"])


def _days_over() -> Refused:
    return refuse(
        Code.NOT_UNDOABLE,
        "operationId",
        sentence="the days of the units that it took are over.",
        remedy="Add units to the period that runs with adjustPass, or sell a pass anew with sellPass.",
    )


async def _moved_on(tx: Tx, done: Done, lot_id: UUID, account: Account, since: UUID) -> Refused:
    own = [done.id, tx.operation_id]
    rows = await tx.raw.fetch(_MOVED_ON, lot_id, account.value, since, own)
    return await depended_on(tx, [row["id"] for row in rows])


async def lift_all(tx: Tx, done: Done, pass_id: UUID) -> None:
    """Take back every hold of a locked pass that goes with the operation. Errors: DEPENDED_ON for one placed since."""
    rows = await tx.raw.fetch(
        "SELECT id, operation_id, cause FROM holds WHERE pass_id = $1 AND removed_at IS NULL", pass_id
    )
    placed = [row["operation_id"] for row in rows if row["cause"] is None and row["operation_id"] != done.id]
    if placed:
        raise await depended_on(tx, placed)
    for row in rows:
        await tx.update(holds, row["id"], removed_at=tx.now, ended_operation_id=tx.operation_id)
        await tx.event("hold.removed", pass_id=pass_id, hold=row["id"], removed_at=tx.now)


async def reopen(
    tx: Tx, done: Done, pass_id: UUID, former: dict[str, Any] | None, *, even_over: bool = False
) -> PassFacts:
    """Let a locked pass be as it was before it was closed or renewed, with a charge that had failed; return its facts.

    Errors: NOT_UNDOABLE where it would be over by now, unless `even_over`, or where an earlier release did not write
    down how it was.
    """
    if former is None:
        raise not_written_down()
    instants = ("closed_at", "overdue_since", "last_attempt_at")
    changes = {name: former[name] for name in CLOSING}
    changes |= {name: former[name] and datetime.fromisoformat(former[name]) for name in instants}
    await tx.update(passes, pass_id, **changes)
    for hold in await tx.raw.fetch(_FROZEN_AGAIN, pass_id, done.id):
        await tx.event("hold.restored", pass_id=pass_id, hold=hold["id"], last_day=None)
    facts = (await refresh(tx, [pass_id]))[pass_id]
    if not even_over and ended(facts, tx.now) and not ended(facts, done.at):
        raise refuse(
            Code.NOT_UNDOABLE,
            "operationId",
            sentence="the pass would be over by now.",
            remedy="Sell a pass anew with sellPass.",
        )
    return facts


async def require_no_charge(tx: Tx, pass_ids: Sequence[UUID]) -> None:
    """Refuse where a pass that is as it was before would be charged for at once. Errors: NOT_UNDOABLE."""
    for facts in (await load_passes(tx.raw, pass_ids)).values():
        if charges_now(facts, tx.business.policy, tx.now):
            raise refuse(
                Code.NOT_UNDOABLE,
                "operationId",
                sentence="a charge for the pass would then fall due at once.",
                remedy="Switch renewal off with setAutoRenew, or call the conversion off, and undo it then.",
            )


async def take_credit(tx: Tx, done: Done, client_id: UUID, amount_minor: int, order_id: UUID, pass_id: UUID) -> None:
    """Take credit off a client's account that the operation gave them. Errors: DEPENDED_ON for what spent it."""
    if await credit_of(tx, client_id) < amount_minor:
        raise await depended_on(tx, await who_spent_credit(tx, done, client_id))
    await spend(tx, client_id, amount_minor, order_id, pass_id)
