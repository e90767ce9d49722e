"""The shop: what is sold and attended. Everybody of the business may see it."""

from typing import Annotated, cast

import strawberry

from models.queries.options import OPTIONS, sold_only
from models.queries.paging import NO_FILTER
from models.queries.places import LOCATIONS, SERVICES
from schema.catalogue.types import LocationConnection, PurchaseOptionConnection, ServiceConnection
from schema.context import Info
from schema.listed import listed
from schema.pagination import After, Before, First, Last

Archived = Annotated[
    bool, strawberry.argument(description="Whether to list those taken out of sale too; never for clients.")
]


async def services(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> ServiceConnection:
    """Return a page of services."""
    return cast("ServiceConnection", await listed(info.context, SERVICES, NO_FILTER, first, after, last, before))


async def locations(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> LocationConnection:
    """Return a page of locations."""
    return cast("LocationConnection", await listed(info.context, LOCATIONS, NO_FILTER, first, after, last, before))


async def purchase_options(
    info: Info,
    archived: Archived = False,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PurchaseOptionConnection:
    """Return a page of purchase options; a client sees what is sold."""
    kept = sold_only(not archived or info.context.only_client is not None)
    return cast("PurchaseOptionConnection", await listed(info.context, OPTIONS, kept, first, after, last, before))
