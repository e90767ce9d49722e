"""Undo what was done with shares: one that was approved waits again, one that was ended stands again."""

from typing import Any

from models.operations.base import Changed, Tx
from models.operations.pass_guards import FOR_GOOD, locked_pass
from models.operations.refresh import refresh
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import ENDINGS, STANDING, depended_on, require_none_later
from models.operations.undo.done import Done
from models.queries.locks import lock_passes, lock_passes_only
from models.rules.values import ShareState
from models.tables.shares import shares

# Who booked for the member on it, and who ended the share.
_USED = """
SELECT c.operation_id AS id FROM claims c JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id
WHERE c.pass_id = $1 AND v.client_id = $2 AND c.released_at IS NULL AND c.id > $3
UNION SELECT removed_operation_id FROM shares WHERE id = $4 AND removed_operation_id IS NOT NULL
"""
# The household that the share relied on, and whoever shared it again or took the place since.
_LEFT = f"""
SELECT e.operation_id AS id FROM events e
WHERE e.type = 'household.left' AND e.data->>'client' = ANY($1) AND e.id > $2 AND {STANDING.format("e.operation_id")}
"""


async def undo_approval(tx: Tx, done: Done) -> Changed:
    """Let the share wait for approval again. Errors: DEPENDED_ON for what the member has booked, or who ended it."""
    await lock_passes_only(tx.raw, done.passes)
    await take_what_it_gave(tx, done, done.visits)
    row = await tx.row("SELECT * FROM shares WHERE id = $1", done.changed.rows["share"])
    later = await tx.raw.fetch(_USED, row["pass_id"], row["client_id"], done.since, row["id"])
    if later:
        raise await depended_on(tx, [each["id"] for each in later])
    await tx.update(shares, row["id"], state=ShareState.PENDING, active_at=None)
    await tx.event("pass.shareUnapproved", pass_id=row["pass_id"], share=row["id"], client=row["client_id"])
    await refresh(tx, [row["pass_id"]])
    await give_what_it_took(tx, done, done.visits)
    return Changed([row["pass_id"]], list(done.changed.visits), rows={"share": row["id"]})


async def undo_removal(tx: Tx, done: Done) -> Changed:
    """Let the share stand again, or wait again where it was declined; it pays again for what it left unpaid.

    Errors: DEPENDED_ON for who left the household, shared the pass anew, or took the member's place.
    """
    await lock_passes_only(tx.raw, done.passes)
    await take_what_it_gave(tx, done, done.visits)
    (pass_id,) = done.changed.passes[:1]
    await share_again(tx, done)
    await refresh(tx, [pass_id])
    await give_what_it_took(tx, done, done.visits)
    return Changed([pass_id], list(done.changed.visits), rows=done.changed.rows)


async def share_again(tx: Tx, done: Done) -> None:
    """Let every share stand again that the operation ended; its people and passes are locked. Errors: DEPENDED_ON."""
    rows = await tx.raw.fetch("SELECT * FROM shares WHERE removed_operation_id = $1 ORDER BY id", done.id)
    for row in rows:
        if (await locked_pass(tx, row["pass_id"])).closed_reason in FOR_GOOD:
            await require_none_later(tx, done, ENDINGS, passes=[row["pass_id"]])
        await _require_place(tx, done, row)
        state = ShareState.PENDING if row["active_at"] is None else ShareState.ACTIVE
        await tx.update(shares, row["id"], state=state, removed_at=None, removed_operation_id=None)
        await tx.event("pass.shareRestored", pass_id=row["pass_id"], share=row["id"], client=row["client_id"])


async def _require_place(tx: Tx, done: Done, row: Any) -> None:
    """Refuse where owner and member are no longer of one household, or there is no room for the member."""
    facts = (await lock_passes(tx.raw, [row["pass_id"]]))[row["pass_id"]]
    same = await tx.raw.fetchval(
        """SELECT o.household_id IS NOT NULL AND o.household_id = m.household_id
           FROM clients o, clients m WHERE o.id = $1 AND m.id = $2""",
        facts.client_id,
        row["client_id"],
    )
    if not same:
        left = await tx.raw.fetch(_LEFT, [str(facts.client_id), str(row["client_id"])], done.since)
        raise await depended_on(tx, [each["id"] for each in left])
    standing = await tx.raw.fetch(
        "SELECT client_id, operation_id FROM shares WHERE pass_id = $1 AND state <> 'REMOVED' ORDER BY id", facts.id
    )
    anew = [each["operation_id"] for each in standing if each["client_id"] == row["client_id"]]
    most = facts.terms.sharing.members_max
    if not anew and most is not None and len(standing) >= most:
        anew = [each["operation_id"] for each in standing[-1:]]
    if anew:
        raise await depended_on(tx, anew)
