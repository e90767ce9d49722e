"""Visits to come whose pass changed, or that are paid at last, because that pays for more of them."""

from typing import Self
from uuid import UUID

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import passes, visits
from models.rules.explain import why_moved
from schema.carry_out import Payload
from schema.context import Info
from schema.passes.types import PassNode
from schema.seen import of_caller
from schema.visits.types import VisitNode


def _reason(root: strawberry.Parent["ClaimMove"], info: Info) -> str:
    return why_moved(root.made_room_for, info.context.language)


@strawberry.type(description="A visit to come that another pass pays for now, or that is paid for at last.")
class ClaimMove:
    """One move with its explanation."""

    visit: VisitNode = strawberry.field(description="The visit, as it is now.")
    from_pass: PassNode | None = strawberry.field(
        description="The pass that paid for it; null where none did, and for a client whose pass it is not."
    )
    to_pass: PassNode | None = strawberry.field(
        description="The pass that pays for it now, maybe from another of its lots; null for a client whose it is not."
    )
    made_room_for: strawberry.Private[int | None]
    reason: str = strawberry.field(resolver=_reason, description="Why it moved, in a sentence.")


@strawberry.type
class MovingPayload(Payload):
    """What a mutation answers by which something can come back that pays for visits that wait.

    It goes before whatever else the payload is: `class SellPassPayload(MovingPayload, BoughtPayload)`.
    """

    moved: list[ClaimMove] = strawberry.field(
        default_factory=list,
        description="Visits to come that are paid at last because of it, and those that another pass pays for now to "
        "allow that. A client sees their own, and those that a pass of theirs pays for.",
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read what else the payload shows, and what moved."""
        return await (await super().loaded(reader, changed, tx)).with_moves(reader, changed, tx)

    async def with_moves(self, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Return this payload with what moved, for one that reads everything itself."""
        self.moved = await _moves_of(reader, changed, tx)
        return self


async def _moves_of(reader: asyncpg.Connection, changed: Changed, tx: Tx) -> list[ClaimMove]:
    """Return the moves of a change. Two statements, however many there are, and none where nothing moved."""
    listed = changed.figures.get("moved") or []
    if not listed:
        return []
    rows = await visits.by_ids(reader, [UUID(each["visitId"]) for each in listed])
    wanted = {UUID(each[name]) for each in listed for name in ("fromPassId", "toPassId") if each[name]}
    found = of_caller(tx, await passes.by_ids(reader, list(wanted), tx.now))
    payers = dict(zip((row.id for row in found), PassNode.of_all(found), strict=True))
    seen = [row for row in rows if tx.actor.client_id in (None, row.client_id) or row.pass_id in payers]
    nodes = dict(zip((row.id for row in seen), VisitNode.of_all(seen), strict=True))
    return [
        ClaimMove(
            visit=nodes[UUID(each["visitId"])],
            from_pass=payers.get(UUID(each["fromPassId"])) if each["fromPassId"] else None,
            to_pass=payers.get(UUID(each["toPassId"])),
            made_room_for=len(each["madeRoomFor"]) if each["fromPassId"] else None,
        )
        for each in listed
        if UUID(each["visitId"]) in nodes
    ]
