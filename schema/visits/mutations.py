"""Mutations of visits."""

from typing import Annotated

import strawberry

from models.operations.book_visits import book_visits
from models.operations.end_visit import cancel_visit, record_attendance, waive_outcome
from models.operations.pay_visits import pay_visits
from schema.carry_out import INPUT, carry_out, mutation
from schema.context import Info
from schema.visits.inputs import (
    BookVisitsInput,
    CancelVisitInput,
    PayVisitsInput,
    RecordAttendanceInput,
    WaiveOutcomeInput,
)
from schema.visits.payloads import (
    BookVisitsPayload,
    CancelVisitPayload,
    PayVisitsPayload,
    RecordAttendancePayload,
    WaiveOutcomePayload,
)


@strawberry.type
class VisitMutations:
    """Each is one verb of `models.operations`."""

    @mutation(
        "Book visits for a client and pay for as many as can be, in start order; the rest are booked "
        "unpaid, each with its reasons. Clients book for themselves."
    )
    async def book_visits(self, info: Info, given: Annotated[BookVisitsInput, INPUT]) -> BookVisitsPayload:
        """Carry out `book_visits`."""
        return await carry_out(info, given, book_visits, BookVisitsPayload)

    @mutation(
        "Pay for unpaid visits of one client with one pass or whichever may, in start order; the rest "
        "stay unpaid, each with its reasons."
    )
    async def pay_visits(self, info: Info, given: Annotated[PayVisitsInput, INPUT]) -> PayVisitsPayload:
        """Carry out `pay_visits`."""
        return await carry_out(info, given, pay_visits, PayVisitsPayload)

    @mutation("Cancel a booked visit, in time or late by the outcome table of the pass that pays.")
    async def cancel_visit(self, info: Info, given: Annotated[CancelVisitInput, INPUT]) -> CancelVisitPayload:
        """Carry out `cancel_visit`."""
        return await carry_out(info, given, cancel_visit, CancelVisitPayload)

    @mutation("Record that a visit was attended or missed, or take an earlier outcome or a cancellation back.")
    async def record_attendance(
        self, info: Info, given: Annotated[RecordAttendanceInput, INPUT]
    ) -> RecordAttendancePayload:
        """Carry out `record_attendance`."""
        return await carry_out(info, given, record_attendance, RecordAttendancePayload)

    @mutation("Take away what a late cancellation or a missed visit cost: the unit returns, the fee is waived.")
    async def waive_outcome(self, info: Info, given: Annotated[WaiveOutcomeInput, INPUT]) -> WaiveOutcomePayload:
        """Carry out `waive_outcome`."""
        return await carry_out(info, given, waive_outcome, WaiveOutcomePayload)
