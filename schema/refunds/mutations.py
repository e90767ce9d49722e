"""Mutations that pay back, and that extend many passes at once."""

from typing import Annotated

import strawberry

from models.operations.extend_passes import extend_passes
from models.operations.refund_pass import refund_pass
from models.operations.settle_refund import credit_refund
from models.operations.withdraw_pass import withdraw_pass
from schema.carry_out import INPUT, carry_out, mutation
from schema.context import Info
from schema.refunds.inputs import CreditRefundInput, ExtendPassesInput, RefundPassInput, WithdrawPassInput
from schema.refunds.payloads import CreditRefundPayload, ExtendPassesPayload, RefundPassPayload, WithdrawPassPayload


@strawberry.type
class RefundMutations:
    """Each is one verb of `models.operations`."""

    @mutation("Pay back what is unused of a pass, or a stated amount; never more than was paid.")
    async def refund_pass(self, info: Info, given: Annotated[RefundPassInput, INPUT]) -> RefundPassPayload:
        """Carry out `refund_pass`."""
        return await carry_out(info, given, refund_pass, RefundPassPayload)

    @mutation(
        "Withdraw from a pass that was bought from afar, within the days the law of the studio grants: all that was "
        "paid goes back where nothing was used, else the unused share."
    )
    async def withdraw_pass(self, info: Info, given: Annotated[WithdrawPassInput, INPUT]) -> WithdrawPassPayload:
        """Carry out `withdraw_pass`."""
        return await carry_out(info, given, withdraw_pass, WithdrawPassPayload)

    @mutation("Turn a refund that the gateway refused into credit of the client.")
    async def credit_refund(self, info: Info, given: Annotated[CreditRefundInput, INPUT]) -> CreditRefundPayload:
        """Carry out `credit_refund`."""
        return await carry_out(info, given, credit_refund, CreditRefundPayload)

    @mutation("Give days to every pass of a filtered set, at most 1,000 at a time; a dry run is the preview.")
    async def extend_passes(self, info: Info, given: Annotated[ExtendPassesInput, INPUT]) -> ExtendPassesPayload:
        """Carry out `extend_passes`."""
        return await carry_out(info, given, extend_passes, ExtendPassesPayload)
