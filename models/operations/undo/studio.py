"""Undo what was done to the catalogue, to clients and households, and to policies."""

from uuid import UUID

from models.errors import refuse
from models.operations.base import Changed, Tx
from models.operations.catalogue import (
    ArchivePurchaseOption,
    RevisePurchaseOption,
    archive_purchase_option,
    revise_purchase_option,
)
from models.operations.households import (
    JoinHousehold,
    LeaveHousehold,
    SetClientTypes,
    join_household,
    leave_household,
    set_client_types,
)
from models.operations.migrate_passes import RevertMigration, revert_migration
from models.operations.refresh import refresh
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.sharing import RemoveShare, remove_share
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import STANDING, depended_on
from models.operations.undo.done import Done
from models.operations.undo.packages import require_not_held
from models.operations.undo.passes import not_written_down
from models.operations.undo.shares import share_again
from models.queries.catalogue import option_terms
from models.queries.locks import lock_passes_only
from models.rules.codes import Code
from models.rules.values import Jurisdiction, Language, ResolveAs
from models.tables.catalogue import purchase_options

_EVENTS = f"""
SELECT DISTINCT e.operation_id AS id FROM operations o
JOIN events e ON e.business_id = o.business_id AND e.operation_id = o.id
WHERE o.id > $1 AND o.verb = ANY($2) AND e.data->>$3 = $4 AND o.id <> $5 AND {STANDING.format("o.id")}
"""
# Who has sold it, who plans to turn a pass into it, and who wrote an option on sale that turns into it.
_OPTION_USED = f"""
SELECT n.operation_id AS id FROM passes p
JOIN periods n ON n.business_id = p.business_id AND n.pass_id = p.id AND n.number = 1
WHERE p.option_id = $1 AND {STANDING.format("n.operation_id")}
UNION
SELECT coalesce((
    SELECT e.operation_id FROM events e WHERE e.pass_id = p.id AND e.type = 'conversion.scheduled'
      AND {STANDING.format("e.operation_id")} ORDER BY e.id DESC LIMIT 1), n.operation_id)
FROM passes p JOIN periods n ON n.business_id = p.business_id AND n.pass_id = p.id AND n.number = 1
WHERE p.conversion_option_id = $1 AND p.after_expiration = 'CONVERT' AND p.closed_reason IS NULL
UNION
SELECT (SELECT e.operation_id FROM events e
        WHERE e.type IN ('purchaseOption.created', 'purchaseOption.revised') AND e.data->>'option' = o.id::text
          AND {STANDING.format("e.operation_id")} ORDER BY e.id DESC LIMIT 1)
FROM purchase_options o
JOIN purchase_option_versions v
  ON v.business_id = o.business_id AND v.option_id = o.id AND v.version = o.current_version
WHERE o.archived_at IS NULL AND v.terms #>> '{{conversion,targetOptionId}}' = $1::text
"""


async def undo_option(tx: Tx, done: Done) -> Changed:
    """Archive an option that was created, and that nobody has bought or revised, holds or is to become.

    Errors: DEPENDED_ON, with the names of the packages that hold it.
    """
    option_id = done.changed.rows["purchaseOption"]
    await tx.raw.fetchrow("SELECT FROM purchase_options WHERE id = $1 FOR UPDATE", option_id)
    await _require_none_since(tx, done, ("revisePurchaseOption", "migratePasses"), "option", option_id)
    rows = await tx.raw.fetch(_OPTION_USED, option_id)
    await require_not_held(tx, "optionId", option_id, {row["id"] for row in rows} - {done.id})
    await archive_purchase_option(tx, ArchivePurchaseOption(option_id))
    return Changed(rows={"purchaseOption": option_id})


async def undo_revision(tx: Tx, done: Done) -> Changed:
    """Make a further version that reads as the one before. Sold passes keep theirs. Errors: DEPENDED_ON."""
    option_id = done.changed.rows["purchaseOption"]
    await _former_version(tx, done, option_id, done.command["from_version"])
    return Changed(rows={"purchaseOption": option_id})


async def _former_version(tx: Tx, done: Done, option_id: UUID, version: int) -> None:
    current = await tx.raw.fetchval("SELECT current_version FROM purchase_options WHERE id = $1 FOR UPDATE", option_id)
    if current != version + 1:
        await _require_none_since(tx, done, ("revisePurchaseOption", "migratePasses"), "option", option_id)
    before = await option_terms(tx.raw, option_id, version)
    assert before is not None, "a version is never deleted"
    await revise_purchase_option(tx, RevisePurchaseOption(option_id, current, before.name, before.terms))


async def undo_archiving(tx: Tx, done: Done) -> Changed:
    """Sell the option again. Errors: NOTHING_TO_DO."""
    option_id = done.changed.rows["purchaseOption"]
    archived = await tx.raw.fetchval("SELECT archived_at FROM purchase_options WHERE id = $1 FOR UPDATE", option_id)
    if archived is None:
        raise refuse(Code.NOTHING_TO_DO, "operationId", sentence="the option is sold again already.")
    await tx.update(purchase_options, option_id, archived_at=None)
    await tx.event("purchaseOption.restored", option=option_id)
    return Changed(rows={"purchaseOption": option_id})


