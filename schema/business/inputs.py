"""What the mutations of the business itself are given."""

from datetime import datetime

import strawberry

from models.operations.advance_test_clock import AdvanceTestClock
from models.operations.set_policies import SetPolicies
from models.rules.values import Jurisdiction, Language, ResolveAs
from schema.given import Given


@strawberry.input(description="Where to move the business's own time.")
class AdvanceTestClockInput(Given):
    """See `AdvanceTestClock`."""

    to: datetime = strawberry.field(description="The instant to move to, not before the present one.")

    def command(self) -> AdvanceTestClock:
        """Return the command."""
        return AdvanceTestClock(self.to)


@strawberry.input(description="How the business is to deal with its clients; what is left out stays as it is.")
class SetPoliciesInput(Given):
    """See `SetPolicies`."""

    resolve_after_hours: int | None = strawberry.field(
        default=None,
        description="After how many hours, 0 to 8760, a visit that is over and that nobody recorded is resolved.",
    )
    never_resolve: bool = strawberry.field(default=False, description="Leave such visits as they are from now on.")
    resolve_as: ResolveAs | None = strawberry.field(default=None, description="What such a visit becomes.")
    language: Language | None = strawberry.field(
        default=None, description="The language it speaks to those who ask for none of ours."
    )
    block_on_dispute: bool | None = strawberry.field(
        default=None, description="Whether a disputed charge blocks the passes it bought."
    )
    freeze_on_failed_charge: bool | None = strawberry.field(
        default=None,
        description="Whether a charge that failed for good freezes a pass that still runs until it is paid.",
    )

    jurisdiction: Jurisdiction | None = strawberry.field(
        default=None,
        description="Whose law it sells under from now on, as far as the system keeps it; no legal advice. A pass "
        "keeps what it was sold with: how early a charge is announced, and until when its buyer may withdraw.",
    )
    min_validity_days: int | None = strawberry.field(
        default=None,
        description="For how many days at least what is paid ahead and does not renew lasts, up to 3660; 0 is no rule.",
    )
    project_renewals: bool | None = strawberry.field(
        default=None, description="Whether visits past the end of a pass that renews stand to be paid by its renewal."
    )

    def command(self) -> SetPolicies:
        """Return the command."""
        return SetPolicies(
            self.resolve_after_hours,
            self.never_resolve,
            self.resolve_as,
            self.language,
            self.block_on_dispute,
            self.freeze_on_failed_charge,
            self.jurisdiction,
            self.min_validity_days,
            self.project_renewals,
        )
