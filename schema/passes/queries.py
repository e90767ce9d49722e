"""Questions about passes. A client finds only their own."""

from typing import Annotated, cast

import strawberry

from models.queries import passes as queries
from models.rules.values import PassKind, PassStatus, Standing
from schema.context import Info
from schema.ids import decode
from schema.listed import listed
from schema.pagination import After, Before, First, Last
from schema.passes.types import PassConnection, PassNode
from schema.seen import named_client, seen_client

PassId = Annotated[strawberry.ID, strawberry.argument(description="The id of the pass.")]
ClientId = Annotated[strawberry.ID | None, strawberry.argument(description="Only passes of this client.")]
Status = Annotated[PassStatus | None, strawberry.argument(description="Only passes that have this status now.")]
Stands = Annotated[
    Standing | None, strawberry.argument(description="Only passes that stand so with their charges now.")
]
Kind = Annotated[PassKind | None, strawberry.argument(description="Only passes of this kind.")]


async def pass_(info: Info, id: PassId) -> PassNode | None:  # noqa: A002 - the argument's public name
    """Return a pass; None where there is none the caller may see. Errors: INVALID_ID."""
    return cast("PassNode | None", await info.context.loaders.passes.load(decode(id, "Pass", "id")))


async def passes(
    info: Info,
    client_id: ClientId = None,
    status: Status = None,
    standing: Stands = None,
    kind: Kind = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PassConnection:
    """Return a page of passes, the newest first. Errors: NOT_FOUND for a client the caller may not see."""
    context = info.context
    kept = (
        queries.of_client(named_client(context, client_id))
        + queries.of_kind(kind)
        + queries.with_status(status, context.now)
        + queries.with_standing(standing, context.now)
    )
    page = await listed(context, queries.listing(context.now), kept, first, after, last, before)
    if not page.nodes:
        await seen_client(context, client_id)
    return cast("PassConnection", page)
