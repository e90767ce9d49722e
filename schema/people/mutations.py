"""Mutations of people."""

from typing import Annotated

import strawberry

from models.operations.catalogue import create_client
from schema.carry_out import INPUT, carry_out, mutation
from schema.context import Info
from schema.people.inputs import CreateClientInput
from schema.people.payloads import CreateClientPayload


@strawberry.type
class PeopleMutations:
    """Each is one verb of `models.operations`."""

    @mutation("Create a client.")
    async def create_client(self, info: Info, given: Annotated[CreateClientInput, INPUT]) -> CreateClientPayload:
        """Carry out `create_client`."""
        return await carry_out(info, given, create_client, CreateClientPayload)
