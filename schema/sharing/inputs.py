"""What the mutations that share and transfer passes are given."""

import strawberry

from models.operations.sharing import ApproveShare, RemoveShare, SharePass
from models.operations.transfer_pass import TransferPass
from schema.given import Given, row_id


@strawberry.input(description="A pass that a member of its owner's household is to use.")
class SharePassInput(Given):
    """See `SharePass`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    client_id: strawberry.ID = strawberry.field(description="The member, of the same household as the owner.")
    visits_max: int | None = strawberry.field(
        default=None, description="How many visits a period, at most what the terms allow; left out, just that."
    )

    def command(self) -> SharePass:
        """Return the command."""
        client_id = row_id("Client", self.client_id, "clientId")
        return SharePass(row_id("Pass", self.pass_id, "passId"), client_id, self.visits_max)


@strawberry.input(description="A share that waits for approval.")
class ApproveShareInput(Given):
    """See `ApproveShare`."""

    share_id: strawberry.ID = strawberry.field(description="The share.")

    def command(self) -> ApproveShare:
        """Return the command."""
        return ApproveShare(row_id("Share", self.share_id, "shareId"))


@strawberry.input(description="A share to end or to decline.")
class RemoveShareInput(Given):
    """See `RemoveShare`."""

    share_id: strawberry.ID = strawberry.field(description="The share.")
    keep_visits: bool = strawberry.field(
        default=False, description="Let the pass pay for what the member has booked; otherwise that becomes unpaid."
    )

    def command(self) -> RemoveShare:
        """Return the command."""
        return RemoveShare(row_id("Share", self.share_id, "shareId"), self.keep_visits)


@strawberry.input(description="A pass, or units of it, to give to another client.")
class TransferPassInput(Given):
    """See `TransferPass`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    to_client_id: strawberry.ID = strawberry.field(description="Who gets it.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")
    units: int | None = strawberry.field(
        default=None, description="How many units nobody has booked; left out, the whole pass, which closes."
    )

    def command(self) -> TransferPass:
        """Return the command."""
        to_client_id = row_id("Client", self.to_client_id, "toClientId")
        return TransferPass(row_id("Pass", self.pass_id, "passId"), to_client_id, self.reason, self.units)
