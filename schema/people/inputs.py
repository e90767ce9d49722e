"""What the mutations about people are given."""

import strawberry

from models.operations.catalogue import CreateClient
from schema.given import Given, row_id_or_none


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
