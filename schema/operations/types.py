"""Operations, as GraphQL shows them to staff. A partner sees that they happened, not what was sent."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, cast
from uuid import UUID

import strawberry

from models.operations.undo.registry import why_not
from models.queries.operations import OperationRow, OperationState
from models.rules.values import Role
from schema.context import Info
from schema.errors import ReasonNode
from schema.node import Node
from schema.pagination import Connection
from schema.scalars import JSON


def _input(root: strawberry.Parent[OperationRow], info: Info) -> JSON | None:
    return JSON(root.input) if info.context.is_staff else None


def _result(root: strawberry.Parent[OperationRow], info: Info) -> JSON | None:
    return JSON(root.result) if info.context.is_staff else None


def _key_label(root: strawberry.Parent[OperationRow], info: Info) -> str | None:
    return root.key_label if info.context.is_staff else None


def _key(root: strawberry.Parent[OperationRow], info: Info) -> str | None:
    return root.idempotency_key if info.context.is_staff else None


Linked = Annotated["OperationNode", strawberry.lazy("schema.operations.types")] | None


async def _undone_by(root: strawberry.Parent[OperationRow], info: Info) -> Linked:
    return cast("Linked", await _linked(info, root.undone_by))


async def _undoes(root: strawberry.Parent[OperationRow], info: Info) -> Linked:
    return cast("Linked", await _linked(info, root.undoes))


async def _linked(info: Info, operation_id: UUID | None) -> Any:
    return None if operation_id is None else await info.context.loaders.operations.load(operation_id)


def _not_undoable(root: strawberry.Parent[OperationRow]) -> ReasonNode | None:
    reason = why_not(root.verb, root.state.value, undone=root.undone_by is not None)
    return cast("ReasonNode | None", reason)


@strawberry.type(
    name="Operation", description="One committed change: the audit trail, the record behind an idempotency key."
)
class OperationNode(Node):
    """Its source is an `OperationRow`."""

    row_type: ClassVar[type[Any]] = OperationRow

    verb: str = strawberry.field(
        description="What was done, named as the mutation. What falls due by itself is doDue, expirePasses and "
        "resolveVisits."
    )
    role: Role = strawberry.field(description="The role of whoever did it.")
    key_label: str | None = strawberry.field(
        resolver=_key_label,
        description="The label of the API key it came by; null for what happened by itself; staff only.",
    )
    state: OperationState = strawberry.field(description="How far it is.")
    at: datetime = strawberry.field(description="When it happened, in the business's time.")
    recorded_at: datetime = strawberry.field(description="When it was written down, in real time.")
    idempotency_key: str | None = strawberry.field(resolver=_key, description="The key it was sent with; staff only.")
    input: JSON | None = strawberry.field(
        resolver=_input,
        description="What was asked for, as it is kept: with row ids in place of global ids; staff only.",
    )
    result: JSON | None = strawberry.field(
        resolver=_result, description="What came of it, as it is kept: with row ids in place of global ids; staff only."
    )
    undone_by: Linked = strawberry.field(
        resolver=_undone_by, description="The operation that undid it; null while it stands."
    )
    undoes: Linked = strawberry.field(
        resolver=_undoes, description="The operation that this one undid; null for any but undoOperation."
    )
    not_undoable: ReasonNode | None = strawberry.field(
        resolver=_not_undoable,
        description="Why undoOperation could never undo it as it is; null where it does unless something later depends "
        "on it, which a dry run tells.",
    )


@strawberry.type(name="OperationConnection", description="A page of operations.")
class OperationConnection(Connection[OperationNode]):
    """Operations, the newest first."""


async def operation_of(info: Info, operation_id: Any) -> OperationNode | None:
    """Return an operation as the caller may see it; a client sees none."""
    return cast("OperationNode | None", await info.context.loaders.operations.load(operation_id))
