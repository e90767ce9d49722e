"""Questions about closures, for everybody, and about disputes, for those who run the business."""

from typing import Annotated, cast

import strawberry

from models.errors import refuse
from models.queries.closures import CLOSURES, at_location
from models.queries.disputes import DISPUTES, in_state
from models.rules.codes import Code
from models.rules.values import DisputeState
from schema.closures.types import ClosureConnection, DisputeConnection
from schema.context import Info
from schema.given import row_id_or_none
from schema.listed import listed
from schema.pagination import After, Before, First, Last

LocationId = Annotated[strawberry.ID | None, strawberry.argument(description="Only closures of this location.")]
State = Annotated[DisputeState | None, strawberry.argument(description="Only disputes that are so far.")]


async def closures(
    info: Info,
    location_id: LocationId = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ClosureConnection:
    """Return a page of closures, the last placed first. Errors: INVALID_ID."""
    kept = at_location(row_id_or_none("Location", location_id, "locationId"))
    return cast("ClosureConnection", await listed(info.context, CLOSURES, kept, first, after, last, before))


async def disputes(
    info: Info,
    state: State = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> DisputeConnection:
    """Return a page of disputes, the newest first. Errors: FORBIDDEN for clients."""
    context = info.context
    if context.only_client is not None:
        raise refuse(Code.FORBIDDEN, roles="OWNER or STAFF or PARTNER")
    return cast("DisputeConnection", await listed(context, DISPUTES, in_state(state), first, after, last, before))
