"""Households, as GraphQL shows them, and the questions about them. A client finds only their own, and only themself."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast
from uuid import UUID

import strawberry

from models.queries.people import HOUSEHOLDS, HouseholdRow, household_of, households_named
from schema.context import Context, Info
from schema.given import check_characters
from schema.ids import decode
from schema.listed import listed
from schema.node import Node
from schema.pagination import After, Before, Connection, First, Last

if TYPE_CHECKING:
    from schema.people.types import ClientNode

HouseholdId = Annotated[strawberry.ID, strawberry.argument(description="The household's id.")]
Search = Annotated[str | None, strawberry.argument(description="Only households whose name has this in it.")]


async def _members(
    root: strawberry.Parent[HouseholdRow], info: Info
) -> list[Annotated["ClientNode", strawberry.lazy("schema.people.types")]]:
    only = info.context.only_client
    found = await info.context.loaders.members.load(root.id) or []
    return cast("list[ClientNode]", [each for each in found if only in (None, each.id)])


@strawberry.type(name="Household", description="Clients who are linked, such as a family.")
class HouseholdNode(Node):
    """Its source is a `HouseholdRow`."""

    row_type: ClassVar[type[Any]] = HouseholdRow

    name: str = strawberry.field(description="Its name.")
    created_at: datetime = strawberry.field(description="When it was created.")
    archived_at: datetime | None = strawberry.field(description="When its creation was undone; null while it stands.")
    members: list[Annotated["ClientNode", strawberry.lazy("schema.people.types")]] = strawberry.field(
        resolver=_members, description="Its members, by name; a client sees themself alone."
    )


@strawberry.type(name="HouseholdConnection", description="A page of households.")
class HouseholdConnection(Connection[HouseholdNode]):
    """Households by name."""


async def seen_household(context: Context, household_id: UUID) -> HouseholdRow | None:
    """Return a household; None where there is none the caller may see."""
    if context.only_client is not None:
        caller = await context.loaders.clients.load(context.only_client)
        if caller is None or caller.household_id != household_id:
            return None
    return await context.loaders.households.load(household_id)


async def household(info: Info, id: HouseholdId) -> HouseholdNode | None:  # noqa: A002 - the argument's public name
    """Return a household; None where there is none the caller may see. Errors: INVALID_ID."""
    return cast("HouseholdNode | None", await seen_household(info.context, decode(id, "Household", "id")))


async def households(
    info: Info,
    search: Search = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> HouseholdConnection:
    """Return a page of households by name. Errors: INVALID_INPUT."""
    check_characters(search, "search")
    kept = household_of(info.context.only_client) + households_named(search)
    return cast("HouseholdConnection", await listed(info.context, HOUSEHOLDS, kept, first, after, last, before))
