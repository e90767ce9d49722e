"""Every question, in one place."""

from typing import Annotated

import strawberry

from schema.business.types import BusinessNode
from schema.catalogue.offers import OfferNode, offers
from schema.catalogue.queries import locations, purchase_options, services
from schema.catalogue.types import LocationConnection, PurchaseOptionConnection, ServiceConnection
from schema.closures.queries import closures, disputes
from schema.closures.types import ClosureConnection, DisputeConnection
from schema.context import Info
from schema.fees.queries import fees
from schema.fees.types import FeeConnection
from schema.imports.queries import import_, import_findings, imports
from schema.imports.types import ImportConnection, ImportFindingNode, ImportNode
from schema.node import Node
from schema.operations.queries import operations
from schema.operations.types import OperationConnection
from schema.packages.offers import PackageOfferNode, packages_offered
from schema.packages.queries import packages
from schema.packages.types import PackageConnection
from schema.passes.eligible import EligibilityNode, eligible
from schema.passes.forecast import ForecastNode, forecast
from schema.passes.queries import pass_, passes
from schema.passes.types import PassConnection, PassNode
from schema.people.households import HouseholdConnection, HouseholdNode, household, households
from schema.people.queries import client, clients
from schema.people.types import ClientConnection, ClientNode
from schema.refetch import node
from schema.reports.queries import ReportTable, report
from schema.sandboxes.mutations import list_sandboxes
from schema.sandboxes.types import SandboxNode
from schema.visits.queries import visit, visits
from schema.visits.types import VisitConnection, VisitNode

GlobalId = Annotated[strawberry.ID, strawberry.argument(description="The global id of the object.")]


async def _node(info: Info, id: GlobalId) -> Node | None:  # noqa: A002 - Relay's name
    return await node(info.context, id)


def _business(info: Info) -> BusinessNode:
    return BusinessNode.of(info.context.business)


@strawberry.type(
    description="Every question. What belongs to another business, or to another client than the caller, is answered "
    "exactly as what does not exist."
)
class Query:
    """The questions. Each is answered from one snapshot of the store."""

    node: Node | None = strawberry.field(resolver=_node, description="Any object by its global id.")
    business: BusinessNode = strawberry.field(resolver=_business, description="The business whose key is used.")
    services: ServiceConnection = strawberry.field(resolver=services, description="What can be attended, by name.")
    locations: LocationConnection = strawberry.field(resolver=locations, description="Where, by name.")
    purchase_options: PurchaseOptionConnection = strawberry.field(
        resolver=purchase_options, description="What is sold, the oldest first."
    )
    packages: PackageConnection = strawberry.field(
        resolver=packages, description="Several things sold at one price, the oldest first."
    )
    offers: list[OfferNode] = strawberry.field(
        resolver=offers,
        description="Which options on sale a client may buy now, and why not the others, the oldest first; at most "
        "1,000.",
    )
    package_offers: list[PackageOfferNode] = strawberry.field(
        resolver=packages_offered,
        description="Which packages on sale a client may buy now, and why not the others, the oldest first; at most "
        "1,000.",
    )
    household: HouseholdNode | None = strawberry.field(resolver=household, description="A household by id.")
    households: HouseholdConnection = strawberry.field(resolver=households, description="The households, by name.")
    client: ClientNode | None = strawberry.field(resolver=client, description="A client by id.")
    clients: ClientConnection = strawberry.field(resolver=clients, description="The clients, by name.")
    pass_: PassNode | None = strawberry.field(name="pass", resolver=pass_, description="A pass by id.")
    passes: PassConnection = strawberry.field(resolver=passes, description="The passes, the newest first.")
    report: ReportTable = strawberry.field(
        resolver=report,
        description="A report as a table, for owners and staff; all of it as CSV from `/reports/NAME.csv`.",
    )
    sandboxes: list[SandboxNode] = strawberry.field(
        resolver=list_sandboxes, description="The sandboxes of the business, the newest 100; none for clients."
    )
    eligible_passes: list[EligibilityNode] = strawberry.field(
        resolver=eligible,
        description="Every pass of a visit's client: whether it may pay, or why not. Those that may come first, in the "
        "order in which the business lets them pay.",
    )
    forecast: ForecastNode = strawberry.field(
        resolver=forecast,
        description="What a pass will do until an instant, if what is supposed happens: its charges, renewals, "
        "conversions and losses, and its balance over time. Nothing is changed and nobody is charged. At most 200 "
        "changes are played.",
    )
    visit: VisitNode | None = strawberry.field(resolver=visit, description="A visit by id.")
    visits: VisitConnection = strawberry.field(resolver=visits, description="The visits, by their start.")
    closures: ClosureConnection = strawberry.field(
        resolver=closures, description="When locations are or were closed, the last placed first."
    )
    disputes: DisputeConnection = strawberry.field(
        resolver=disputes, description="The disputed orders, the newest first; not for clients."
    )
    fees: FeeConnection = strawberry.field(
        resolver=fees, description="The fees for visits cancelled late or missed, the oldest first."
    )
    operations: OperationConnection = strawberry.field(
        resolver=operations, description="What was done, the newest first; not for clients."
    )
    import_: ImportNode | None = strawberry.field(
        name="import", resolver=import_, description="A file that was sent to be imported, by id; for the owner."
    )
    imports: ImportConnection = strawberry.field(
        resolver=imports, description="The files that were sent to be imported, the newest first; for the owner."
    )
    import_findings: list[ImportFindingNode] = strawberry.field(
        resolver=import_findings,
        description="What is wrong with the lines of a file, in its order; for the owner. Go on after the last line.",
    )
