"""Whether a client may buy an option, decided under locks: of two sales that exclude each other one wins.

The client's row is locked first and then their household's, so that what either bought stands still. No sale and no
change of a household locks two clients, or a household before a client, so none of them waits for another in a ring.
"""

from collections.abc import Mapping
from uuid import UUID

from models.errors import Problem, Refused, refuse
from models.operations.base import Tx
from models.operations.packages import Assembled
from models.queries.catalogue import OptionVersion
from models.queries.offers import buyer, link_code
from models.queries.package_offers import things_sold
from models.queries.packages import PackageRow
from models.queries.packages import link_code as package_link_code
from models.rules.codes import Code
from models.rules.offers import Sale, offer_refusals, package_refusals
from models.rules.policies import Offer
from models.rules.values import Role, SaleChannel

_PACKAGE_PATHS = {
    Code.ONLY_IN_PACKAGE: ("packageId",),
    Code.CHANNEL_NOT_OFFERED: ("channel",),
    Code.LINK_CODE_WRONG: ("directLinkCode",),
}
_PATHS = {
    Code.ONLY_IN_PACKAGE: ("purchaseOptionId",),
    Code.CHANNEL_NOT_OFFERED: ("channel",),
    Code.LINK_CODE_WRONG: ("directLinkCode",),
}


def checked_channel(role: Role, channel: SaleChannel | None) -> SaleChannel:
    """Return how it is sold: by staff, or online to a client, unless told otherwise. Errors: FORBIDDEN."""
    by_client = role is Role.CLIENT
    if by_client and channel is SaleChannel.STAFF:
        raise refuse(Code.FORBIDDEN, "channel", roles="STAFF")
    return channel or (SaleChannel.ONLINE if by_client else SaleChannel.STAFF)


async def check_offer(tx: Tx, option: OptionVersion, client_id: UUID, sale: Sale) -> None:
    """Refuse a sale that the option's offer does not allow, with every reason at once. The client exists.

    A package that sells the option says so with `Sale(channel, in_package=True)`: the package's channels count then,
    and the option may be one that is sold in packages only. Who may buy, and how often, counts as ever.

    Raises:
        Refused: NOT_A_NEW_CLIENT, ACTIVE_TOO_RECENTLY, CLIENT_TYPE_NOT_OFFERED, OFFER_LIMIT_REACHED,
            OFFER_ONCE_PER_HOUSEHOLD, CHANNEL_NOT_OFFERED, ONLY_IN_PACKAGE, LINK_CODE_WRONG.
    """
    offer = option.terms.offer
    by_link = sale.channel is SaleChannel.DIRECT_LINK and not sale.in_package
    if offer == Offer() and not by_link:
        return
    household = await lock_client(tx, client_id)
    if offer.once_per_household and household is not None:
        await lock_household(tx, household)
    facts = (await buyer(tx.raw, client_id)).facts(option.option_id, tx.today, tx.business.zone)
    code = await link_code(tx.raw, option.option_id) if by_link else ""
    reasons = offer_refusals(offer, facts, sale, code)
    if reasons:
        raise Refused(*(Problem(reason, _PATHS.get(reason.code, ("clientId",))) for reason in reasons))


async def check_package_offers(
    tx: Tx,
    package: PackageRow,
    rows: Mapping[UUID, PackageRow],
    assembled: Assembled,
    client_id: UUID,
    sale: Sale,
) -> None:
    """Refuse the sale of a package that its own offer, or that of anything in it, does not allow, every reason at once.

    The package answers for the channel; who may buy, and how often, counts for each part. `rows` are the package and
    those inside it. Errors as for `check_offer`.
    """
    wanted = list(things_sold(package, rows, assembled.options, sale))
    by_link = sale.channel is SaleChannel.DIRECT_LINK
    if all(offer == Offer() for _, offer, _ in wanted) and not by_link:
        return
    household = await lock_client(tx, client_id)
    if household is not None and any(offer.once_per_household for _, offer, _ in wanted):
        await lock_household(tx, household)
    who = await buyer(tx.raw, client_id)
    code = await package_link_code(tx.raw, package.id) if by_link else ""
    reasons = package_refusals(wanted, lambda thing_id: who.facts(thing_id, tx.today, tx.business.zone), code)
    if reasons:
        raise Refused(*(Problem(reason, _PACKAGE_PATHS.get(reason.code, ("clientId",))) for reason in reasons))


async def lock_client(tx: Tx, client_id: UUID) -> UUID | None:
    """Lock a client who exists; return their household."""
    row = await tx.row("SELECT household_id FROM clients WHERE id = $1 FOR NO KEY UPDATE", client_id)
    household: UUID | None = row["household_id"]
    return household


async def lock_household(tx: Tx, household_id: UUID) -> str:
    """Lock a household that exists, after the client; return its name."""
    row = await tx.row("SELECT name FROM households WHERE id = $1 FOR NO KEY UPDATE", household_id)
    return str(row["name"])
