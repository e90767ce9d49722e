"""What the mutations of sandboxes are given."""

from datetime import datetime

import strawberry

from models.operations.sandbox.open_sandbox import OpenSandbox
from models.operations.sandbox.play_sandbox import PlaySandbox
from models.rules.values import TestCard
from schema.given import Given, row_id, row_ids


@strawberry.input(description="Products and a client to copy into a sandbox.")
class OpenSandboxInput(Given):
    """See `OpenSandbox`."""

    name: str = strawberry.field(description="Its name, 1 to 200 characters.")
    purchase_option_ids: list[strawberry.ID] = strawberry.field(
        description="The options, at most 20; what they convert to goes along, and all services and locations."
    )
    client_id: strawberry.ID | None = strawberry.field(
        default=None, description="The client whose name is copied; nobody in particular where left out."
    )
    starts_at: datetime | None = strawberry.field(
        default=None, description="The instant at which its own time begins; now where left out."
    )

    def command(self) -> OpenSandbox:
        """Return the command."""
        options = tuple(row_ids("PurchaseOption", self.purchase_option_ids, "purchaseOptionIds"))
        client = None if self.client_id is None else row_id("Client", self.client_id, "clientId")
        return OpenSandbox(self.name, options, client, self.starts_at)


@strawberry.input(description="A sandbox to play in.")
class PlaySandboxInput(Given):
    """See `PlaySandbox`."""

    sandbox_id: strawberry.ID = strawberry.field(description="The sandbox.")
    until: datetime = strawberry.field(description="The instant to play up to, at most two years ahead of its clock.")
    visits_a_week: int = strawberry.field(default=2, description="How often the client comes, 0 to 14 times a week.")
    card: TestCard = strawberry.field(default=TestCard.APPROVE, description="How the charges of what is sold end.")
    service_id: strawberry.ID | None = strawberry.field(
        default=None, description="What the client comes for, a service of this business; its first where left out."
    )

    def command(self) -> PlaySandbox:
        """Return the command."""
        service = None if self.service_id is None else row_id("Service", self.service_id, "serviceId")
        sandbox = row_id("Sandbox", self.sandbox_id, "sandboxId")
        return PlaySandbox(sandbox, self.until, self.visits_a_week, self.card, service)
