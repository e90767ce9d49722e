"""Questions about operations: for those who run the business, and for partners without what was sent."""

from typing import Annotated, cast

import strawberry

from models.errors import refuse
from models.queries.operations import OPERATIONS, OperationState, in_state, of_verb, on_pass
from models.rules.codes import Code
from schema.context import Info
from schema.given import check_characters
from schema.listed import listed
from schema.operations.types import OperationConnection
from schema.pagination import After, Before, First, Last
from schema.seen import seen_pass

PassId = Annotated[strawberry.ID | None, strawberry.argument(description="Only operations that touched this pass.")]
Verb = Annotated[
    str | None, strawberry.argument(description="Only operations of this verb, such as bookVisits or doDue.")
]

State = Annotated[OperationState | None, strawberry.argument(description="Only operations that are so far.")]


async def operations(
    info: Info,
    pass_id: PassId = None,
    verb: Verb = None,
    state: State = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> OperationConnection:
    """Return a page of operations, the newest first. Errors: FORBIDDEN for clients, NOT_FOUND, INVALID_INPUT."""
    context = info.context
    if context.only_client is not None:
        raise refuse(Code.FORBIDDEN, roles="OWNER or STAFF or PARTNER")
    check_characters(verb, "verb")
    kept = on_pass(await seen_pass(context, pass_id)) + of_verb(verb) + in_state(state)
    return cast("OperationConnection", await listed(context, OPERATIONS, kept, first, after, last, before))
