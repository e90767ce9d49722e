"""Who may buy an option, and how. Everything that stands in the way is told at once."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from secrets import compare_digest
from uuid import UUID

from models.rules.calendar import add_units
from models.rules.codes import Code, Reason, because
from models.rules.policies import Offer
from models.rules.values import PeriodUnit, SaleChannel


@dataclass(frozen=True, slots=True)
class BuyerFacts:
    """What is known of a client who wants to buy an option, on the local day of the business `today`.

    A client has bought where they own or owned a pass that was sold to them, for money or as a gift, or are paying for
    one right now; a pass that was refunded before any visit used it was never bought. `last_active_on` is the day of
    their latest visit that was not cancelled, or of the latest period they bought. `own` counts how often they bought
    this option, `household` how often the other members of their household did.
    """

    today: date
    bought_anything: bool = False
    last_active_on: date | None = None
    types: frozenset[str] = frozenset()
    own: int = 0
    household: int = 0


@dataclass(frozen=True, slots=True)
class Sale:
    """How it is sold: the channel, the code of the link that was opened, and whether a package sells it."""

    channel: SaleChannel
    link_code: str | None = None
    in_package: bool = False


def offer_refusals(offer: Offer, buyer: BuyerFacts, sale: Sale, link_code: str) -> list[Reason]:
    """Return every reason why this client may not buy the option this way; none where they may.

    `link_code` is the option's own. A package answers for its channels itself.
    """
    return [*_client(offer, buyer), *_limits(offer, buyer), *_way(offer, sale, link_code)]


def _client(offer: Offer, buyer: BuyerFacts) -> list[Reason]:
    found = []
    if offer.introductory and buyer.bought_anything:
        if offer.inactive_months is None or buyer.last_active_on is None:
            found.append(because(Code.NOT_A_NEW_CLIENT))
        else:
            free_on = add_units(buyer.last_active_on, PeriodUnit.MONTH, offer.inactive_months)
            if buyer.today < free_on:
                found.append(
                    because(
                        Code.ACTIVE_TOO_RECENTLY,
                        months=offer.inactive_months,
                        day=buyer.last_active_on,
                        free_on=free_on,
                    )
                )
    if offer.client_types is not None and not _folded(offer.client_types) & _folded(buyer.types):
        found.append(because(Code.CLIENT_TYPE_NOT_OFFERED, types=", ".join(sorted(offer.client_types))))
    return found


def _limits(offer: Offer, buyer: BuyerFacts) -> list[Reason]:
    found = []
    limit = 1 if offer.introductory or offer.once_per_household else offer.per_client_max
    if limit is not None and buyer.own >= limit:
        found.append(because(Code.OFFER_LIMIT_REACHED, limit=limit, count=buyer.own))
    if offer.once_per_household and buyer.household:
        found.append(because(Code.OFFER_ONCE_PER_HOUSEHOLD))
    return found


def _way(offer: Offer, sale: Sale, link_code: str) -> list[Reason]:
    if sale.in_package:
        return []
    found = []
    if offer.only_in_package:
        found.append(because(Code.ONLY_IN_PACKAGE))
    if offer.channels is not None and sale.channel not in offer.channels:
        found.append(
            because(Code.CHANNEL_NOT_OFFERED, channel=sale.channel, channels=", ".join(sorted(offer.channels)))
        )
    if sale.channel is SaleChannel.DIRECT_LINK and not _same(sale.link_code, link_code):
        found.append(because(Code.LINK_CODE_WRONG))
    return found


def _folded(types: frozenset[str]) -> frozenset[str]:
    """Types are tags that people write: their case says nothing."""
    return frozenset(each.strip().casefold() for each in types)


def _same(given: str | None, known: str) -> bool:
    return given is not None and compare_digest(given.encode(), known.encode())


def package_refusals(
    things: Iterable[tuple[UUID, Offer, Sale]], facts_of: Callable[[UUID], BuyerFacts], link_code: str
) -> list[Reason]:
    """Return everything against the sale of a package: of it and of each thing in it, as often as it comes.

    What comes several times counts as often; nothing in a package makes its client one who has bought before.
    """
    found: list[Reason] = []
    taken: Counter[UUID] = Counter()
    for thing_id, offer, sale in things:
        facts = facts_of(thing_id)
        facts = replace(facts, own=facts.own + taken[thing_id])
        taken[thing_id] += 1
        found += (reason for reason in offer_refusals(offer, facts, sale, link_code) if reason not in found)
    return found
