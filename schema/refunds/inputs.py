"""What the mutations of refunds and of many passes at once are given."""

from datetime import date

import strawberry

from models.operations.extend_passes import ExtendPasses, PassFilter
from models.operations.refund_pass import RefundPass
from models.operations.settle_refund import CreditRefund
from models.operations.withdraw_pass import WithdrawPass
from models.rules.values import RefundBasis, RefundDestination
from schema.given import Given, row_id, row_ids


@strawberry.input(description="What to pay back for a pass.")
class RefundPassInput(Given):
    """See `RefundPass`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")
    units: int | None = strawberry.field(
        default=None,
        description="How many unused units to take; the pass stays open. 0 takes none. Left out: everything unused, "
        "which closes the pass and leaves its visits ahead unpaid.",
    )
    amount_minor: int | None = strawberry.field(
        default=None, description="What to pay back, in minor units; what the basis comes to where left out."
    )
    basis: RefundBasis | None = strawberry.field(
        default=None, description="How it is worked out; the option's own basis where left out."
    )
    destination: RefundDestination = strawberry.field(
        default=RefundDestination.ORIGINAL, description="Where the money goes."
    )

    def command(self) -> RefundPass:
        """Return the command."""
        pass_id = row_id("Pass", self.pass_id, "passId")
        return RefundPass(pass_id, self.reason, self.units, self.amount_minor, self.basis, self.destination)


@strawberry.input(description="A pass to withdraw from.")
class WithdrawPassInput(Given):
    """See `WithdrawPass`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")

    def command(self) -> WithdrawPass:
        """Return the command."""
        return WithdrawPass(row_id("Pass", self.pass_id, "passId"))


@strawberry.input(description="A refund that the gateway refused.")
class CreditRefundInput(Given):
    """See `CreditRefund`."""

    refund_id: strawberry.ID = strawberry.field(description="The refund.")

    def command(self) -> CreditRefund:
        """Return the command."""
        return CreditRefund(row_id("Refund", self.refund_id, "refundId"))


@strawberry.input(description="Which open passes with a last day are meant. What is left out restricts nothing.")
class PassFilterInput:
    """See `PassFilter`."""

    purchase_option_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Passes of these purchase options."
    )
    location_id: strawberry.ID | None = strawberry.field(
        default=None, description="Passes that are valid at this location."
    )
    client_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Passes of these clients.")
    last_day_from: date | None = strawberry.field(default=None, description="Whose last day is this day or later.")
    last_day_to: date | None = strawberry.field(default=None, description="Whose last day is this day or earlier.")
    include_expired: bool = strawberry.field(
        default=False, description="Also passes that have expired, which come back with what had lapsed."
    )

    def value(self) -> PassFilter:
        """Return the operation's value. Errors: INVALID_ID."""
        options, clients, place = self.purchase_option_ids, self.client_ids, self.location_id
        return PassFilter(
            None if options is None else tuple(row_ids("PurchaseOption", options, "filter", "purchaseOptionIds")),
            None if place is None else row_id("Location", place, "filter", "locationId"),
            None if clients is None else tuple(row_ids("Client", clients, "filter", "clientIds")),
            self.last_day_from,
            self.last_day_to,
            self.include_expired,
        )


@strawberry.input(description="Days to give many passes at their end.")
class ExtendPassesInput(Given):
    """See `ExtendPasses`."""

    filter: PassFilterInput = strawberry.field(description="Which passes.")
    days: int = strawberry.field(description="How many days, from 1.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")

    def command(self) -> ExtendPasses:
        """Return the command."""
        return ExtendPasses(self.filter.value(), self.days, self.reason)
