"""Shares of passes, as GraphQL shows them: to the owner of the pass, and to the member with whom it is shared."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

import strawberry

from models.queries.shares import ShareRow
from models.rules.facts import PassFacts
from models.rules.sharing import Usage, usage
from models.rules.status import status_at
from models.rules.values import PassKind, PassStatus, ShareState
from schema.context import Info
from schema.node import Node

if TYPE_CHECKING:
    from schema.passes.types import PassNode
    from schema.people.types import ClientNode

Parent = strawberry.Parent[ShareRow]


async def _facts(root: ShareRow, info: Info) -> PassFacts:
    return await info.context.loaders.facts.load(root.pass_id)


async def _usage(root: ShareRow, info: Info) -> Usage:
    return usage(await _facts(root, info), root.client_id, root.visits_max, info.context.now)


async def _client(root: Parent, info: Info) -> Annotated["ClientNode", strawberry.lazy("schema.people.types")] | None:
    return cast("ClientNode | None", await info.context.loaders.clients.load(root.client_id))


async def _pass(root: Parent, info: Info) -> Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None:
    return cast("PassNode | None", await info.context.loaders.passes.load(root.pass_id))


async def _used(root: Parent, info: Info) -> int:
    return (await _usage(root, info)).used


async def _limit(root: Parent, info: Info) -> int | None:
    return (await _usage(root, info)).limit


async def _left(root: Parent, info: Info) -> int | None:
    return (await _usage(root, info)).left


@strawberry.type(name="Share", description="A pass that a member of its owner's household may use.")
class ShareNode(Node):
    """Its source is a `ShareRow`."""

    row_type: ClassVar[type[Any]] = ShareRow

    client_name: str = strawberry.field(description="The member's name.")
    client: Annotated["ClientNode", strawberry.lazy("schema.people.types")] | None = strawberry.field(
        resolver=_client, description="The member; null for a client who is another."
    )
    pass_: Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None = strawberry.field(
        name="pass", resolver=_pass, description="The pass; null for a client whose pass it is not."
    )
    state: ShareState = strawberry.field(description="How far it is.")
    visits_max: int | None = strawberry.field(
        resolver=_limit, description="How many visits a period the member may take; null where nothing limits them."
    )
    visits_used: int = strawberry.field(
        resolver=_used, description="How many visits of the member, booked or used, stand in the period that runs."
    )
    visits_left: int | None = strawberry.field(
        resolver=_left, description="How many more they may take in it; null where nothing limits them."
    )
    added_at: datetime = strawberry.field(description="When it was asked for.")
    active_at: datetime | None = strawberry.field(description="Since when it counts; null until it is approved.")
    removed_at: datetime | None = strawberry.field(description="When it was declined or ended.")


def _share(root: Parent) -> ShareNode:
    return ShareNode.of(root)


async def _kind(root: Parent, info: Info) -> PassKind:
    return (await _facts(root, info)).kind


async def _status(root: Parent, info: Info) -> PassStatus:
    return status_at(await _facts(root, info), info.context.business.policy, info.context.now)


async def _last_day(root: Parent, info: Info) -> date | None:
    return (await _facts(root, info)).windows[-1].last_day


async def _available(root: Parent, info: Info) -> int | None:
    facts, now = await _facts(root, info), info.context.now
    if not facts.kind.metered:
        return None
    return sum(lot.available for lot in facts.lots if lot.window.ends_at is None or now < lot.window.ends_at)


@strawberry.type(
    name="SharedPass",
    description="Another client's pass as a member may see it: what it is and what is left, never what was paid for it "
    "or who else uses it.",
)
class SharedPassNode:
    """Its source is a `ShareRow`."""

    share: ShareNode = strawberry.field(resolver=_share, description="How it is shared, with the member's own visits.")
    option_name: str = strawberry.field(description="The name of what was sold.")
    kind: PassKind = strawberry.field(resolver=_kind, description="What it meters.")
    status: PassStatus = strawberry.field(resolver=_status, description="What it is now.")
    last_day: date | None = strawberry.field(
        resolver=_last_day, description="Its last local day, included; null where it has none or the end is paused."
    )
    units_available: int | None = strawberry.field(
        resolver=_available, description="Units free to be booked by anybody who may; null where it counts none."
    )


async def passes_shared_with(root: strawberry.Parent[Any], info: Info) -> list[SharedPassNode]:
    """Return the passes that are shared with a client whom the caller has seen."""
    return cast("list[SharedPassNode]", await info.context.loaders.shared_with.load(root.id))
