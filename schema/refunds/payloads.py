"""What the mutations of refunds and of many passes at once answer."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self, cast
from uuid import UUID

import asyncpg
import strawberry

from models.errors import Problem
from models.operations.base import Changed, Tx
from models.queries import refunds
from schema.errors import ReasonNode
from schema.passes.payloads import PassAndVisitsPayload, PassPayload, passes_in_order
from schema.passes.types import PassNode
from schema.refunds.types import RefundNode
from schema.visits.moved import MovingPayload


@strawberry.type(description="The pass, what goes back and how, and the visits that became unpaid.")
class RefundPassPayload(PassAndVisitsPayload):
    """See `PassAndVisitsPayload`."""

    refunds: list[RefundNode] = strawberry.field(
        default_factory=list, description="What goes back, by payment; credit last."
    )
    amount_minor: int | None = strawberry.field(
        default=None, description="What goes back altogether, in minor units; null where it was refused."
    )
    limit_minor: int | None = strawberry.field(
        default=None, description="The most that could go back, in minor units; null where it was refused."
    )
    units: int | None = strawberry.field(default=None, description="The units taken; null where it was refused.")

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the pass, its visits and the refunds."""
        shown = await super().loaded(reader, changed, tx)
        found = {row.id: row for row in await refunds.by_ids(reader, [UUID(e) for e in changed.figures["refunds"]])}
        shown.refunds = RefundNode.of_all([found[UUID(each)] for each in changed.figures["refunds"]])
        shown.amount_minor, shown.limit_minor = changed.figures["amountMinor"], changed.figures["limitMinor"]
        shown.units = changed.figures["units"]
        return shown


@strawberry.type(description="The pass that was withdrawn from, what goes back and how, and its visits ahead.")
class WithdrawPassPayload(RefundPassPayload):
    """See `RefundPassPayload`."""


@strawberry.type(description="The refund that became credit.")
class CreditRefundPayload(PassPayload):
    """See `PassPayload`."""

    refund: RefundNode | None = strawberry.field(default=None, description="The refund; null where it was refused.")

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the pass and the refund."""
        shown = await super().loaded(reader, changed, tx)
        shown.refund = RefundNode.of((await refunds.by_ids(reader, [changed.rows["refund"]]))[0])
        return shown


@strawberry.type(description="A pass that was extended.")
class ExtendedPass:
    """One pass of `extendPasses`."""

    pass_: PassNode = strawberry.field(name="pass", description="The pass after the change.")
    former_last_day: date | None = strawberry.field(description="Its last day before; null while it was paused.")


@strawberry.type(description="A pass that was left as it is.")
class SkippedPass:
    """One pass of a set that could not be changed with the others."""

    pass_: PassNode = strawberry.field(name="pass", description="The pass.")
    reason: ReasonNode = strawberry.field(description="Why.")


@strawberry.type(description="Every pass that was extended, and those that could not be.")
class ExtendPassesPayload(MovingPayload):
    """In a dry run, the preview."""

    extended: list[ExtendedPass] = strawberry.field(default_factory=list, description="The extended passes.")
    skipped: list[SkippedPass] = strawberry.field(default_factory=list, description="The passes left as they are.")

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the passes."""
        former = changed.figures["formerLastDays"]
        rows = await passes_in_order(reader, changed.passes, tx)
        shown = cls(
            extended=[ExtendedPass(pass_=PassNode.of(row), former_last_day=_day(former[str(row.id)])) for row in rows],
            skipped=await skipped_passes(reader, changed.figures["skipped"], tx),
        )
        return await shown.with_moves(reader, changed, tx)


async def skipped_passes(reader: asyncpg.Connection, skipped: Mapping[str, Any], tx: Tx) -> list[SkippedPass]:
    """Read the passes that were left as they are; each names its problem in the form kept on the operation."""
    rows = await passes_in_order(reader, [UUID(each) for each in skipped], tx)
    return [
        SkippedPass(pass_=PassNode.of(row), reason=cast("ReasonNode", Problem.from_json(skipped[str(row.id)]).reason))
        for row in rows
    ]


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
