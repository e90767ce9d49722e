"""Questions about visits. A client finds only their own."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

from models.queries import visits as queries
from models.rules.values import VisitState
from schema.context import Info
from schema.ids import decode
from schema.listed import listed
from schema.pagination import After, Before, First, Last
from schema.seen import seen_client, seen_pass
from schema.visits.types import VisitConnection, VisitNode

VisitId = Annotated[strawberry.ID, strawberry.argument(description="The id of the visit.")]
ClientId = Annotated[strawberry.ID | None, strawberry.argument(description="Only visits of this client.")]
PassId = Annotated[strawberry.ID | None, strawberry.argument(description="Only visits this pass pays for.")]
State = Annotated[VisitState | None, strawberry.argument(description="Only visits in this state.")]
Unpaid = Annotated[
    bool | None,
    strawberry.argument(description="True: only visits that are to be paid and are not. False: only the others."),
]
From = Annotated[
    datetime | None, strawberry.argument(name="from", description="Only visits that start at this instant or later.")
]
To = Annotated[
    datetime | None, strawberry.argument(name="to", description="Only visits that start before this instant.")
]


async def visit(info: Info, id: VisitId) -> VisitNode | None:  # noqa: A002 - the argument's public name
    """Return a visit; None where there is none the caller may see. Errors: INVALID_ID."""
    return cast("VisitNode | None", await info.context.loaders.visits.load(decode(id, "Visit", "id")))


async def visits(
    info: Info,
    client_id: ClientId = None,
    pass_id: PassId = None,
    state: State = None,
    unpaid: Unpaid = None,
    start: From = None,
    end: To = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> VisitConnection:
    """Return a page of visits by their start. Errors: NOT_FOUND for a client or pass the caller may not see."""
    context = info.context
    kept = queries.of_client(await seen_client(context, client_id)) + queries.of_pass(await seen_pass(context, pass_id))
    kept += queries.in_state(state) + queries.between(start, end) + queries.unpaid_only(unpaid)
    return cast("VisitConnection", await listed(context, queries.VISITS, kept, first, after, last, before))
