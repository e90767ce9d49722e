"""Questions about clients. A client finds only themself."""

from typing import Annotated, cast

import strawberry

from models.queries.people import CLIENTS, only, whose_name_has
from schema.context import Info
from schema.given import check_characters
from schema.ids import decode
from schema.listed import listed
from schema.pagination import After, Before, First, Last
from schema.people.types import ClientConnection, ClientNode

ClientId = Annotated[strawberry.ID, strawberry.argument(description="The client's id.")]
Search = Annotated[str | None, strawberry.argument(description="Only clients whose name or email has this in it.")]


async def client(info: Info, id: ClientId) -> ClientNode | None:  # noqa: A002 - the argument's public name
    """Return a client; None where there is none the caller may see. Errors: INVALID_ID."""
    return cast("ClientNode | None", await info.context.loaders.clients.load(decode(id, "Client", "id")))


async def clients(
    info: Info,
    search: Search = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ClientConnection:
    """Return a page of clients by name. Errors: INVALID_INPUT."""
    check_characters(search, "search")
    kept = only(info.context.only_client) + whose_name_has(search)
    return cast("ClientConnection", await listed(info.context, CLIENTS, kept, first, after, last, before))
