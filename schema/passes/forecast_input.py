"""What a forecast is to suppose."""

from datetime import date, datetime

import strawberry

from models.operations.forecast_command import (
    SUPPOSED_MAX,
    AssumedCharges,
    BookedVisits,
    Forecast,
    SupposedConversion,
    SupposedHold,
    SupposedOutcome,
    SupposedVisit,
)
from models.rules.values import ConversionTiming, HoldKind, UnusedAtConversion
from schema.enums import described
from schema.given import check_length, row_id

described(
    AssumedCharges,
    {
        "SUCCEED": "They are paid, except in cash or at the terminal, for which nobody is there.",
        "DECLINE": "They are declined, and tried again as the business's policy has it.",
    },
)
described(
    BookedVisits,
    {
        "ATTEND": "Each is recorded as attended when it ends.",
        "LEAVE": "They stay booked, with no outcome.",
    },
)
described(
    SupposedOutcome,
    {
        "ATTENDED": "The client is there; recorded when it ends.",
        "NO_SHOW": "The client does not come; recorded when it ends.",
        "CANCELLED": "The client cancels it, in time or late, at the instant that is named.",
        "LEFT": "It stays booked, with no outcome.",
    },
)


@strawberry.input(description="A visit to suppose, booked on the pass or on what the pass has become by then.")
class HypotheticalVisitInput:
    """See `SupposedVisit`."""

    service_id: strawberry.ID = strawberry.field(description="What is attended.")
    location_id: strawberry.ID = strawberry.field(description="Where it is attended.")
    starts_at: datetime = strawberry.field(description="The instant at which it starts, from now to the end.")
    ends_at: datetime = strawberry.field(description="The instant at which it ends.")
    outcome: SupposedOutcome = strawberry.field(default=SupposedOutcome.ATTENDED, description="What becomes of it.")
    booked_at: datetime | None = strawberry.field(
        default=None, description="When it is booked; where left out at its start, or now if it is to be cancelled."
    )
    cancelled_at: datetime | None = strawberry.field(
        default=None, description="For CANCELLED: when, after it is booked and not after its start."
    )

    def value(self, *path: str) -> SupposedVisit:
        """Return the operation's value. Errors: INVALID_ID."""
        return SupposedVisit(
            row_id("Service", self.service_id, *path, "serviceId"),
            row_id("Location", self.location_id, *path, "locationId"),
            self.starts_at,
            self.ends_at,
            self.outcome,
            self.booked_at,
            self.cancelled_at,
        )


@strawberry.input(description="A hold to suppose.")
class HypotheticalHoldInput:
    """See `SupposedHold`."""

    first_day: date = strawberry.field(description="The first held day.")
    last_day: date | None = strawberry.field(
        default=None, description="The last held day, included; open-ended where left out."
    )
    kind: HoldKind = strawberry.field(default=HoldKind.FREEZE, description="What it does to the end of the pass.")
    keep_visits: bool = strawberry.field(
        default=False, description="Whether booked visits inside are kept instead of cancelled."
    )
    at: datetime | None = strawberry.field(
        default=None,
        description="When it is placed. Where left out: now, or where the pass does not reach the first day yet, as "
        "soon as a renewal or a conversion lets it.",
    )

    def value(self) -> SupposedHold:
        """Return the operation's value."""
        return SupposedHold(self.first_day, self.last_day, self.kind, self.keep_visits, self.at)


@strawberry.input(description="A conversion to suppose.")
class HypotheticalConversionInput:
    """See `SupposedConversion`."""

    purchase_option_id: strawberry.ID = strawberry.field(description="What the pass becomes, in its current version.")
    timing: ConversionTiming = strawberry.field(
        default=ConversionTiming.NOW_PAID,
        description="When it converts; NOW means at the instant `at`, paid as the pass is.",
    )
    unused: UnusedAtConversion = strawberry.field(
        default=UnusedAtConversion.FORFEIT, description="What becomes of units that were not used."
    )
    on: date | None = strawberry.field(default=None, description="For ON_DATE: the day.")
    at: datetime | None = strawberry.field(
        default=None, description="When it is carried out or planned; now where left out."
    )

    def value(self, *path: str) -> SupposedConversion:
        """Return the operation's value. Errors: INVALID_ID."""
        option = row_id("PurchaseOption", self.purchase_option_id, *path, "purchaseOptionId")
        return SupposedConversion(option, self.timing, self.unused, self.on, self.at)


@strawberry.input(description="What is to be supposed. At one instant holds come first, then conversions, then visits.")
class HypotheticalInput:
    """The suppositions of a forecast."""

    visits: list[HypotheticalVisitInput] = strawberry.field(
        default_factory=list, description="Visits, at most 60, in any order."
    )
    holds: list[HypotheticalHoldInput] = strawberry.field(default_factory=list, description="Holds, at most 60.")
    conversions: list[HypotheticalConversionInput] = strawberry.field(
        default_factory=list, description="Conversions, at most 60."
    )


def forecast_command(
    pass_id: str,
    until: datetime,
    hypothetical: HypotheticalInput | None,
    charges: AssumedCharges,
    booked_visits: BookedVisits,
) -> Forecast:
    """Return the operation's command. Errors: INVALID_ID and TOO_MANY, with their paths."""
    given, root = hypothetical or HypotheticalInput(), "hypothetical"
    for name in ("visits", "holds", "conversions"):
        check_length(getattr(given, name), SUPPOSED_MAX, root, name)
    return Forecast(
        row_id("Pass", pass_id, "passId"),
        until,
        tuple(each.value(root, "visits", str(index)) for index, each in enumerate(given.visits)),
        tuple(each.value() for each in given.holds),
        tuple(each.value(root, "conversions", str(index)) for index, each in enumerate(given.conversions)),
        charges,
        booked_visits,
    )
