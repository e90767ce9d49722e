"""Connections: pages of at most 100, by cursors of our own, with a total that is counted only where it is asked for."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import strawberry

from models.errors import refuse
from models.queries.paging import Listing, Part, Slice
from models.rules.codes import Code
from schema.limits import PAGE_MAX, PAGE_UNLESS_TOLD

T = TypeVar("T")

First = Annotated[
    int | None,
    strawberry.argument(description=f"How many from the front, {PAGE_MAX} at most; {PAGE_UNLESS_TOLD} unless told."),
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description=f"How many from the back, {PAGE_MAX} at most.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR_MAX = 2_000


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Whether there is more on either side, and the cursors to go on from."""

    has_next_page: bool = strawberry.field(description="Whether items follow the page.")
    has_previous_page: bool = strawberry.field(description="Whether items come before the page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item; null on an empty page.")


@strawberry.type(description="One item of a list with its cursor.")
class Edge(Generic[T]):
    """An item and where it lies."""

    cursor: str = strawberry.field(description="Where the item lies, to page on from it.")
    node: T = strawberry.field(description="The item.")


async def _total(root: strawberry.Parent["Listed"]) -> int:
    return await root.count()


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """A page. Its source is a `Listed`."""

    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in its list.")
    total_count: int = strawberry.field(
        resolver=_total, description="How many items the whole list has; counted only when asked for."
    )


@dataclass(slots=True)
class ListedEdge:
    """The source of an `Edge`: the cursor is written only where it is asked for."""

    listing: Listing[Any]
    node: Any

    @property
    def cursor(self) -> str:
        """The item's cursor."""
        return write_cursor(self.listing, self.node)


@dataclass(slots=True)
class Listed:
    """The source of a `Connection`."""

    listing: Listing[Any]
    part: Part[Any]
    count: Callable[[], Awaitable[int]]

    @property
    def edges(self) -> list[ListedEdge]:
        """The items with their cursors."""
        return [ListedEdge(self.listing, item) for item in self.part.items]

    @property
    def nodes(self) -> list[Any]:
        """The items."""
        return self.part.items

    @property
    def page_info(self) -> PageInfo:
        """Where the page lies."""
        items = self.part.items
        return PageInfo(
            has_next_page=self.part.more_after,
            has_previous_page=self.part.more_before,
            start_cursor=write_cursor(self.listing, items[0]) if items else None,
            end_cursor=write_cursor(self.listing, items[-1]) if items else None,
        )


def slice_of(
    listing: Listing[Any], first: int | None, after: str | None, last: int | None, before: str | None
) -> Slice:
    """Return which part of the list is asked for; 20 items where no number is given.

    Raises:
        Refused: PAGE_TOO_LARGE, INVALID_CURSOR, QUANTITY_OUT_OF_RANGE, INVALID_INPUT for both ends at once.
    """
    if first is not None and last is not None:
        raise refuse(Code.INVALID_INPUT, "last", sentence="A page is asked for with first or with last, not both.")
    for name, number in (("first", first), ("last", last)):
        if number is not None and number > PAGE_MAX:
            raise refuse(Code.PAGE_TOO_LARGE, name, limit=PAGE_MAX)
        if number is not None and number < 0:
            raise refuse(Code.QUANTITY_OUT_OF_RANGE, name, field=name, low=0, high=PAGE_MAX)
    limit = first if first is not None else last if last is not None else PAGE_UNLESS_TOLD
    return Slice(
        limit,
        after=None if after is None else read_cursor(listing, after, "after"),
        before=None if before is None else read_cursor(listing, before, "before"),
        backwards=last is not None,
    )


def write_cursor(listing: Listing[Any], item: Any) -> str:
    """Return an item's cursor: the list's name and the item's sort values, closed to the reader."""
    values = [_plain(value) for value in listing.values(item)]
    text = json.dumps([listing.name, *values], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(listing: Listing[Any], cursor: str, *path: str) -> tuple[Any, ...]:
    """Return the sort values in a cursor of this list.

    Raises:
        Refused: INVALID_CURSOR, where it is anything else.
    """
    try:
        if len(cursor) > _CURSOR_MAX:
            raise ValueError
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        name, *values = json.loads(urlsafe_b64decode(padded))
        if name != listing.name:
            raise ValueError
        return tuple(_value(kind, value) for (_, kind), value in zip(listing.keys, values, strict=True))
    except (binascii.Error, ValueError, TypeError, OverflowError, AttributeError, RecursionError):
        raise refuse(Code.INVALID_CURSOR, *path) from None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    return str(value)


def _value(kind: str, value: Any) -> Any:
    if kind == "timestamptz":
        if type(value) is not int:
            raise TypeError
        return _EPOCH + timedelta(microseconds=value)
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    value.encode()
    return UUID(value) if kind == "uuid" else value
