"""The mutation that undoes an operation. Where later ones depend on it, its payload shows them."""

from typing import Annotated, Any, Self
from uuid import UUID

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.operations.run import Answer, run
from models.operations.undo.dependents import DependedOn
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.queries import operations, visits
from schema.carry_out import INPUT, answer, mutation
from schema.context import Info
from schema.given import Given, row_id
from schema.operations.types import OperationNode
from schema.passes.payloads import passes_in_order
from schema.passes.types import PassNode
from schema.visits.moved import MovingPayload
from schema.visits.types import VisitNode


@strawberry.input(description="An operation to undo.")
class UndoOperationInput(Given):
    """See `UndoOperation`."""

    undone_id: strawberry.ID = strawberry.field(name="operationId", description="The operation.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")

    def command(self) -> UndoOperation:
        """Return the command."""
        return UndoOperation(row_id("Operation", self.undone_id, "operationId"), self.reason)


@strawberry.type(description="What was undone, what that touched, or what is to be undone first.")
class UndoOperationPayload(MovingPayload):
    """In a dry run, the preview."""

    undone: OperationNode | None = strawberry.field(
        default=None, description="The operation that was undone; null where it was refused."
    )
    passes: list[PassNode] = strawberry.field(default_factory=list, description="The passes it touched.")
    visits: list[VisitNode] = strawberry.field(
        default_factory=list, description="The visits it touched, in start order."
    )
    depends_on: list[OperationNode] = strawberry.field(
        default_factory=list,
        description="Where the code is DEPENDED_ON: the later operations that stand in the way, the oldest first. "
        "Undo them first, the newest before the others.",
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the operation, the passes and the visits."""
        undone = await operations.by_ids(reader, [UUID(changed.figures["undone"])])
        shown = cls(
            undone=OperationNode.of(undone[0]),
            passes=PassNode.of_all(await passes_in_order(reader, changed.passes, tx)),
            visits=VisitNode.of_all(await visits.by_ids(reader, changed.visits)),
        )
        return await shown.with_moves(reader, changed, tx)


@strawberry.type
class OperationMutations:
    """Each is one verb of `models.operations`."""

    @mutation(
        "Undo any operation by compensation, once, where nothing later depends on it; history stays. A dry run is the "
        "preview."
    )
    async def undo_operation(self, info: Info, given: Annotated[UndoOperationInput, INPUT]) -> UndoOperationPayload:
        """Carry out `undo_operation`, and read what stood in its way."""
        context = info.context
        in_the_way: list[UUID] = []

        async def act(command: Any, **how: Any) -> Answer | None:
            try:
                return await run(context.runtime, context.business.id, context.actor, undo_operation, command, **how)
            except DependedOn as refused:
                in_the_way.extend(refused.operations)
                raise

        shown = await answer(context, given, act, UndoOperationPayload)
        found = await context.loaders.operations.load_many(in_the_way)
        shown.depends_on = OperationNode.of_all([row for row in found if row is not None])
        return shown
