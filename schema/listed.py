"""Answer a connection: of the whole business in one statement, or of many parents in one statement together."""

from typing import Any
from uuid import UUID

from models.queries.paging import NO_FILTER, Filter, Listing, count, page
from schema.context import Context
from schema.loaders import PageKey
from schema.pagination import Listed, slice_of


async def listed(
    context: Context,
    listing: Listing[Any],
    kept: Filter,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> Any:
    """Return one page of a list, as the source of its connection. Errors: see `slice_of`."""
    part = slice_of(listing, first, after, last, before)
    found = await context.reader.ask(page, listing, kept, part)
    return Listed(listing, found, lambda: context.reader.ask(count, listing, kept))


async def listed_of(
    context: Context,
    listing: Listing[Any],
    parent: UUID,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    kept: Filter = NO_FILTER,
) -> Any:
    """Return one page of a parent's list; the same page of other parents comes with the same statement."""
    loaders = context.loaders
    key = PageKey(parent, kept, slice_of(listing, first, after, last, before))
    return Listed(listing, await loaders.page(listing, key), lambda: loaders.count(listing, key))
