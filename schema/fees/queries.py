"""Questions about fees. A client finds only their own."""

from typing import Annotated, cast

import strawberry

from models.queries import fees as queries
from models.rules.values import FeeState
from schema.context import Info
from schema.fees.types import FeeConnection
from schema.listed import listed
from schema.pagination import After, Before, First, Last
from schema.seen import seen_client

ClientId = Annotated[strawberry.ID | None, strawberry.argument(description="Only fees of this client.")]
State = Annotated[FeeState | None, strawberry.argument(description="Only fees in this state.")]


async def fees(
    info: Info,
    client_id: ClientId = None,
    state: State = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> FeeConnection:
    """Return a page of fees, the oldest first. Errors: NOT_FOUND for a client the caller may not see."""
    kept = queries.of_client(await seen_client(info.context, client_id)) + queries.in_state(state)
    return cast("FeeConnection", await listed(info.context, queries.FEES, kept, first, after, last, before))
