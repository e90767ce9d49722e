"""What the mutations about visits are given."""

from datetime import datetime

import strawberry

from models.operations.book_visits import VISITS_MAX, BookVisits, NewVisit, PayBy
from models.operations.end_visit import AttendanceOutcome, CancelledBy, CancelVisit, RecordAttendance, WaiveOutcome
from models.operations.pay_visits import PayVisits
from schema.enums import described
from schema.given import Given, check_length, row_id, row_id_or_none, row_ids

described(
    CancelledBy,
    {
        "CLIENT": "The client cancels: in time or late, by the pass's outcome table.",
        "STUDIO": "The studio cancels: never late, and what paid always goes back.",
    },
)
described(
    AttendanceOutcome,
    {
        "ATTENDED": "The client was there.",
        "NO_SHOW": "The client did not come.",
        "BOOKED": "An earlier outcome or a cancellation is taken back.",
    },
)


@strawberry.input(description="One visit to book.")
class NewVisitInput:
    """See `NewVisit`."""

    service_id: strawberry.ID = strawberry.field(description="What is attended.")
    location_id: strawberry.ID = strawberry.field(description="Where it is attended.")
    starts_at: datetime = strawberry.field(description="The instant at which it starts.")
    ends_at: datetime = strawberry.field(description="The instant at which it ends, at most 7 days later.")
    external_ref: str | None = strawberry.field(
        default=None, description="Your own reference, such as a timetable's; unique in the business."
    )
    guest_name: str | None = strawberry.field(
        default=None, description="Whose visit it is, where the client brings a guest; 1 to 200 characters."
    )

    def value(self, *path: str) -> NewVisit:
        """Return the operation's value. Errors: INVALID_ID."""
        service_id = row_id("Service", self.service_id, *path, "serviceId")
        location_id = row_id("Location", self.location_id, *path, "locationId")
        return NewVisit(service_id, location_id, self.starts_at, self.ends_at, self.external_ref, self.guest_name)


@strawberry.input(description="Visits to book for one client, and what pays for them.")
class BookVisitsInput(Given):
    """See `BookVisits`."""

    client_id: strawberry.ID = strawberry.field(description="Who will attend.")
    visits: list[NewVisitInput] = strawberry.field(description="The visits, at most 100, in any order.")
    pay_by: PayBy = strawberry.field(default=PayBy.AUTO, description="What pays.")
    pass_id: strawberry.ID | None = strawberry.field(default=None, description="For PASS: the pass that pays.")

    def command(self) -> BookVisits:
        """Return the command."""
        client_id = row_id("Client", self.client_id, "clientId")
        check_length(self.visits, VISITS_MAX, "visits")
        visits = tuple(visit.value("visits", str(index)) for index, visit in enumerate(self.visits))
        return BookVisits(client_id, visits, self.pay_by, row_id_or_none("Pass", self.pass_id, "passId"))


@strawberry.input(description="Unpaid visits of one client, and what pays for them.")
class PayVisitsInput(Given):
    """See `PayVisits`."""

    visit_ids: list[strawberry.ID] = strawberry.field(description="The visits, at most 100, in any order.")
    pay_by: PayBy = strawberry.field(default=PayBy.AUTO, description="What pays: AUTO or PASS.")
    pass_id: strawberry.ID | None = strawberry.field(default=None, description="For PASS: the pass that pays.")

    def command(self) -> PayVisits:
        """Return the command."""
        visit_ids = row_ids("Visit", self.visit_ids, "visitIds", limit=VISITS_MAX)
        return PayVisits(visit_ids, self.pay_by, row_id_or_none("Pass", self.pass_id, "passId"))


@strawberry.input(description="A visit to cancel.")
class CancelVisitInput(Given):
    """See `CancelVisit`."""

    visit_id: strawberry.ID = strawberry.field(description="The visit.")
    cancelled_by: CancelledBy = strawberry.field(default=CancelledBy.CLIENT, description="Who cancels.")
    waive: bool = strawberry.field(
        default=False, description="Take away what it would cost, the unit and the fee; for the studio alone."
    )
    reason: str | None = strawberry.field(default=None, description="Why, 1 to 500 characters, for the history.")

    def command(self) -> CancelVisit:
        """Return the command."""
        return CancelVisit(row_id("Visit", self.visit_id, "visitId"), self.cancelled_by, self.waive, self.reason)


@strawberry.input(description="What became of a visit.")
class RecordAttendanceInput(Given):
    """See `RecordAttendance`."""

    visit_id: strawberry.ID = strawberry.field(description="The visit.")
    outcome: AttendanceOutcome = strawberry.field(description="What became of it.")
    waive: bool = strawberry.field(
        default=False, description="Take away what it would cost, the unit and the fee; for the studio alone."
    )
    reason: str | None = strawberry.field(default=None, description="Why, 1 to 500 characters, for the history.")

    def command(self) -> RecordAttendance:
        """Return the command."""
        return RecordAttendance(row_id("Visit", self.visit_id, "visitId"), self.outcome, self.waive, self.reason)


@strawberry.input(description="A late cancellation or a missed visit whose cost is taken away.")
class WaiveOutcomeInput(Given):
    """See `WaiveOutcome`."""

    visit_id: strawberry.ID = strawberry.field(description="The visit.")
    reason: str = strawberry.field(description="Why, 1 to 500 characters.")

    def command(self) -> WaiveOutcome:
        """Return the command."""
        return WaiveOutcome(row_id("Visit", self.visit_id, "visitId"), self.reason)
