"""What a pass will do, if what is supposed happens."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry

from models.operations.forecast import forecast as play
from models.operations.forecast_command import AssumedCharges, BookedVisits
from models.operations.forecast_steps import Forecasted, ForecastStep
from models.rules.forecast import ForecastKind, forecast_sentence
from models.rules.values import PassStatus, Standing
from schema.context import Info
from schema.enums import described
from schema.errors import ReasonNode
from schema.passes.forecast_input import HypotheticalInput, forecast_command
from schema.passes.parts import BalanceNode

if TYPE_CHECKING:
    from schema.visits.types import VisitNode

described(
    ForecastKind,
    {
        "STARTS": "Its first day begins.",
        "HOLD_PLACED": "A hold that was supposed is placed.",
        "HOLD_STARTS": "A hold begins.",
        "HOLD_ENDS": "A hold is over.",
        "CONVERSION_PLANNED": "A conversion that was supposed is planned.",
        "CHARGE_POSTPONED": "A charge is announced late and put off; the pass goes on until then.",
        "CONVERSION_DROPPED": "A planned conversion is dropped, for its target is over by then.",
        "CHARGED": "It is charged.",
        "CHARGE_DECLINED": "A charge is declined.",
        "RENEWS": "Its next period is granted.",
        "CONVERTS": "It becomes a pass of another option; the steps that follow are about that one.",
        "EXPIRES": "It ends.",
        "RELEASES": "It stayed unpaid, and its bookings are let go.",
        "LOT_EXPIRES": "Units that were left are lost, for their time is over.",
        "ROLLS_OVER": "Units that were left move into the next period.",
        "MADE_UP": "A unit returned to a lot that was over is replaced.",
        "FORFEITS": "Units are lost by a late cancellation or a no-show.",
        "VISIT_PAID": "It pays for a visit.",
        "VISIT_UNPAID": "A visit is booked or left without anything that pays for it.",
        "VISIT_ATTENDED": "A visit is attended.",
        "VISIT_MISSED": "A visit is missed.",
        "VISIT_CANCELLED": "A visit is cancelled in time.",
        "VISIT_LATE_CANCELLED": "A visit is cancelled too late.",
    },
)


async def _visit(
    root: strawberry.Parent[ForecastStep], info: Info
) -> Annotated["VisitNode", strawberry.lazy("schema.visits.types")] | None:
    if root.visit_id is None:
        return None
    found: Any = await info.context.loaders.visits.load(root.visit_id)
    visit: VisitNode | None = found
    return visit


def _sentence(root: strawberry.Parent[ForecastStep], info: Info) -> str:
    return forecast_sentence(root.kind, root.day, info.context.language)


def _reasons(root: strawberry.Parent[ForecastStep]) -> list[ReasonNode]:
    return cast("list[ReasonNode]", list(root.reasons))


@strawberry.type(
    name="ForecastStep",
    description="One thing that would happen, and the pass after it. Of several things done by one change each shows "
    "the pass after all of them.",
)
class ForecastStepNode:
    """Its source is a `ForecastStep`."""

    at: datetime = strawberry.field(description="The instant at which it happens.")
    day: date = strawberry.field(description="The local day a person would name for it; of a visit the visit's own.")
    kind: ForecastKind = strawberry.field(description="What happens.")
    sentence: str = strawberry.field(resolver=_sentence, description="What happens, in a sentence.")
    units: int | None = strawberry.field(
        description="How many units it is about: granted, taken, returned, moved or lost; null where that is no "
        "question or the pass counts none."
    )
    amount_minor: int | None = strawberry.field(
        description="For a charge: how much, in minor units of the business's currency."
    )
    reasons: list[ReasonNode] = strawberry.field(
        resolver=_reasons, description="Why a visit is unpaid; empty for anything else."
    )
    visit: Annotated["VisitNode", strawberry.lazy("schema.visits.types")] | None = strawberry.field(
        resolver=_visit, description="The visit it is about, as it is today; null for one that is only supposed."
    )
    supposed: int | None = strawberry.field(
        description="Of a supposed visit: its place in `hypothetical.visits`, counted from 0."
    )
    visit_starts_at: datetime | None = strawberry.field(description="When the visit it is about starts.")
    option_name: str = strawberry.field(description="What the pass is by then, by the name of its purchase option.")
    status: PassStatus = strawberry.field(description="What it is then.")
    standing: Standing = strawberry.field(description="Where it stands with its charges then.")
    last_day: date | None = strawberry.field(
        description="Its last local day as it is known then, included; null where it has none or the end is paused."
    )
    balance: BalanceNode | None = strawberry.field(description="Its units then; null where it counts none.")


def _total(root: strawberry.Parent[Forecasted]) -> int:
    return root.charged_minor


def _expired(root: strawberry.Parent[Forecasted]) -> int:
    return root.units_of(ForecastKind.LOT_EXPIRES)


def _forfeited(root: strawberry.Parent[Forecasted]) -> int:
    return root.units_of(ForecastKind.FORFEITS)


def _paid(root: strawberry.Parent[Forecasted]) -> int:
    return root.count(ForecastKind.VISIT_PAID)


def _unpaid(root: strawberry.Parent[Forecasted]) -> int:
    return root.count(ForecastKind.VISIT_UNPAID)


def _ends_on(root: strawberry.Parent[Forecasted]) -> date | None:
    return root.row.last_day


def _status(root: strawberry.Parent[Forecasted]) -> PassStatus:
    return root.row.status


def _standing(root: strawberry.Parent[Forecasted]) -> Standing:
    return root.row.standing


def _option_name(root: strawberry.Parent[Forecasted]) -> str:
    return root.row.purchase_option.name


def _balance(root: strawberry.Parent[Forecasted]) -> BalanceNode | None:
    return cast("BalanceNode | None", root.row.balance)


@strawberry.type(
    name="Forecast", description="What a pass would do. Of a pass that converts it goes on with what it becomes."
)
class ForecastNode:
    """Its source is a `Forecasted`."""

    steps: list[ForecastStepNode] = strawberry.field(description="What would happen, in order of time.")
    currency: str = strawberry.field(description="The currency of its amounts.")
    charged_minor: int = strawberry.field(
        resolver=_total, description="What would be charged in all, in minor units of the currency."
    )
    units_expired: int = strawberry.field(resolver=_expired, description="Units that would be lost by time.")
    units_forfeited: int = strawberry.field(
        resolver=_forfeited, description="Units that would be lost by late cancellations and no-shows."
    )
    visits_paid: int = strawberry.field(
        resolver=_paid, description="How often it would come to pay for a visit from now on."
    )
    visits_unpaid: int = strawberry.field(
        resolver=_unpaid, description="How often a visit would be left without anything that pays for it."
    )
    ends_on: date | None = strawberry.field(
        resolver=_ends_on, description="Its last local day as known at the end; null where it has none or is paused."
    )
    option_name: str = strawberry.field(
        resolver=_option_name, description="What it is at the end, by the name of its purchase option."
    )
    status: PassStatus = strawberry.field(resolver=_status, description="What it is at the end.")
    standing: Standing = strawberry.field(
        resolver=_standing, description="Where it stands with its charges at the end."
    )
    balance: BalanceNode | None = strawberry.field(
        resolver=_balance, description="Its units at the end; null where it counts none."
    )


PassId = Annotated[strawberry.ID, strawberry.argument(description="The pass.")]
Until = Annotated[
    datetime, strawberry.argument(description="The instant to play it to, at most two years ahead of now.")
]
Supposed = Annotated[
    HypotheticalInput | None,
    strawberry.argument(description="What is to be supposed; nothing but time passes where left out."),
]
Charges = Annotated[
    AssumedCharges, strawberry.argument(description="What becomes of charges that fall due by themselves.")
]
Booked = Annotated[
    BookedVisits,
    strawberry.argument(description="What becomes of visits it pays for already that end after now, and by the end."),
]


async def forecast(
    info: Info,
    pass_id: PassId,
    until: Until,
    hypothetical: Supposed = None,
    charges: Charges = AssumedCharges.SUCCEED,
    booked_visits: Booked = BookedVisits.ATTEND,
) -> ForecastNode:
    """Play a pass forward. Errors: those of `models.operations.forecast.forecast`, INVALID_ID."""
    context = info.context
    command = forecast_command(pass_id, until, hypothetical, charges, booked_visits)
    # Each holds a lock for as long as it plays, so those of one request go one after the other.
    async with context.playing:
        found: Any = await play(context.runtime, context.business.id, context.actor, command)
    return cast("ForecastNode", found)
