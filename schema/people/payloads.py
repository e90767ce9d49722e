"""What the mutations about people answer. Everything is read inside the transaction."""

from typing import Self

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import people
from schema.carry_out import Payload
from schema.people.types import ClientNode


@strawberry.type(description="The new client.")
class CreateClientPayload(Payload):
    """A client."""

    client: ClientNode | None = strawberry.field(default=None, description="The client; null where it was refused.")

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the client."""
        return cls(client=ClientNode.of((await people.by_ids(reader, [changed.rows["client"]]))[0]))
