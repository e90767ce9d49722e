"""What the mutations of closures and disputes are given."""

from datetime import date

import strawberry

from models.operations.closures import EndClosure, PlaceClosure, RemoveClosure
from models.operations.disputes import ReportDispute, SettleDispute
from models.rules.values import ClosureReach
from schema.given import Given, row_id


@strawberry.input(description="A closure of a location.")
class PlaceClosureInput(Given):
    """See `PlaceClosure`."""

    location_id: strawberry.ID = strawberry.field(description="The location.")
    first_day: date = strawberry.field(description="The first closed day.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters; clients read it on their passes.")
    last_day: date | None = strawberry.field(
        default=None, description="The last closed day, inclusive; open-ended where left out."
    )
    keep_visits: bool = strawberry.field(
        default=False, description="Keep visits booked there, which are otherwise cancelled and returned."
    )
    reach: ClosureReach = strawberry.field(default=ClosureReach.ONLY_HERE, description="Which passes freeze.")

    def command(self) -> PlaceClosure:
        """Return the command."""
        location_id = row_id("Location", self.location_id, "locationId")
        return PlaceClosure(
            location_id, self.first_day, self.last_day, self.reason, keep_visits=self.keep_visits, reach=self.reach
        )


@strawberry.input(description="A closure to end early.")
class EndClosureInput(Given):
    """See `EndClosure`."""

    closure_id: strawberry.ID = strawberry.field(description="The closure.")
    last_day: date | None = strawberry.field(
        default=None, description="Its new last closed day; yesterday where left out, so that it is open today."
    )

    def command(self) -> EndClosure:
        """Return the command."""
        return EndClosure(row_id("Closure", self.closure_id, "closureId"), self.last_day)


@strawberry.input(description="A closure to take back as if it had never been.")
class RemoveClosureInput(Given):
    """See `RemoveClosure`."""

    closure_id: strawberry.ID = strawberry.field(description="The closure.")

    def command(self) -> RemoveClosure:
        """Return the command."""
        return RemoveClosure(row_id("Closure", self.closure_id, "closureId"))


@strawberry.input(description="A charge that its payer disputes.")
class ReportDisputeInput(Given):
    """See `ReportDispute`."""

    order_id: strawberry.ID = strawberry.field(description="The order that was charged.")

    def command(self) -> ReportDispute:
        """Return the command."""
        return ReportDispute(row_id("Order", self.order_id, "orderId"))


@strawberry.input(description="How a dispute ended.")
class SettleDisputeInput(Given):
    """See `SettleDispute`."""

    order_id: strawberry.ID = strawberry.field(description="The disputed order.")
    won: bool = strawberry.field(description="Whether the payment stands.")

    def command(self) -> SettleDispute:
        """Return the command."""
        return SettleDispute(row_id("Order", self.order_id, "orderId"), self.won)
