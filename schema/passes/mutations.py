"""Mutations that sell, renew and convert passes."""

from typing import Annotated

import strawberry

from models.operations.change_pass import set_auto_renew
from models.operations.convert_pass import cancel_conversion, convert_pass, schedule_conversion
from models.operations.renew_pass import renew_pass
from models.operations.sell_pass import sell_pass
from schema.carry_out import INPUT, carry_out, mutation
from schema.context import Info
from schema.passes.inputs import (
    CancelConversionInput,
    ConvertPassInput,
    RenewPassInput,
    ScheduleConversionInput,
    SellPassInput,
    SetAutoRenewInput,
)
from schema.passes.payloads import (
    CancelConversionPayload,
    ConvertPassPayload,
    RenewPassPayload,
    ScheduleConversionPayload,
    SellPassPayload,
    SetAutoRenewPayload,
)


@strawberry.type
class PassMutations:
    """Each is one verb of `models.operations`."""

    @mutation("Sell a client a pass of the current version of a purchase option, and charge for it.")
    async def sell_pass(self, info: Info, given: Annotated[SellPassInput, INPUT]) -> SellPassPayload:
        """Carry out `sell_pass`."""
        return await carry_out(info, given, sell_pass, SellPassPayload)

    @mutation("Renew a pass now, ahead of its end or after it, at the price of the version it was sold under.")
    async def renew_pass(self, info: Info, given: Annotated[RenewPassInput, INPUT]) -> RenewPassPayload:
        """Carry out `renew_pass`."""
        return await carry_out(info, given, renew_pass, RenewPassPayload)

    @mutation("Switch on or off that a pass renews by itself, and change how that is paid.")
    async def set_auto_renew(self, info: Info, given: Annotated[SetAutoRenewInput, INPUT]) -> SetAutoRenewPayload:
        """Carry out `set_auto_renew`."""
        return await carry_out(info, given, set_auto_renew, SetAutoRenewPayload)

    @mutation(
        "Convert a pass to another purchase option now. Visits booked ahead move to the new pass where it may pay."
    )
    async def convert_pass(self, info: Info, given: Annotated[ConvertPassInput, INPUT]) -> ConvertPassPayload:
        """Carry out `convert_pass`."""
        return await carry_out(info, given, convert_pass, ConvertPassPayload)

    @mutation("Plan that a pass converts at its end or on a date, in place of whatever followed its end.")
    async def schedule_conversion(
        self, info: Info, given: Annotated[ScheduleConversionInput, INPUT]
    ) -> ScheduleConversionPayload:
        """Carry out `schedule_conversion`."""
        return await carry_out(info, given, schedule_conversion, ScheduleConversionPayload)

    @mutation("Forget a planned conversion; what followed the end before follows it again.")
    async def cancel_conversion(
        self, info: Info, given: Annotated[CancelConversionInput, INPUT]
    ) -> CancelConversionPayload:
        """Carry out `cancel_conversion`."""
        return await carry_out(info, given, cancel_conversion, CancelConversionPayload)
