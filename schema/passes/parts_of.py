"""How the parts of a pass are found: by loaders, so that a page of passes costs as many statements as one."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry

from models.queries import visits as visit_queries
from models.queries.balances import Balance
from models.queries.options import OptionRow
from models.queries.passes import PassRow
from models.queries.transfers import TRANSFERS
from models.rules.due import next_events as coming
from models.rules.explain import ComingEvent, named_day, sentence
from models.rules.values import UNIT_OF_KIND, UnusedAtConversion
from schema.catalogue.terms import TermsNode
from schema.context import Info
from schema.listed import listed_of
from schema.orders.types import OrderNode
from schema.pagination import After, Before, First, Last
from schema.passes.consents import ConsentNode
from schema.passes.parts import BalanceNode, HoldNode, LapseNode, LotNode, NextEventNode, PeriodNode, TransferConnection

if TYPE_CHECKING:
    from schema.packages.types import PackageSaleNode
    from schema.passes.types import PassNode, PlannedConversionNode
    from schema.refunds.types import RefundNode
    from schema.sharing.types import ShareNode
    from schema.visits.types import VisitConnection

Parent = strawberry.Parent[PassRow]
Instant = Annotated[datetime, strawberry.argument(description="The instant, now or past.")]
_OF_PASS = replace(visit_queries.VISITS, parent="x.pass_id", name="visits")


@dataclass(frozen=True, slots=True)
class Planned:
    """The source of a `PlannedConversion`."""

    target: OptionRow
    on: date | None
    unused: UnusedAtConversion


async def planned_conversion(
    root: Parent, info: Info
) -> Annotated["PlannedConversionNode", strawberry.lazy("schema.passes.types")] | None:
    """Return what the pass is to become; a closed pass becomes nothing."""
    if root.closed_reason is not None or root.conversion_option_id is None or root.conversion_unused is None:
        return None
    target = await info.context.loaders.options.load(root.conversion_option_id)
    assert target is not None, "an option is never deleted"
    return cast("PlannedConversionNode", Planned(target, root.conversion_on, root.conversion_unused))


async def terms(root: Parent, info: Info) -> TermsNode:
    """Return the terms that count, a package's word included."""
    facts = await info.context.loaders.facts.load(root.id)
    return cast("TermsNode", facts.terms)


async def package_sale(
    root: Parent, info: Info
) -> Annotated["PackageSaleNode", strawberry.lazy("schema.packages.types")] | None:
    """Return the sold package it is a part of."""
    if root.package_sale_id is None:
        return None
    return cast("PackageSaleNode | None", await info.context.loaders.package_sales.load(root.package_sale_id))


async def predecessor(root: Parent, info: Info) -> Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None:
    """Return the pass it was converted from."""
    if root.predecessor_pass_id is None:
        return None
    return cast("PassNode | None", await info.context.loaders.passes.load(root.predecessor_pass_id))


async def successor(root: Parent, info: Info) -> Annotated["PassNode", strawberry.lazy("schema.passes.types")] | None:
    """Return the pass it was converted to."""
    found = await info.context.loaders.successors.load(root.id)
    return cast("PassNode | None", None if found is None else await info.context.loaders.passes.load(found))


async def balance_as_of(root: Parent, info: Info, instant: Instant) -> BalanceNode | None:
    """Return the balance as of an instant; zeros before the sale."""
    unit = UNIT_OF_KIND.get(root.kind)
    if unit is None:
        return None
    found = await info.context.loaders.balances.load((root.id, instant))
    return cast("BalanceNode", found or Balance.nothing(unit))


async def lots(root: Parent, info: Info) -> list[LotNode]:
    """Return its lots."""
    return LotNode.of_all(await info.context.loaders.lots.load(root.id))


async def periods(root: Parent, info: Info) -> list[PeriodNode]:
    """Return its periods."""
    return cast("list[PeriodNode]", await info.context.loaders.periods.load(root.id))


async def holds(root: Parent, info: Info) -> list[HoldNode]:
    """Return its holds."""
    return HoldNode.of_all(await info.context.loaders.holds.load(root.id))


async def consents(root: Parent, info: Info) -> list[ConsentNode]:
    """Return what its buyer agreed to."""
    return cast("list[ConsentNode]", await info.context.loaders.consents_of.load(root.id))


async def lapses(root: Parent, info: Info) -> list[LapseNode]:
    """Return what lapsed from it."""
    return cast("list[LapseNode]", await info.context.loaders.lapses.load(root.id))


async def orders(root: Parent, info: Info) -> list[OrderNode]:
    """Return the orders about it."""
    return OrderNode.of_all(await info.context.loaders.orders_of.load(root.id))


async def refunds(root: Parent, info: Info) -> list[Annotated["RefundNode", strawberry.lazy("schema.refunds.types")]]:
    """Return the refunds of it."""
    return cast("list[RefundNode]", await info.context.loaders.refunds_of.load(root.id))


async def shares(root: Parent, info: Info) -> list[Annotated["ShareNode", strawberry.lazy("schema.sharing.types")]]:
    """Return with whom it is or was shared."""
    return cast("list[ShareNode]", await info.context.loaders.shares_of.load(root.id))


async def next_events(root: Parent, info: Info) -> list[NextEventNode]:
    """Return what will happen to it, with a sentence for each."""
    context = info.context
    facts = await context.loaders.facts.load(root.id)
    return [
        NextEventNode(
            kind=ComingEvent(event.kind),
            at=event.at,
            day=named_day(event, root.zone),
            sentence=sentence(event, root.zone, context.language),
        )
        for event in coming(facts, context.business.policy, context.now)
    ]


async def ledger(
    root: Parent, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> TransferConnection:
    """Return a page of its ledger."""
    page: Any = await listed_of(info.context, TRANSFERS, root.id, first, after, last, before)
    return cast("TransferConnection", page)


async def visits(
    root: Parent, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Annotated["VisitConnection", strawberry.lazy("schema.visits.types")]:
    """Return a page of the visits it pays for."""
    page: Any = await listed_of(info.context, _OF_PASS, root.id, first, after, last, before)
    return cast("VisitConnection", page)
