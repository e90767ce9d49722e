"""Share a pass with members of its owner's household, approve that, and end it.

Whoever shares locks the member first, the household after and the pass last, as those do who leave a household: a
membership that a share relies on stands still until the share is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_count
from models.operations.cover_waiting import Waiting, covered, lock_with_waiting
from models.operations.lapse import booked_from, release_claims
from models.operations.offers import lock_client, lock_household
from models.operations.pass_guards import locked_pass, require_open
from models.operations.refresh import refresh
from models.queries.live import LIVE
from models.queries.locks import lock_passes
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.found import QUANTITY_MAX
from models.rules.values import Role, ShareState
from models.tables.base import new_id
from models.tables.shares import shares


@dataclass(frozen=True, slots=True)
class SharePass:
    """Let a member of the owner's household use a pass. `visits_max` is their cap a period; None is the terms' own."""

    pass_id: UUID
    client_id: UUID
    visits_max: int | None = None


@dataclass(frozen=True, slots=True)
class ApproveShare:
    """Approve what a client asked for."""

    share_id: UUID


@dataclass(frozen=True, slots=True)
class RemoveShare:
    """End a share, or decline one. `keep_visits` lets the pass pay for what the member has booked."""

    share_id: UUID
    keep_visits: bool = False


async def share_pass(tx: Tx, command: SharePass) -> Changed:
    """Share a pass. Where its terms want approval, what its owner asks for waits for the studio.

    Errors: NOT_FOUND (to a client, whoever is not of their household), SHARING_NOT_ALLOWED, SHARED_WITH_OWNER,
    NOT_IN_HOUSEHOLD, ALREADY_SHARED, MEMBERS_USED_UP, QUANTITY_OUT_OF_RANGE, PASS_CLOSED, PASS_ENDED.
    """
    tx.require(*STAFF, Role.CLIENT)
    owner = await tx.raw.fetchval("SELECT client_id FROM passes WHERE id = $1", command.pass_id)
    if owner is None:
        raise unknown("pass", "passId")
    tx.require_client(owner, "pass", "passId")
    if not await tx.raw.fetchval(f"SELECT true FROM clients WHERE id = $1 AND {LIVE}", command.client_id):
        raise unknown("client", "clientId")
    if owner == command.client_id:
        raise refuse(Code.SHARED_WITH_OWNER, "clientId")
    await _require_same_household(tx, owner, command.client_id)
    waiting = await lock_with_waiting(tx, [command.pass_id], command.client_id)
    facts = await locked_pass(tx, command.pass_id)
    require_open(tx, facts)
    terms = facts.terms.sharing
    if not terms.allowed:
        raise refuse(Code.SHARING_NOT_ALLOWED, "passId")
    if command.visits_max is not None:
        checked_count(command.visits_max, 1, terms.member_visits_max or QUANTITY_MAX, "visitsMax")
    standing = await _standing_of(tx, [facts.id])
    if any(row["client_id"] == command.client_id for row in standing):
        raise refuse(Code.ALREADY_SHARED, "clientId")
    if terms.members_max is not None and len(standing) >= terms.members_max:
        raise refuse(Code.MEMBERS_USED_UP, "passId", limit=terms.members_max)
    waits = terms.needs_approval and tx.actor.role is Role.CLIENT
    share_id = new_id()
    row = {
        "id": share_id,
        "pass_id": facts.id,
        "client_id": command.client_id,
        "visits_max": command.visits_max,
        "state": ShareState.PENDING if waits else ShareState.ACTIVE,
        "added_at": tx.now,
        "active_at": None if waits else tx.now,
        "operation_id": tx.operation_id,
    }
    await tx.insert(shares, row)
    kind = "pass.shareRequested" if waits else "pass.shared"
    await tx.event(kind, pass_id=facts.id, share=share_id, client=command.client_id)
    changed = Changed(passes=[facts.id], rows={"share": share_id})
    return changed if waits else await covered(tx, changed, waiting)


async def approve_share(tx: Tx, command: ApproveShare) -> Changed:
    """Let the member use the pass from now on. Errors: NOT_FOUND, SHARE_NOT_PENDING, PASS_CLOSED, PASS_ENDED."""
    tx.require(*STAFF)
    waiting, row, facts = await _locked(tx, command.share_id)
    if row["state"] != ShareState.PENDING:
        raise refuse(Code.SHARE_NOT_PENDING, "shareId")
    require_open(tx, facts)
    await tx.update(shares, row["id"], state=ShareState.ACTIVE, active_at=tx.now)
    await tx.event("pass.shared", pass_id=facts.id, share=row["id"], client=row["client_id"])
    return await covered(tx, Changed(passes=[facts.id], rows={"share": row["id"]}), waiting)


async def remove_share(tx: Tx, command: RemoveShare) -> Changed:
    """End a share, by the studio, the owner or the member; what the member booked ahead becomes unpaid and is listed.

    Errors: NOT_FOUND, SHARE_ENDED.
    """
    tx.require(*STAFF, Role.CLIENT)
    waiting, row, facts = await _locked(tx, command.share_id)
    if tx.actor.role is Role.CLIENT and tx.actor.client_id not in (facts.client_id, row["client_id"]):
        raise unknown("share", "shareId")
    if row["state"] == ShareState.REMOVED:
        raise refuse(Code.SHARE_ENDED, "shareId")
    visits = await _end(tx, facts, [row], keep_visits=command.keep_visits)
    changed = Changed(passes=[facts.id], visits=visits, rows={"share": row["id"]})
    return await covered(tx, changed, waiting)


async def end_shares_of(tx: Tx, client_id: UUID) -> Changed:
    """End every share of and with a client who has left their household; return the passes, and visits now unpaid.

    What that frees pays for visits that wait.

    The caller holds the locks of the client and of the household, so that none can be added meanwhile.
    """
    rows = await tx.raw.fetch(
        """SELECT DISTINCT s.pass_id FROM shares s JOIN passes p ON p.business_id = s.business_id AND p.id = s.pass_id
           WHERE s.state <> 'REMOVED' AND (s.client_id = $1 OR p.client_id = $1)""",
        client_id,
    )
    ids = [row["pass_id"] for row in rows]
    waiting = await lock_with_waiting(tx, ids) if ids else {}
    passes = await lock_passes(tx.raw, ids)
    visits: list[UUID] = []
    for row in sorted(await _standing_of(tx, list(passes)), key=lambda each: (each["pass_id"], each["id"])):
        facts = passes[row["pass_id"]]
        if client_id in (row["client_id"], facts.client_id):
            visits += await _end(tx, facts, [row])
    return await covered(tx, Changed(passes=list(passes), visits=visits), waiting)


async def end_shares(tx: Tx, facts: PassFacts) -> None:
    """End every share of a locked pass that goes to another client; the caller sees to the visits."""
    await _end(tx, facts, await _standing_of(tx, [facts.id]), keep_visits=True)


async def _end(tx: Tx, facts: PassFacts, rows: Sequence[Any], *, keep_visits: bool = False) -> list[UUID]:
    """End shares of a locked pass; return the members' visits that it no longer pays for."""
    members = {row["client_id"] for row in rows}
    visits: list[UUID] = []
    if not keep_visits:
        ahead = await booked_from(tx, facts, tx.now)
        theirs = await tx.raw.fetch("SELECT id FROM visits WHERE id = ANY($1) AND client_id = ANY($2)", ahead, members)
        mine = {row["id"] for row in theirs}
        visits = [visit_id for visit_id in ahead if visit_id in mine]
        await release_claims(tx, facts, visits)
    for row in rows:
        ended = {"removed_at": tx.now, "removed_operation_id": tx.operation_id}
        await tx.update(shares, row["id"], state=ShareState.REMOVED, **ended)
        await tx.event("pass.shareRemoved", pass_id=facts.id, share=row["id"], client=row["client_id"])
    if visits or facts.projecting:
        # What its next period was to pay for may be the visit of somebody who may use it no more.
        await refresh(tx, [facts.id])
    return visits


