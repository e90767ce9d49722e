"""Visits and the claims that pay for them, as GraphQL shows them."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import strawberry

from models.queries.projections import ProjectionRow
from models.queries.visits import ChosenBy, ClaimRow, PassedOver, VisitRow
from models.rules.codes import Code, because
from models.rules.explain import why_paid
from models.rules.values import Account, OutcomeEffect, Role, VisitPayment, VisitState
from schema.catalogue.types import LocationNode, ServiceNode
from schema.context import Info
from schema.language import told
from schema.node import Node
from schema.pagination import Connection
from schema.passes.parts import LotNode

if TYPE_CHECKING:
    from schema.passes.types import PassNode
    from schema.people.types import ClientNode


async def _pass_over(
    root: strawberry.Parent[PassedOver], info: Info
) -> Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None:
    found: Any = await info.context.loaders.passes.load(root.pass_id)
    passed: PassNode | None = found
    return passed


@strawberry.type(name="PassedOver", description="A pass that was asked to pay for a visit and did not.")
class PassedOverNode:
    """Its source is a `PassedOver`."""

    pass_: Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None = strawberry.field(
        name="pass", resolver=_pass_over, description="The pass that was asked."
    )
    codes: list[Code] = strawberry.field(description="Why it could not pay; none where another pass came first.")


async def _claim_pass(
    root: strawberry.Parent[ClaimRow], info: Info
) -> Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None:
    found: Any = await info.context.loaders.passes.load(root.pass_id)
    paying: PassNode | None = found
    return paying


async def _claim_lot(root: strawberry.Parent[ClaimRow], info: Info) -> LotNode | None:
    context = info.context
    if root.lot_id is None or await context.loaders.passes.load(root.pass_id) is None:
        return None
    found: Any = await info.context.loaders.lots_by_id.load(root.lot_id)
    return LotNode.of(found)


async def _explanation(root: strawberry.Parent[ClaimRow], info: Info) -> str:
    asked = [root.pass_id, *(each.pass_id for each in root.passed_over)]
    found: list[Any] = await info.context.loaders.passes.load_many(asked)
    names = [row and row.purchase_option.name for row in found]
    others = ((name, each.reasons) for name, each in zip(names[1:], root.passed_over, strict=True))
    return why_paid(root.chosen_by, names[0], others, info.context.language)


@strawberry.type(
    name="SolvedTogether", description="How sure it is that visits solved together are paid for as well as they can be."
)
class SolvedTogetherNode:
    """Its source is a `Solved`."""

    proven: bool = strawberry.field(
        description="Whether no other way pays for more visits, or as many and wastes less. Where there were too many "
        "ways to look at all of them, the best that was found stands."
    )
    bound: int = strawberry.field(description="How many of the visits no way could exceed.")


@strawberry.type(name="Claim", description="The tie between a visit and the pass that pays for it.")
class ClaimNode:
    """Its source is a `ClaimRow`."""

    pass_: Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None = strawberry.field(
        name="pass", resolver=_claim_pass, description="The pass that pays; null for a client whose pass it is not."
    )
    lot: LotNode | None = strawberry.field(
        resolver=_claim_lot, description="The lot that pays; null where the pass counts nothing or is not the caller's."
    )
    quantity: int = strawberry.field(
        description="How many units of the lot it takes; 0 on a DAY pass, of which the whole day takes the unit."
    )
    account: Account = strawberry.field(description="Where those units stand.")
    pinned: bool = strawberry.field(description="Whether somebody named the pass, so that no other replaces it.")
    chosen_by: ChosenBy = strawberry.field(description="What decided that this pass pays.")
    passed_over: list[PassedOverNode] = strawberry.field(description="The other passes that were asked.")
    explanation: str = strawberry.field(
        resolver=_explanation,
        description="Why this pass pays and the others that were asked do not, in plain sentences.",
    )
    solved_together: SolvedTogetherNode | None = strawberry.field(
        description="How sure the choice is where several visits were solved together; null where the visit was alone."
    )
    claimed_at: datetime = strawberry.field(description="When it was made.")


async def _client(
    root: strawberry.Parent[VisitRow], info: Info
) -> Annotated["ClientNode", strawberry.lazy("schema.people.types")] | None:
    found: Any = await info.context.loaders.clients.load(root.client_id)
    client: ClientNode | None = found
    return client


async def _pass(
    root: strawberry.Parent[VisitRow], info: Info
) -> Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None:
    if root.pass_id is None:
        return None
    found: Any = await info.context.loaders.passes.load(root.pass_id)
    paying: PassNode | None = found
    return paying


async def _projecting_pass(
    root: strawberry.Parent[ProjectionRow], info: Info
) -> Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None:
    found: Any = await info.context.loaders.passes.load(root.pass_id)
    coming: PassNode | None = found
    return coming


def _when_it_pays(root: strawberry.Parent[ProjectionRow], info: Info) -> str:
    return because(Code.PAYS_ON_RENEWAL, day=root.pays_on).message_in(info.context.language)


@strawberry.type(
    name="Projection", description="What a pass that renews by itself will pay for, once its next period is granted."
)
class ProjectionNode:
    """Its source is a `ProjectionRow`."""

    pass_: Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None = strawberry.field(
        name="pass",
        resolver=_projecting_pass,
        description="The pass that will pay; null for a client whose pass it is not.",
    )
    period_number: int = strawberry.field(description="The number of the period that will pay.")
    pays_on: date = strawberry.field(description="The local day on which that period is granted.")
    pays_at: datetime = strawberry.field(description="The instant at which it is.")
    explanation: str = strawberry.field(
        resolver=_when_it_pays, description="When it pays, in a sentence. If the renewal fails the visit is unpaid."
    )


async def _projection(root: strawberry.Parent[VisitRow], info: Info) -> ProjectionNode | None:
    if root.payment(info.context.now) is not VisitPayment.PROJECTED:
        return None
    found: Any = await info.context.loaders.projections.load(root.id)
    projection: ProjectionNode | None = found
    return projection


def _payment(root: strawberry.Parent[VisitRow], info: Info) -> VisitPayment:
    return root.payment(info.context.now)


def _note(root: strawberry.Parent[VisitRow]) -> str | None:
    return told("note", root.note)


async def _claim(root: strawberry.Parent[VisitRow], info: Info) -> ClaimNode | None:
    found: Any = await info.context.loaders.claims.load(root.id)
    claim: ClaimNode | None = found
    return claim


@strawberry.type(name="Outcome", description="What a visit came to once, and what that did. It stays when taken back.")
class OutcomeNode:
    """Its source is an `OutcomeRow`."""

    state: VisitState = strawberry.field(description="What it came to.")
    effect: OutcomeEffect | None = strawberry.field(
        description="What that did to the unit that paid; null where it moved none."
    )
    fee_minor: int = strawberry.field(description="The fee it brought, in minor units of the business's currency.")
    forgiven: bool = strawberry.field(description="Whether it was one of the free ones of its period.")
    waived: bool = strawberry.field(description="Whether the studio took its cost away.")
    reason: str | None = strawberry.field(description="Why, where somebody said.")
    role: Role = strawberry.field(description="Who said so; WORKER is the system itself.")
    at: datetime = strawberry.field(description="When, in the business's time.")


async def _history(root: strawberry.Parent[VisitRow], info: Info) -> list[OutcomeNode]:
    found: Any = await info.context.loaders.outcomes.load(root.id)
    history: list[OutcomeNode] = found
    return history


@strawberry.type(name="Visit", description="One client's booking or attendance of a service at a location.")
class VisitNode(Node):
    """Its source is a `VisitRow`."""

    row_type: ClassVar[type[Any]] = VisitRow

    client: Annotated["ClientNode", strawberry.lazy("schema.people.types")] | None = strawberry.field(
        resolver=_client,
        description="Who visits, or brings the guest; null for a client whose pass pays for somebody else.",
    )
    guest_name: str | None = strawberry.field(
        description="The guest whose visit it is; null where the client comes themself."
    )
    service: ServiceNode = strawberry.field(description="What is attended.")
    location: LocationNode = strawberry.field(description="Where.")
    starts_at: datetime = strawberry.field(description="When it starts.")
    ends_at: datetime = strawberry.field(description="When it ends.")
    day: date = strawberry.field(description="The local date of its start at its location.")
    state: VisitState = strawberry.field(description="What became of it.")
    paid: bool = strawberry.field(description="Whether a pass pays for it.")
    pass_: Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None = strawberry.field(
        name="pass", resolver=_pass, description="The pass that pays for it."
    )
    claim: ClaimNode | None = strawberry.field(resolver=_claim, description="How it is paid.")
    payment: VisitPayment = strawberry.field(resolver=_payment, description="How it stands with its payment.")
    projection: ProjectionNode | None = strawberry.field(
        resolver=_projection, description="Which pass pays for it once it has renewed, and when; null where none will."
    )
    history: list[OutcomeNode] = strawberry.field(
        resolver=_history, description="What it came to, each time, the first one first; empty while only booked."
    )
    external_ref: str | None = strawberry.field(description="What the timetable's system calls it.")
    note: str | None = strawberry.field(resolver=_note, description="What was noted about it.")
    booked_at: datetime = strawberry.field(description="When it was booked.")


@strawberry.type(name="VisitConnection", description="A page of visits.")
class VisitConnection(Connection[VisitNode]):
    """Visits by their start."""
