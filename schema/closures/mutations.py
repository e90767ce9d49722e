"""Mutations of closures and disputes."""

from typing import Annotated

import strawberry

from models.operations.closures import end_closure, place_closure, remove_closure
from models.operations.disputes import report_dispute, settle_dispute
from schema.carry_out import INPUT, carry_out, mutation
from schema.closures.inputs import (
    EndClosureInput,
    PlaceClosureInput,
    RemoveClosureInput,
    ReportDisputeInput,
    SettleDisputeInput,
)
from schema.closures.payloads import (
    EndClosurePayload,
    PlaceClosurePayload,
    RemoveClosurePayload,
    ReportDisputePayload,
    SettleDisputePayload,
)
from schema.context import Info


@strawberry.type
class ClosureMutations:
    """Each is one verb of `models.operations`."""

    @mutation(
        "Close a location for some days. Every pass it concerns freezes once, the first of many at once and the others "
        "by the workers; visits booked there are cancelled and returned, unless they are kept."
    )
    async def place_closure(self, info: Info, given: Annotated[PlaceClosureInput, INPUT]) -> PlaceClosurePayload:
        """Carry out `place_closure`."""
        return await carry_out(info, given, place_closure, PlaceClosurePayload)

    @mutation("Open a closed location early; the days it is no longer closed are taken off its passes again.")
    async def end_closure(self, info: Info, given: Annotated[EndClosureInput, INPUT]) -> EndClosurePayload:
        """Carry out `end_closure`."""
        return await carry_out(info, given, end_closure, EndClosurePayload)

    @mutation("Take a closure back as if it had never been, with the days it gave. Cancelled visits stay cancelled.")
    async def remove_closure(self, info: Info, given: Annotated[RemoveClosureInput, INPUT]) -> RemoveClosurePayload:
        """Carry out `remove_closure`."""
        return await carry_out(info, given, remove_closure, RemoveClosurePayload)

    @mutation(
        "Write down that a payer disputes a charge. The passes it bought are blocked, unless the business has "
        "that switched off; bookings stay."
    )
    async def report_dispute(self, info: Info, given: Annotated[ReportDisputeInput, INPUT]) -> ReportDisputePayload:
        """Carry out `report_dispute`."""
        return await carry_out(info, given, report_dispute, ReportDisputePayload)

    @mutation("Write down how a dispute ended. Won, its blocks are lifted; lost, they stay.")
    async def settle_dispute(self, info: Info, given: Annotated[SettleDisputeInput, INPUT]) -> SettleDisputePayload:
        """Carry out `settle_dispute`."""
        return await carry_out(info, given, settle_dispute, SettleDisputePayload)