async def undo_types(tx: Tx, done: Done) -> Changed:
    """Give the client the types that they had. Errors: DEPENDED_ON where they were replaced since, NOT_UNDOABLE."""
    client_id, former = UUID(done.command["client_id"]), done.changed.figures.get("former")
    if former is None:
        raise not_written_down()
    await _require_none_since(tx, done, ("setClientTypes",), "client", client_id)
    await set_client_types(tx, SetClientTypes(client_id, tuple(former)))
    return Changed(rows={"client": client_id})


async def undo_joining(tx: Tx, done: Done) -> Changed:
    """Let the client leave the household that they joined. Errors: DEPENDED_ON for what was shared with them since."""
    household, client_id = done.changed.rows["household"], done.changed.rows["client"]
    await _require_none_since(tx, done, ("leaveHousehold",), "client", client_id)
    changed = await leave_household(tx, LeaveHousehold(client_id))
    shared = await tx.raw.fetch(
        "SELECT operation_id AS id FROM shares WHERE removed_operation_id = $1", tx.operation_id
    )
    if shared:
        raise await depended_on(tx, [row["id"] for row in shared])
    return Changed(changed.passes, changed.visits, rows={"household": household, "client": client_id})


async def undo_leaving(tx: Tx, done: Done) -> Changed:
    """Let the client join their former household again, and let the shares stand again that ended with it.

    Errors: IN_A_HOUSEHOLD, DEPENDED_ON for who ended such a pass, shared it anew, or took the member's place.
    """
    household, client_id = done.changed.rows["household"], done.changed.rows["client"]
    await join_household(tx, JoinHousehold(household, client_id))
    passes = list(done.changed.passes)
    if passes:
        await lock_passes_only(tx.raw, done.passes)
        await take_what_it_gave(tx, done, done.visits)
        await share_again(tx, done)
        await refresh(tx, passes)
        await give_what_it_took(tx, done, done.visits)
    return Changed(passes, list(done.changed.visits), rows={"household": household, "client": client_id})


async def undo_sharing(tx: Tx, done: Done) -> Changed:
    """End the share. Errors: DEPENDED_ON for what the member has booked on it, SHARE_ENDED."""
    changed = await remove_share(tx, RemoveShare(done.changed.rows["share"]))
    used = await tx.raw.fetch(
        """SELECT c.operation_id AS id FROM claims c
           JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id
           JOIN shares s ON s.business_id = c.business_id AND s.pass_id = c.pass_id AND s.client_id = v.client_id
           WHERE s.id = $1 AND c.released_at IS NULL AND c.id > $2""",
        done.changed.rows["share"],
        done.since,
    )
    if used:
        raise await depended_on(tx, [row["id"] for row in used])
    return Changed(changed.passes, changed.visits, rows=changed.rows)


async def undo_policies(tx: Tx, done: Done) -> Changed:
    """Set the policies as they were. Errors: FORBIDDEN for all but the owner, DEPENDED_ON, NOT_UNDOABLE."""
    former = done.former()
    if former is None:
        raise not_written_down()
    for name in former:
        await _require_none_since(tx, done, ("setPolicies",), "policy", name)
    resolve_as, language = former.get("resolve_as"), former.get("language")
    jurisdiction = former.get("jurisdiction")
    never = "resolve_after_hours" in former and former["resolve_after_hours"] is None
    command = SetPolicies(
        resolve_after_hours=former.get("resolve_after_hours"),
        never_resolve=never,
        resolve_as=resolve_as and ResolveAs(resolve_as),
        language=language and Language(language),
        block_on_dispute=former.get("block_on_dispute"),
        freeze_on_failed_charge=former.get("freeze_on_failed_charge"),
        jurisdiction=jurisdiction and Jurisdiction(jurisdiction),
        project_renewals=former.get("project_renewals"),
        min_validity_days=(former["min_validity_days"] or 0) if "min_validity_days" in former else None,
    )
    await set_policies(tx, command)
    return Changed()


async def undo_migration(tx: Tx, done: Done) -> Changed:
    """Move the passes back, and the option where a version was written for it. Errors: DEPENDED_ON."""
    changed = Changed()
    if done.changed.passes:
        changed = await revert_migration(tx, RevertMigration(done.id, done.reason))
    skipped = changed.figures.get("skipped")
    if skipped:
        what = ", ".join(sorted({each["values"]["what"] for each in skipped.values()}))
        raise refuse(Code.DEPENDED_ON, "operationId", what=what)
    if done.command["terms"] is not None:
        await _former_version(tx, done, UUID(done.command["option_id"]), done.changed.figures["toVersion"] - 1)
    return Changed(changed.passes, rows={"purchaseOption": UUID(done.command["option_id"])})


async def _require_none_since(tx: Tx, done: Done, verbs: tuple[str, ...], name: str, value: object) -> None:
    """Refuse where one of the verbs was carried out since on the thing that its event names. Errors: DEPENDED_ON."""
    if name == "policy":
        rows = await tx.raw.fetch(_POLICY, done.id, value, tx.operation_id)
    else:
        rows = await tx.raw.fetch(_EVENTS, done.id, list(verbs), name, str(value), tx.operation_id)
    if rows:
        raise await depended_on(tx, [row["id"] for row in rows])


_POLICY = f"""
SELECT DISTINCT e.operation_id AS id FROM operations o
JOIN events e ON e.business_id = o.business_id AND e.operation_id = o.id
WHERE o.id > $1 AND o.verb = 'setPolicies' AND e.data->'policies' ? $2 AND o.id <> $3 AND {STANDING.format("o.id")}
"""
