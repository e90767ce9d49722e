"""Mutations of people."""

from typing import Annotated

import strawberry

from models.operations.catalogue import create_client
from models.operations.households import create_household, join_household, leave_household, set_client_types
from schema.carry_out import INPUT, carry_out, mutation
from schema.context import Info
from schema.people.inputs import (
    CreateClientInput,
    CreateHouseholdInput,
    JoinHouseholdInput,
    LeaveHouseholdInput,
    SetClientTypesInput,
)
from schema.people.payloads import (
    CreateClientPayload,
    CreateHouseholdPayload,
    JoinHouseholdPayload,
    LeaveHouseholdPayload,
    SetClientTypesPayload,
)


@strawberry.type
class PeopleMutations:
    """Each is one verb of `models.operations`."""

    @mutation("Create a client.")
    async def create_client(self, info: Info, given: Annotated[CreateClientInput, INPUT]) -> CreateClientPayload:
        """Carry out `create_client`."""
        return await carry_out(info, given, create_client, CreateClientPayload)

    @mutation("Create a household without members.")
    async def create_household(
        self, info: Info, given: Annotated[CreateHouseholdInput, INPUT]
    ) -> CreateHouseholdPayload:
        """Carry out `create_household`."""
        return await carry_out(info, given, create_household, CreateHouseholdPayload)

    @mutation("Let a client join a household.")
    async def join_household(self, info: Info, given: Annotated[JoinHouseholdInput, INPUT]) -> JoinHouseholdPayload:
        """Carry out `join_household`."""
        return await carry_out(info, given, join_household, JoinHouseholdPayload)

    @mutation("Let a client leave their household.")
    async def leave_household(self, info: Info, given: Annotated[LeaveHouseholdInput, INPUT]) -> LeaveHouseholdPayload:
        """Carry out `leave_household`."""
        return await carry_out(info, given, leave_household, LeaveHouseholdPayload)

    @mutation("Replace the types of a client, by which offers may ask who buys.")
    async def set_client_types(self, info: Info, given: Annotated[SetClientTypesInput, INPUT]) -> SetClientTypesPayload:
        """Carry out `set_client_types`."""
        return await carry_out(info, given, set_client_types, SetClientTypesPayload)
