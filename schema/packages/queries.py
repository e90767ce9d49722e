"""Questions about packages. Everybody of the business may see what is sold."""

from typing import Annotated, cast

import strawberry

from models.queries.packages import PACKAGES, on_sale
from schema.context import Info
from schema.listed import listed
from schema.packages.types import PackageConnection
from schema.pagination import After, Before, First, Last

Archived = Annotated[
    bool, strawberry.argument(description="Whether to list those taken out of sale too; never for clients.")
]


async def packages(
    info: Info,
    archived: Archived = False,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PackageConnection:
    """Return a page of packages; a client sees what is sold."""
    kept = on_sale(not archived or info.context.only_client is not None)
    return cast("PackageConnection", await listed(info.context, PACKAGES, kept, first, after, last, before))
