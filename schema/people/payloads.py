"""What the mutations about people answer. Everything is read inside the transaction."""

from typing import Self

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import people, visits
from schema.carry_out import Payload
from schema.people.households import HouseholdNode
from schema.people.types import ClientNode
from schema.visits.moved import MovingPayload
from schema.visits.types import VisitNode


@strawberry.type(description="The new client.")
class CreateClientPayload(Payload):
    """A client."""

    client: ClientNode | None = strawberry.field(default=None, description="The client; null where it was refused.")

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the client."""
        return cls(client=ClientNode.of((await people.by_ids(reader, [changed.rows["client"]]))[0]))


@strawberry.type(description="The client with their types.")
class SetClientTypesPayload(CreateClientPayload):
    """See `CreateClientPayload`."""


@strawberry.type(description="The new household.")
class CreateHouseholdPayload(Payload):
    """A household."""

    household: HouseholdNode | None = strawberry.field(
        default=None, description="The household; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the household."""
        rows = await people.households_by_ids(reader, [changed.rows["household"]])
        return cls(household=HouseholdNode.of(rows[0]))


@strawberry.type
class MembershipPayload(Payload):
    """A household and a client who joined or left it."""

    household: HouseholdNode | None = strawberry.field(
        default=None, description="The household; null where it was refused."
    )
    client: ClientNode | None = strawberry.field(default=None, description="The client; null where it was refused.")

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read both."""
        found = await people.households_by_ids(reader, [changed.rows["household"]])
        clients = await people.by_ids(reader, [changed.rows["client"]])
        return cls(household=HouseholdNode.of(found[0]), client=ClientNode.of(clients[0]))


@strawberry.type(description="The household and its new member.")
class JoinHouseholdPayload(MembershipPayload):
    """See `MembershipPayload`."""


@strawberry.type(description="The household and the client who left it.")
class LeaveHouseholdPayload(MovingPayload, MembershipPayload):
    """See `MembershipPayload`."""

    visits: list[VisitNode] = strawberry.field(
        default_factory=list,
        description="Visits booked ahead that a pass shared within the household no longer pays for.",
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the household, the client and the visits."""
        shown = await super().loaded(reader, changed, tx)
        shown.visits = VisitNode.of_all(await visits.by_ids(reader, changed.visits))
        return shown
