"""Which options a client may buy now, and why not the others."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, cast

import strawberry

from models.errors import unknown
from models.operations.offers import checked_channel
from models.queries.offers import OfferAnswer
from models.queries.offers import offers as offer_answers
from models.queries.package_offers import PackageOfferAnswer
from models.rules.offers import Sale
from models.rules.values import SaleChannel
from schema.catalogue.types import PurchaseOptionNode
from schema.context import Info
from schema.errors import ReasonNode
from schema.given import check_characters
from schema.ids import decode

OFFERS_MAX = 1_000


async def _option(root: strawberry.Parent[OfferAnswer], info: Info) -> PurchaseOptionNode:
    return PurchaseOptionNode.of(await info.context.loaders.options.load(root.option.option_id))


def reasons_of(root: strawberry.Parent[OfferAnswer | PackageOfferAnswer]) -> list[ReasonNode]:
    """Return what stands in the way."""
    return cast("list[ReasonNode]", list(root.reasons))


@strawberry.type(name="Offer", description="Whether a client may buy an option now, and if not, why.")
class OfferNode:
    """Its source is an `OfferAnswer`."""

    purchase_option: PurchaseOptionNode = strawberry.field(resolver=_option, description="The option.")
    buyable: bool = strawberry.field(description="Whether the client may buy it.")
    reasons: list[ReasonNode] = strawberry.field(
        resolver=reasons_of, description="Everything that stands in the way; empty where the client may buy it."
    )


Buyer = Annotated[strawberry.ID, strawberry.argument(description="Who would buy.")]
Channel = Annotated[
    SaleChannel | None,
    strawberry.argument(description="How it would be sold: ONLINE for a client, else STAFF, where left out."),
]
LinkCode = Annotated[
    str | None, strawberry.argument(description="For DIRECT_LINK: the code of the link that was opened.")
]


async def answers_to(
    info: Info,
    ask: Callable[..., Awaitable[Any]],
    client_id: strawberry.ID,
    channel: SaleChannel | None,
    direct_link_code: str | None,
) -> Any:
    """Ask what a client may buy in this way. Errors: NOT_FOUND, INVALID_ID, FORBIDDEN."""
    context = info.context
    check_characters(direct_link_code, "directLinkCode")
    client = await context.loaders.clients.load(decode(client_id, "Client", "clientId"))
    if client is None:
        raise unknown("client", "clientId")
    sale = Sale(checked_channel(context.actor.role, channel), direct_link_code)
    return await context.reader.ask(ask, client.id, sale, context.now, context.business.zone, OFFERS_MAX)


async def offers(
    info: Info, client_id: Buyer, channel: Channel = None, direct_link_code: LinkCode = None
) -> list[OfferNode]:
    """Return the answer of every option on sale, the oldest first. Errors: NOT_FOUND, INVALID_ID, FORBIDDEN."""
    return cast("list[OfferNode]", await answers_to(info, offer_answers, client_id, channel, direct_link_code))
