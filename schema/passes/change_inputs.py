"""What the mutations that change or hold a pass are given."""

from datetime import date

import strawberry

from models.operations.change_pass import AdjustPass, DeactivatePass, ExtendPass, ReactivatePass
from models.operations.claim_lapsed import ClaimLapsed
from models.operations.holds import EndHold, PlaceHold, RemoveHold
from models.rules.values import HoldKind
from schema.given import Given, row_id
from schema.passes.payment_input import PaymentInput, method_and_card


@strawberry.input(description="Units to add to a pass, or to take from it.")
class AdjustPassInput(Given):
    """See `AdjustPass`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    quantity: int = strawberry.field(description="How many units: positive adds, negative takes.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")

    def command(self) -> AdjustPass:
        """Return the command."""
        return AdjustPass(row_id("Pass", self.pass_id, "passId"), self.quantity, self.reason)


@strawberry.input(description="A pass from which units lapsed that are claimed back.")
class ClaimLapsedInput(Given):
    """See `ClaimLapsed`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")

    def command(self) -> ClaimLapsed:
        """Return the command."""
        return ClaimLapsed(row_id("Pass", self.pass_id, "passId"))


@strawberry.input(description="Days to give a pass at its end.")
class ExtendPassInput(Given):
    """See `ExtendPass`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    days: int = strawberry.field(description="How many days, from 1.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")

    def command(self) -> ExtendPass:
        """Return the command."""
        return ExtendPass(row_id("Pass", self.pass_id, "passId"), self.days, self.reason)


@strawberry.input(description="A pass to take out of use.")
class DeactivatePassInput(Given):
    """See `DeactivatePass`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")

    def command(self) -> DeactivatePass:
        """Return the command."""
        return DeactivatePass(row_id("Pass", self.pass_id, "passId"), self.reason)


@strawberry.input(description="A deactivated pass to put back into use.")
class ReactivatePassInput(Given):
    """See `ReactivatePass`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")

    def command(self) -> ReactivatePass:
        """Return the command."""
        return ReactivatePass(row_id("Pass", self.pass_id, "passId"))


@strawberry.input(description="A hold to place on a pass.")
class PlaceHoldInput(Given):
    """See `PlaceHold`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    first_day: date = strawberry.field(description="The first day held.")
    last_day: date | None = strawberry.field(
        default=None, description="The last day held, inclusive; open-ended where left out."
    )
    kind: HoldKind = strawberry.field(default=HoldKind.FREEZE, description="Whether held days are given back.")
    reason: str | None = strawberry.field(default=None, description="Why, 1 to 500 characters.")
    keep_visits: bool = strawberry.field(
        default=False,
        description="Keep visits booked inside the hold, which are otherwise cancelled and returned. What a client "
        "could only cancel late, a client's hold cancels late.",
    )
    override: bool = strawberry.field(
        default=False, description="Go beyond the pass's policy; staff only, and written down on the hold."
    )
    waive_fee: bool = strawberry.field(default=False, description="Let the policy's fee go; staff only.")
    payment: PaymentInput | None = strawberry.field(
        default=None, description="How the fee is paid, where the pass's policy has one."
    )

    def command(self) -> PlaceHold:
        """Return the command."""
        return PlaceHold(
            row_id("Pass", self.pass_id, "passId"),
            self.first_day,
            self.last_day,
            self.kind,
            self.reason,
            self.keep_visits,
            self.override,
            self.waive_fee,
            *method_and_card(self.payment),
        )


@strawberry.input(description="A hold to end early.")
class EndHoldInput(Given):
    """See `EndHold`."""

    hold_id: strawberry.ID = strawberry.field(description="The hold.")
    last_day: date | None = strawberry.field(
        default=None, description="Its new last day held; yesterday where left out, so that the pass works today."
    )

    def command(self) -> EndHold:
        """Return the command."""
        return EndHold(row_id("Hold", self.hold_id, "holdId"), self.last_day)


@strawberry.input(description="A hold to take back as if it had never been.")
class RemoveHoldInput(Given):
    """See `RemoveHold`."""

    hold_id: strawberry.ID = strawberry.field(description="The hold.")

    def command(self) -> RemoveHold:
        """Return the command."""
        return RemoveHold(row_id("Hold", self.hold_id, "holdId"))
