"""Operations: the audit trail as a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.paging import Filter, Listing, where
from models.rules.values import Role


class OperationState(StrEnum):
    """How far an operation is."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One committed change. `at` is the business's time, `recorded_at` the machine's.

    `key_label` names the API key it came by; None where it happened by itself. `undone_by` is the operation that undid
    it, `undoes` the one that it undid itself.
    """

    id: UUID
    verb: str
    role: Role
    key_label: str | None
    client_id: UUID | None
    idempotency_key: str
    input: dict[str, Any]
    state: OperationState
    result: dict[str, Any]
    at: datetime
    recorded_at: datetime
    undone_by: UUID | None
    undoes: UUID | None


_SELECT = """
SELECT o.id, o.verb, o.role, k.label AS key_label, o.client_id, o.idempotency_key, o.input, o.state, o.result, o.at,
       o.recorded_at, u.undone_by, w.operation_id AS undoes
FROM operations o LEFT JOIN api_keys k ON k.business_id = o.business_id AND k.id = o.api_key_id
LEFT JOIN undoings u ON u.business_id = o.business_id AND u.operation_id = o.id
LEFT JOIN undoings w ON w.business_id = o.business_id AND w.undone_by = o.id
"""


def _row(row: Any) -> OperationRow:
    return OperationRow(**(dict(row) | {"role": Role(row["role"]), "state": OperationState(row["state"])}))


OPERATIONS = Listing(
    name="operations",
    select=_SELECT,
    source="operations o",
    keys=(("o.id", "uuid"),),
    make=_row,
    values=lambda operation: (operation.id,),
    descending=True,
)
"""Operations, the newest first."""


def on_pass(pass_id: UUID | None) -> Filter:
    """Keep the operations that did something to a pass; None keeps all."""
    return where("o.id IN (SELECT e.operation_id FROM events e WHERE e.pass_id = {0})", pass_id)


def of_verb(verb: str | None) -> Filter:
    """Keep the operations of one verb, named as in GraphQL; None keeps all."""
    return where("o.verb = {0}", verb)


def in_state(state: OperationState | None) -> Filter:
    """Keep the operations that are so far; None keeps all."""
    return where("o.state = {0}", state and state.value)


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[OperationRow]:
    """Return the operations that exist, in no order. One statement."""
    return [_row(row) for row in await reader.fetch(f"{_SELECT} WHERE o.id = ANY($1)", ids)]
