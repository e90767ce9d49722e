"""Visits to come whose pass changed, or that are paid at last, because that pays for more of them."""

from uuid import UUID

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import passes, visits
from models.rules.explain import why_moved
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


async def moves_of(reader: asyncpg.Connection, changed: Changed, tx: Tx) -> list[ClaimMove]:
    """Return the moves of a change. Two statements, however many there are, and none where nothing moved."""
    listed = changed.figures.get("moved") or []
    if not listed:
        return []
    rows = await visits.by_ids(reader, [UUID(each["visitId"]) for each in listed])
    nodes = dict(zip((row.id for row in rows), VisitNode.of_all(rows), strict=True))
    wanted = {UUID(each[name]) for each in listed for name in ("fromPassId", "toPassId") if each[name]}
    found = of_caller(tx, await passes.by_ids(reader, list(wanted), tx.now))
    payers = dict(zip((row.id for row in found), PassNode.of_all(found), strict=True))
    return [
        ClaimMove(
            visit=nodes[UUID(each["visitId"])],
            from_pass=payers.get(UUID(each["fromPassId"])) if each["fromPassId"] else None,
            to_pass=payers.get(UUID(each["toPassId"])),
            made_room_for=len(each["madeRoomFor"]) if each["fromPassId"] else None,
        )
        for each in listed
    ]
