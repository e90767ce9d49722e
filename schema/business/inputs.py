"""What the mutations of the business itself are given."""

from datetime import datetime

import strawberry

from models.operations.advance_test_clock import AdvanceTestClock
from schema.given import Given


@strawberry.input(description="Where to move the business's own time.")
class AdvanceTestClockInput(Given):
    """See `AdvanceTestClock`."""

    to: datetime = strawberry.field(description="The instant to move to, not before the present one.")

    def command(self) -> AdvanceTestClock:
        """Return the command."""
        return AdvanceTestClock(self.to)