async def _require_same_household(tx: Tx, owner: UUID, member: UUID) -> None:
    """Lock the member's membership, and the household, and see that the owner belongs to it."""
    household = await lock_client(tx, member)
    if household is not None:
        await lock_household(tx, household)
        if household == await tx.raw.fetchval("SELECT household_id FROM clients WHERE id = $1", owner):
            return
    if tx.actor.role is Role.CLIENT:
        raise unknown("client", "clientId")
    raise refuse(Code.NOT_IN_HOUSEHOLD, "clientId")


async def _standing_of(tx: Tx, pass_ids: Sequence[UUID]) -> list[Any]:
    statement = "SELECT * FROM shares WHERE pass_id = ANY($1) AND state <> 'REMOVED' ORDER BY id"
    return list(await tx.raw.fetch(statement, pass_ids))


async def _locked(tx: Tx, share_id: UUID) -> tuple[Waiting, Any, PassFacts]:
    """Lock the pass of a share, and those who wait; return them as they are under the lock. Errors: NOT_FOUND."""
    found = await tx.raw.fetchrow("SELECT pass_id, client_id FROM shares WHERE id = $1", share_id)
    if found is None:
        raise unknown("share", "shareId")
    waiting = await lock_with_waiting(tx, [found["pass_id"]], found["client_id"])
    facts = (await lock_passes(tx.raw, [found["pass_id"]]))[found["pass_id"]]
    return waiting, await tx.row("SELECT * FROM shares WHERE id = $1", share_id), facts
