"""Households: clients who are linked, such as a family. A client belongs to one at most; staff link them.

Membership is the client's `household_id`, and the events `household.joined` and `household.left` are its history.
Whoever changes or relies on a membership locks the client first and the household after (`operations/offers.py`).
"""

from dataclasses import dataclass
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_text
from models.operations.offers import lock_client, lock_household
from models.operations.sharing import end_shares_of
from models.queries.live import LIVE
from models.rules.codes import Code
from models.rules.found import TAG_LENGTH_MAX
from models.tables.base import new_id
from models.tables.people import clients, households

TYPES_MAX = 50


@dataclass(frozen=True, slots=True)
class CreateHousehold:
    """A household without members."""

    name: str


@dataclass(frozen=True, slots=True)
class JoinHousehold:
    """Make a client a member."""

    household_id: UUID
    client_id: UUID


@dataclass(frozen=True, slots=True)
class LeaveHousehold:
    """Make a client no longer a member of their household."""

    client_id: UUID


@dataclass(frozen=True, slots=True)
class SetClientTypes:
    """Replace the types of a client: tags of the business's own, such as Student."""

    client_id: UUID
    types: tuple[str, ...]


async def create_household(tx: Tx, command: CreateHousehold) -> Changed:
    """Create a household. Errors: TEXT_OUT_OF_RANGE."""
    tx.require(*STAFF)
    created = new_id()
    name = checked_text(command.name, 1, 200, "name")
    await tx.insert(households, {"id": created, "name": name, "created_at": tx.now})
    await tx.event("household.created", household=created)
    return Changed(rows={"household": created})


async def join_household(tx: Tx, command: JoinHousehold) -> Changed:
    """Let a client join a household. Errors: NOT_FOUND, IN_A_HOUSEHOLD."""
    tx.require(*STAFF)
    await _require_client(tx, command.client_id)
    if await tx.raw.fetchrow(f"SELECT FROM households WHERE id = $1 AND {LIVE}", command.household_id) is None:
        raise unknown("household", "householdId")
    former = await lock_client(tx, command.client_id)
    if former is not None:
        raise refuse(Code.IN_A_HOUSEHOLD, "clientId", name=await lock_household(tx, former))
    await lock_household(tx, command.household_id)
    await tx.update(clients, command.client_id, household_id=command.household_id)
    await tx.event("household.joined", household=command.household_id, client=command.client_id)
    return Changed(rows={"household": command.household_id, "client": command.client_id})


async def leave_household(tx: Tx, command: LeaveHousehold) -> Changed:
    """Let a client leave their household; what they bought stays theirs, and what was shared is so no longer.

    Visits booked ahead that a shared pass paid for become unpaid and are listed. Errors: NOT_FOUND, IN_NO_HOUSEHOLD.
    """
    tx.require(*STAFF)
    await _require_client(tx, command.client_id)
    household = await lock_client(tx, command.client_id)
    if household is None:
        raise refuse(Code.IN_NO_HOUSEHOLD, "clientId")
    await lock_household(tx, household)
    await tx.update(clients, command.client_id, household_id=None)
    await tx.event("household.left", household=household, client=command.client_id)
    changed = await end_shares_of(tx, command.client_id)
    changed.rows |= {"household": household, "client": command.client_id}
    return changed


async def set_client_types(tx: Tx, command: SetClientTypes) -> Changed:
    """Replace a client's types. Errors: NOT_FOUND, TOO_MANY, TEXT_OUT_OF_RANGE with the index, NOTHING_TO_DO."""
    tx.require(*STAFF)
    if len(command.types) > TYPES_MAX:
        raise refuse(Code.TOO_MANY, "types", limit=TYPES_MAX)
    checked = [checked_text(each, 1, TAG_LENGTH_MAX, "types", str(n)) for n, each in enumerate(command.types)]
    types = sorted({each.casefold(): each for each in checked}.values())
    await _require_client(tx, command.client_id)
    await lock_client(tx, command.client_id)
    row = await tx.row("SELECT types FROM clients WHERE id = $1", command.client_id)
    if row["types"] == types:
        raise refuse(Code.NOTHING_TO_DO, "types", sentence="the client has these types already.")
    await tx.update(clients, command.client_id, types=types)
    await tx.event("client.typesSet", client=command.client_id, types=types)
    figures = {"former": list(row["types"]), "types": types}
    return Changed(rows={"client": command.client_id}, figures=figures)


async def _require_client(tx: Tx, client_id: UUID) -> None:
    if await tx.raw.fetchrow(f"SELECT FROM clients WHERE id = $1 AND {LIVE}", client_id) is None:
        raise unknown("client", "clientId")
