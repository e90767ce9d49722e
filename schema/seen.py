"""Whose things a list may show: an id of somebody else's is answered exactly as one that does not exist."""

from collections.abc import Sequence
from uuid import UUID

from models.errors import unknown
from models.operations.base import Tx
from models.queries.passes import PassRow
from models.rules.values import Role
from schema.context import Context
from schema.ids import decode


def of_caller(tx: Tx, rows: Sequence[PassRow]) -> list[PassRow]:
    """Return the passes that whoever asked may see whole: a client sees only their own so, not what is shared."""
    actor = tx.actor
    return [row for row in rows if actor.role is not Role.CLIENT or row.client.id == actor.client_id]


def named_client(context: Context, global_id: str | None) -> UUID | None:
    """Return the client to list for, like `seen_client`, without asking whether there is one.

    For a list that says so itself by holding something; where it holds nothing, `seen_client` is to be asked.
    """
    if global_id is None:
        return context.only_client
    client_id = decode(global_id, "Client", "clientId")
    if context.only_client not in (None, client_id):
        raise unknown("client", "clientId")
    return client_id


async def seen_client(context: Context, global_id: str | None) -> UUID | None:
    """Return the client to list for: the one asked for, or the caller themself, or None for all.

    Raises:
        Refused: NOT_FOUND, where the caller may not see the client; INVALID_ID.
    """
    if global_id is None:
        return context.only_client
    client_id = decode(global_id, "Client", "clientId")
    if await context.loaders.clients.load(client_id) is None:
        raise unknown("client", "clientId")
    return client_id


async def seen_pass(context: Context, global_id: str | None) -> UUID | None:
    """Return the pass to list for, or None for all. Errors: NOT_FOUND, INVALID_ID."""
    if global_id is None:
        return None
    pass_id = decode(global_id, "Pass", "passId")
    if await context.loaders.passes.load(pass_id) is None:
        raise unknown("pass", "passId")
    return pass_id
