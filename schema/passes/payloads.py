"""What the mutations of passes answer. Everything is read inside the transaction, so a dry run shows the change."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import orders, pass_parts, passes, visits
from models.queries.passes import PassRow
from models.rules.values import UnusedAtConversion
from schema.carry_out import Payload
from schema.orders.types import OrderNode
from schema.passes.parts import HoldNode, LotNode
from schema.passes.types import PassNode
from schema.visits.moved import MovingPayload
from schema.visits.types import VisitNode
from schema.visits.unpaid import UnpaidVisit, unpaid_visits


async def passes_in_order(reader: asyncpg.Connection, ids: Sequence[UUID], tx: Tx) -> list[PassRow]:
    """Return the passes in the order of their ids as they are given."""
    found = {row.id: row for row in await passes.by_ids(reader, ids, tx.now)}
    return [found[each] for each in ids]


@strawberry.type
class PassPayload(Payload):
    """What a mutation of one pass answers."""

    pass_: PassNode | None = strawberry.field(
        name="pass", default=None, description="The pass after the change; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the pass."""
        return cls(pass_=PassNode.of((await passes_in_order(reader, changed.passes[:1], tx))[0]))


@strawberry.type
class BoughtPayload(PassPayload):
    """What a mutation that charges answers."""

    order: OrderNode | None = strawberry.field(
        default=None, description="The order with its payments; null where it was refused."
    )
    charged_minor: int | None = strawberry.field(
        default=None,
        description="What was charged after credit, in the currency's minor unit; null where it was refused.",
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the pass and its order."""
        shown = await super().loaded(reader, changed, tx)
        shown.order = OrderNode.of((await orders.by_ids(reader, changed.orders[:1]))[0])
        shown.charged_minor = changed.figures["chargedMinor"]
        return shown


@strawberry.type
class PassAndVisitsPayload(PassPayload):
    """What a mutation answers that touches a pass and visits."""

    visits: list[VisitNode] = strawberry.field(
        default_factory=list, description="The visits it touched, in start order."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the pass and the visits."""
        shown = await super().loaded(reader, changed, tx)
        shown.visits = VisitNode.of_all(await visits.by_ids(reader, changed.visits))
        return shown


@strawberry.type
class HoldPayload(PassAndVisitsPayload):
    """What a mutation of a hold answers."""

    hold: HoldNode | None = strawberry.field(
        default=None, description="The hold after the change; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the hold, its pass and the visits."""
        shown = await super().loaded(reader, changed, tx)
        shown.hold = HoldNode.of((await pass_parts.holds_by_ids(reader, changed.holds[:1]))[0])
        return shown


@strawberry.type(description="The pass that was sold, and what it cost.")
class SellPassPayload(MovingPayload, BoughtPayload):
    """See `BoughtPayload`."""


@strawberry.type(description="The renewed pass, and what it cost.")
class RenewPassPayload(MovingPayload, BoughtPayload):
    """See `BoughtPayload`."""

    skipped_periods: int | None = strawberry.field(
        default=None, description="Whole periods that had gone by unpaid and were skipped; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the pass and its order."""
        shown = await super().loaded(reader, changed, tx)
        shown.skipped_periods = changed.figures["skippedPeriods"]
        return shown


@strawberry.type(description="The new pass, what it cost, and what became of the old one.")
class ConvertPassPayload(MovingPayload, BoughtPayload):
    """The new pass is `pass`; see `BoughtPayload`."""

    converted_pass: PassNode | None = strawberry.field(
        default=None, description="The pass that was converted; null where it was refused."
    )
    unused: int | None = strawberry.field(
        default=None, description="How many units of the old pass nobody had used; null where it was refused."
    )
    unused_became: UnusedAtConversion | None = strawberry.field(
        default=None, description="What became of them; null where it was refused."
    )
    visits: list[VisitNode] = strawberry.field(
        default_factory=list, description="The visits booked ahead on the old pass, in start order."
    )
    paid_count: int | None = strawberry.field(
        default=None, description="How many of them the new pass pays for; null where it was refused."
    )
    unpaid: list[UnpaidVisit] = strawberry.field(
        default_factory=list, description="Those the new pass may not pay for, each with its reasons."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read both passes, the order and the visits."""
        shown = await super().loaded(reader, changed, tx)
        shown.converted_pass = PassNode.of((await passes_in_order(reader, changed.passes[1:2], tx))[0])
        shown.unused = changed.figures["unused"]
        shown.unused_became = UnusedAtConversion(changed.figures["unusedBecame"])
        rows = await visits.by_ids(reader, changed.visits)
        shown.visits = VisitNode.of_all(rows)
        shown.paid_count = changed.figures["paid"]
        shown.unpaid = await unpaid_visits(reader, changed, tx, rows)
        return shown


@strawberry.type(description="The pass with its planned conversion.")
class ScheduleConversionPayload(MovingPayload, PassPayload):
    """See `PassPayload`."""


@strawberry.type(description="The pass without its planned conversion.")
class CancelConversionPayload(MovingPayload, PassPayload):
    """See `PassPayload`."""


@strawberry.type(description="The pass with its renewal switched.")
class SetAutoRenewPayload(MovingPayload, PassPayload):
    """See `PassPayload`."""


@strawberry.type(description="The pass with units added or taken.")
class AdjustPassPayload(MovingPayload, PassPayload):
    """See `PassPayload`."""


@strawberry.type(description="The pass with its new end.")
class ExtendPassPayload(MovingPayload, PassPayload):
    """See `PassPayload`."""


@strawberry.type(description="The pass out of use, and the booked visits it no longer pays for.")
class DeactivatePassPayload(PassAndVisitsPayload):
    """See `PassAndVisitsPayload`."""


@strawberry.type(description="The pass back in use.")
class ReactivatePassPayload(MovingPayload, PassPayload):
    """See `PassPayload`."""


@strawberry.type(description="The hold, the pass, and the booked visits inside the hold.")
class PlaceHoldPayload(MovingPayload, HoldPayload):
    """See `HoldPayload`."""

    visits_kept: bool | None = strawberry.field(
        default=None,
        description="Whether the visits inside stay booked; otherwise they were cancelled and returned. "
        "Null where it was refused.",
    )
    charged_minor: int | None = strawberry.field(
        default=None, description="The fee that was charged, in minor units; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the hold, its pass and the visits."""
        shown = await super().loaded(reader, changed, tx)
        shown.visits_kept = changed.figures["kept"]
        shown.charged_minor = changed.figures.get("chargedMinor", 0)
        return shown


@strawberry.type(description="The hold with its new end, the pass, and visits the shorter pass no longer pays for.")
class EndHoldPayload(MovingPayload, HoldPayload):
    """See `HoldPayload`."""


@strawberry.type(description="The removed hold, the pass, and visits the shorter pass no longer pays for.")
class RemoveHoldPayload(MovingPayload, HoldPayload):
    """See `HoldPayload`."""


@strawberry.type(description="The pass with the make-up lot that holds what was claimed.")
class ClaimLapsedPayload(MovingPayload, PassPayload):
    """See `PassPayload`."""

    units: int | None = strawberry.field(
        default=None, description="How many units came back; null where it was refused."
    )
    make_up_lot: LotNode | None = strawberry.field(
        default=None, description="The lot that holds them; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the pass and the lot."""
        shown = await super().loaded(reader, changed, tx)
        shown.units = changed.figures["units"]
        made = await pass_parts.lots_by_ids(reader, [UUID(changed.figures["makeUpLot"])], tx.now)
        shown.make_up_lot = LotNode.of(made[0])
        return shown
