"""Move sold passes to another version of their option, and back. A dry run is the simulator: nobody is moved."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.errors import Problem, Refused, refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_text, plain
from models.operations.catalogue import RevisePurchaseOption, revise_purchase_option
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.pass_guards import require_settled
from models.operations.refresh import refresh
from models.queries.catalogue import OptionVersion, option_terms
from models.queries.facts import load_visits
from models.queries.locks import lock_passes
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.option_change import PassChange, cannot_move, differences, pass_change
from models.rules.terms import Terms
from models.rules.values import AfterExpiration
from models.tables.base import new_id
from models.tables.option_migrations import option_migrations
from models.tables.passes import passes

PASSES_MAX = 1_000
_SOLD = """
SELECT id FROM passes WHERE option_id = $1 AND option_version <> $2 AND closed_reason IS NULL
  AND ($3::uuid[] IS NULL OR id = ANY($3)) AND ($4::int[] IS NULL OR option_version = ANY($4))
ORDER BY id LIMIT $5
"""
FOLLOWS = ("after_expiration", "conversion_option_id", "conversion_unused")
"""The columns of a pass that say what follows its end, as a version has it."""
_KEPT = ("option_version", *FOLLOWS)


@dataclass(frozen=True, slots=True)
class MigratePasses:
    """Move the open passes of an option to its current version; those named, or those of the versions named.

    `terms` (with `name`) writes that version first, in the same change: so a version that does not exist yet can be
    tried on what was sold.
    """

    option_id: UUID
    reason: str
    pass_ids: tuple[UUID, ...] | None = None
    from_versions: tuple[int, ...] | None = None
    name: str | None = None
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class RevertMigration:
    """Move back the passes that one operation moved."""

    operation_id: UUID
    reason: str


async def migrate_passes(tx: Tx, command: MigratePasses) -> Changed:
    """Move passes to the current version. What was granted and booked stays; the new terms count from now on.

    A pass never begins to charge by itself because of it: renewal stays as the client left it. One that cannot move is
    left as it is, and listed. Errors: NOT_FOUND, NOTHING_TO_DO, TOO_MANY, and those of revising the option.
    """
    tx.require(*STAFF)
    reason = checked_text(command.reason, 1, 500, "reason")
    target = await _target(tx, command)
    ids = await _sold(tx, command, target)
    waiting = await lock_with_waiting(tx, ids)
    moved: list[UUID] = []
    told: dict[str, Any] = {}
    terms: dict[str, Any] = {}
    skipped: dict[str, Any] = {}
    for pass_id, facts in (await lock_passes(tx.raw, ids)).items():
        version = await tx.raw.fetchval("SELECT option_version FROM passes WHERE id = $1", pass_id)
        if version == target.version:
            continue  # Another migration got there first.
        try:
            require_settled(facts)
            if facts.closed_reason is not None:
                raise refuse(Code.PASS_CLOSED, "passIds", status=facts.closed_reason)
            against = cannot_move(facts.terms, target.terms)
            if against is not None:
                raise Refused(Problem(against, ("passIds",)))
        except Refused as refused:
            skipped[str(pass_id)] = refused.problems[0].to_json()
            continue
        terms.setdefault(str(version), _term_changes(facts.terms, target.terms))
        told[str(pass_id)] = _told(await _move(tx, facts, target))
        moved.append(pass_id)
        await tx.event("pass.migrated", pass_id=pass_id, version=target.version, reason=reason)
    figures = {"toVersion": target.version, "terms": terms, "changes": told, "skipped": skipped}
    changed = Changed(passes=moved, rows={"purchaseOption": command.option_id}, figures=figures)
    return await covered(tx, changed, waiting)


async def revert_migration(tx: Tx, command: RevertMigration) -> Changed:
    """Move the passes of one migration back to the versions they came from.

    One that was renewed, converted or moved again since, or whose end was planned anew, is left as it is, and listed.

    Errors: NOT_FOUND, NOTHING_TO_DO.
    """
    tx.require(*STAFF)
    reason = checked_text(command.reason, 1, 500, "reason")
    rows = await tx.raw.fetch(
        "SELECT * FROM option_migrations WHERE operation_id = $1 ORDER BY pass_id", command.operation_id
    )
    if not rows:
        raise unknown("migration", "operationId")
    ids = [row["pass_id"] for row in rows]
    waiting = await lock_with_waiting(tx, ids)
    locked = await lock_passes(tx.raw, ids)
    back: list[UUID] = []
    skipped: dict[str, Any] = {}
    for row in rows:
        if row["reverted_operation_id"] is not None:
            continue
        pass_id = row["pass_id"]
        try:
            require_settled(locked[pass_id])
            later = await _later(tx, row)
            if later:
                raise refuse(Code.DEPENDED_ON, "operationId", what=later)
        except Refused as refused:
            skipped[str(pass_id)] = refused.problems[0].to_json()
            continue
        await tx.update(passes, pass_id, option_version=row["from_version"], **followed_before(row))
        await tx.update(option_migrations, row["id"], reverted_operation_id=tx.operation_id)
        await tx.event("pass.migrationReverted", pass_id=pass_id, version=row["from_version"], reason=reason)
        back.append(pass_id)
    if not back and not skipped:
        raise refuse(Code.NOTHING_TO_DO, "operationId", sentence="the migration was reverted before.")
    assert set(back) <= set(locked)
    await refresh(tx, back)
    return await covered(tx, Changed(passes=back, figures={"skipped": skipped}), waiting)


async def _target(tx: Tx, command: MigratePasses) -> OptionVersion:
    found = await option_terms(tx.raw, command.option_id)
    if found is None:
        raise unknown("purchase option", "purchaseOptionId")
    if command.terms is None:
        return found
    revision = RevisePurchaseOption(command.option_id, found.version, command.name or found.name, command.terms)
    await revise_purchase_option(tx, revision)
    made = await option_terms(tx.raw, command.option_id)
    assert made is not None
    return made


async def _sold(tx: Tx, command: MigratePasses, target: OptionVersion) -> list[UUID]:
    named = command.pass_ids
    versions = None if command.from_versions is None else list(command.from_versions)
    if named is not None:
        known = await tx.raw.fetchval(
            "SELECT count(*) FROM passes WHERE id = ANY($1) AND option_id = $2", list(set(named)), command.option_id
        )
        if known != len(set(named)):
            raise unknown("pass of this option", "passIds")
    asked = None if named is None else list(named)
    rows = await tx.raw.fetch(_SOLD, command.option_id, target.version, asked, versions, PASSES_MAX + 1)
    if not rows and command.terms is None:
        raise refuse(Code.NOTHING_TO_DO, "passIds", sentence="no open pass has another version.")
    if len(rows) > PASSES_MAX:
        raise refuse(Code.TOO_MANY, "passIds", limit=PASSES_MAX)
    return [row["id"] for row in rows]


async def _move(tx: Tx, facts: PassFacts, target: OptionVersion) -> PassChange:
    row = await tx.row("SELECT * FROM passes WHERE id = $1", facts.id)
    kept = {name: row[name] for name in _KEPT}
    changes: dict[str, Any] = {"option_version": target.version}
    as_sold = row["former_after_expiration"] is None and row["after_expiration"] == facts.terms.after_expiration
    charged = row["auto_renew"] or row["after_expiration"] == AfterExpiration.CONVERT
    if as_sold and (charged or target.terms.after_expiration is AfterExpiration.EXPIRE):
        conversion = target.terms.conversion
        changes |= {
            "after_expiration": target.terms.after_expiration,
            "conversion_option_id": conversion and conversion.target_option_id,
            "conversion_unused": conversion and conversion.unused,
        }
    await tx.update(passes, facts.id, **changes)
    await tx.insert(
        option_migrations,
        {
            "id": new_id(),
            "pass_id": facts.id,
            "from_version": row["option_version"],
            "to_version": target.version,
            "former": plain(kept | {"left": {name: (kept | changes)[name] for name in FOLLOWS}}),
            "operation_id": tx.operation_id,
            "at": tx.now,
            "reverted_operation_id": None,
        },
    )
    after = (await refresh(tx, [facts.id]))[facts.id]
    ahead = [claim.visit_id for claim in facts.claims if not claim.consumed and claim.starts_at > tx.now]
    booked = (await load_visits(tx.raw, ahead)).values()
    return pass_change(facts, after, booked, tx.business.policy, tx.now)


async def _later(tx: Tx, row: Any) -> str | None:
    """Return the verb of what has happened to the pass since it was moved that a way back would contradict."""
    followed: str | None = await tx.raw.fetchval(
        """SELECT CASE WHEN p.option_version <> $2 THEN 'migratePasses'
                       WHEN p.closed_reason = 'CONVERTED' THEN 'convertPass'
                       WHEN EXISTS (SELECT FROM periods n WHERE n.pass_id = p.id AND n.operation_id > $3
                                      AND n.number > 0)
                       THEN 'renewPass' END
           FROM passes p WHERE p.id = $1""",
        row["pass_id"],
        row["to_version"],
        row["operation_id"],
    )
    if followed is None and followed_before(row):
        now = await tx.row(f"SELECT {', '.join(FOLLOWS)} FROM passes WHERE id = $1", row["pass_id"])
        if plain(dict(now)) != row["former"]["left"]:
            planned = now["after_expiration"] == AfterExpiration.CONVERT
            return "scheduleConversion" if planned else "cancelConversion"
    return followed


def followed_before(row: Any) -> dict[str, Any]:
    """Return what followed the pass's end before it was moved, nothing where the move did not change that."""
    former = {name: row["former"][name] for name in FOLLOWS}
    if former == row["former"]["left"]:
        return {}
    target = former["conversion_option_id"]
    return former | {"conversion_option_id": target and UUID(target)}


def _told(change: PassChange) -> dict[str, Any]:
    kept: dict[str, Any] = plain(
        {
            "lastDayBefore": change.last_day_before,
            "lastDayAfter": change.last_day_after,
            "renewalPriceBefore": change.renewal_price_before,
            "renewalPriceAfter": change.renewal_price_after,
        }
    )
    refused = {str(visit.id): Problem(reason).to_json() for visit, reason in change.refused}
    return kept | {"refused": refused}


def _term_changes(before: Terms, after: Terms) -> list[dict[str, Any]]:
    """Return the terms that differ, in the form kept on the operation."""
    return [{"path": each.path, "before": each.before, "after": each.after} for each in differences(before, after)]
