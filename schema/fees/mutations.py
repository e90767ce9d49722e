"""Mutations of fees."""

from typing import Annotated

import strawberry

from models.operations.pay_fees import pay_fees, waive_fee
from schema.carry_out import INPUT, carry_out, mutation
from schema.context import Info
from schema.fees.inputs import PayFeesInput, WaiveFeeInput
from schema.fees.payloads import PayFeesPayload, WaiveFeePayload


@strawberry.type
class FeeMutations:
    """Each is one verb of `models.operations`."""

    @mutation("Pay fees of one client with one charge. Clients pay their own.")
    async def pay_fees(self, info: Info, given: Annotated[PayFeesInput, INPUT]) -> PayFeesPayload:
        """Carry out `pay_fees`."""
        return await carry_out(info, given, pay_fees, PayFeesPayload)

    @mutation("Let a client off a fee; one that was paid becomes credit. The unit it came with stays where it is.")
    async def waive_fee(self, info: Info, given: Annotated[WaiveFeeInput, INPUT]) -> WaiveFeePayload:
        """Carry out `waive_fee`."""
        return await carry_out(info, given, waive_fee, WaiveFeePayload)
