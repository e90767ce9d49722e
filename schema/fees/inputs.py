"""What the mutations about fees are given."""

import strawberry

from models.operations.pay_fees import FEES_MAX, PayFees, WaiveFee
from schema.given import Given, row_id, row_ids
from schema.passes.payment_input import PaymentInput


@strawberry.input(description="Fees of one client to pay with one charge.")
class PayFeesInput(Given):
    """See `PayFees`."""

    fee_ids: list[strawberry.ID] = strawberry.field(description="The fees, at most 100.")
    payment: PaymentInput = strawberry.field(description="How they are paid.")

    def command(self) -> PayFees:
        """Return the command."""
        ids = row_ids("Fee", self.fee_ids, "feeIds", limit=FEES_MAX)
        return PayFees(ids, self.payment.method, self.payment.test_card)


@strawberry.input(description="A fee to let the client off.")
class WaiveFeeInput(Given):
    """See `WaiveFee`."""

    fee_id: strawberry.ID = strawberry.field(description="The fee.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")

    def command(self) -> WaiveFee:
        """Return the command."""
        return WaiveFee(row_id("Fee", self.fee_id, "feeId"), self.reason)
