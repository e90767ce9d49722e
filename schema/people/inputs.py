"""What the mutations about people are given."""

import strawberry

from models.operations.catalogue import CreateClient
from models.operations.households import CreateHousehold, JoinHousehold, LeaveHousehold, SetClientTypes
from schema.given import Given, check_length, row_id, row_id_or_none


@strawberry.input(description="A client to be.")
class CreateClientInput(Given):
    """See `CreateClient`."""

    name: str = strawberry.field(description="The client's name, 1 to 200 characters.")
    email: str | None = strawberry.field(default=None, description="Where mail reaches the client.")
    home_location_id: strawberry.ID | None = strawberry.field(
        default=None, description="The location whose time zone the client's passes follow."
    )

    def command(self) -> CreateClient:
        """Return the command."""
        return CreateClient(self.name, self.email, row_id_or_none("Location", self.home_location_id, "homeLocationId"))


@strawberry.input(description="A household to be.")
class CreateHouseholdInput(Given):
    """See `CreateHousehold`."""

    name: str = strawberry.field(description="Its name, 1 to 200 characters.")

    def command(self) -> CreateHousehold:
        """Return the command."""
        return CreateHousehold(self.name)


@strawberry.input(description="A client who joins a household.")
class JoinHouseholdInput(Given):
    """See `JoinHousehold`."""

    household_id: strawberry.ID = strawberry.field(description="The household.")
    client_id: strawberry.ID = strawberry.field(description="Who joins it; a client belongs to one household at most.")

    def command(self) -> JoinHousehold:
        """Return the command."""
        return JoinHousehold(
            row_id("Household", self.household_id, "householdId"), row_id("Client", self.client_id, "clientId")
        )


@strawberry.input(description="A client who leaves their household.")
class LeaveHouseholdInput(Given):
    """See `LeaveHousehold`."""

    client_id: strawberry.ID = strawberry.field(description="Who leaves.")

    def command(self) -> LeaveHousehold:
        """Return the command."""
        return LeaveHousehold(row_id("Client", self.client_id, "clientId"))


@strawberry.input(description="The types a client has from now on.")
class SetClientTypesInput(Given):
    """See `SetClientTypes`."""

    client_id: strawberry.ID = strawberry.field(description="The client.")
    types: list[str] = strawberry.field(
        description="All their types, at most 50 of 1 to 60 characters; their case tells no two apart."
    )

    def command(self) -> SetClientTypes:
        """Return the command. Errors: INVALID_ID, TOO_MANY."""
        check_length(self.types, 200, "types")
        return SetClientTypes(row_id("Client", self.client_id, "clientId"), tuple(self.types))
