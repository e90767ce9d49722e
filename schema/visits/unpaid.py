"""Visits that nothing pays for, with the reasons of every pass that was asked."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import passes
from models.queries.visits import VisitRow
from models.rules.codes import Code, Reason
from schema.errors import ReasonNode
from schema.passes.types import PassNode
from schema.seen import of_caller
from schema.visits.types import VisitNode


@strawberry.type(description="A pass that may not pay for a visit, and why.")
class Refusal:
    """A pass with its reasons."""

    pass_: PassNode | None = strawberry.field(
        name="pass", description="The pass that was asked; null for a client whose pass it is not."
    )
    reasons: list[ReasonNode] = strawberry.field(description="Every reason that stands against it.")


@strawberry.type(description="A visit that nothing pays for, and why.")
class UnpaidVisit:
    """A visit with the passes that were asked."""

    visit: VisitNode = strawberry.field(description="The visit; it is booked all the same.")
    refusals: list[Refusal] = strawberry.field(
        description="Every pass that was asked, with its reasons; empty where the client has none."
    )


async def unpaid_visits(
    reader: asyncpg.Connection, changed: Changed, tx: Tx, rows: Sequence[VisitRow]
) -> list[UnpaidVisit]:
    """Return the unpaid ones among the visits of a change. One statement for all their passes."""
    by_id = {row.id: row for row in rows}
    listed = changed.figures["unpaid"]
    asked = {UUID(refusal["passId"]) for each in listed for refusal in each["refusals"]}
    found = {row.id: row for row in of_caller(tx, await passes.by_ids(reader, list(asked), tx.now))} if asked else {}
    return [
        UnpaidVisit(
            visit=VisitNode.of(by_id[UUID(each["visitId"])]),
            refusals=[
                Refusal(
                    pass_=PassNode.of(found.get(UUID(refusal["passId"]))),
                    reasons=[_reason(reason) for reason in refusal["reasons"]],
                )
                for refusal in each["refusals"]
            ],
        )
        for each in listed
    ]


def _reason(stored: dict[str, Any]) -> ReasonNode:
    return cast("ReasonNode", Reason(Code[stored["code"]], tuple(stored["values"].items())))
