"""Which packages a client may buy now, and why not the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from models.queries.catalogue import OptionVersion, current_versions
from models.queries.offers import buyer
from models.queries.packages import PackageRow, on_sale_now, with_nested
from models.rules.calendar import local_day
from models.rules.codes import Code, Reason, because
from models.rules.offers import Sale, package_refusals
from models.rules.packages import PARTS_MAX, PackageTerms, options_in, packages_in, parts_count
from models.rules.policies import Offer


@dataclass(frozen=True, slots=True)
class PackageOfferAnswer:
    """Whether a client may buy a package now, or why not."""

    package: PackageRow
    reasons: tuple[Reason, ...]

    @property
    def buyable(self) -> bool:
        """True where nothing stands in the way."""
        return not self.reasons


async def package_offers(
    reader: asyncpg.Connection, client_id: UUID, sale: Sale, now: datetime, zone: str, limit: int
) -> list[PackageOfferAnswer]:
    """Return the answer of every package on sale, at most `limit` of them, the oldest first.

    Four statements, and one more for each level of packages inside packages. Of a package that has become too large
    nothing else is told: what it comes to may be millions.
    """
    who, today = await buyer(reader, client_id), local_day(now, zone)
    sold = await on_sale_now(reader, limit)
    rows = await with_nested(reader, [package.id for package in sold])
    held = {item.option_id for row in rows.values() for item in row.current_version.terms.items}
    options = await current_versions(reader, [option_id for option_id in held if option_id is not None])
    return [
        PackageOfferAnswer(
            package,
            (
                *_gone(package, rows, options),
                *package_refusals(
                    things_sold(package, rows, options, sale),
                    lambda thing_id: who.facts(thing_id, today, zone),
                    package.direct_link_code,
                ),
            ),
        )
        if (count := parts_count(package.current_version.terms, _inside(rows))) <= PARTS_MAX
        else PackageOfferAnswer(package, (because(Code.PACKAGE_TOO_LARGE, count=count, limit=PARTS_MAX),))
        for package in sold
    ]


def _inside(rows: Mapping[UUID, PackageRow]) -> dict[UUID, PackageTerms]:
    return {each.id: each.current_version.terms for each in rows.values()}


def _gone(
    package: PackageRow, rows: Mapping[UUID, PackageRow], options: Mapping[UUID, OptionVersion]
) -> Iterator[Reason]:
    """Yield what the package holds that is sold no more."""
    inside = _inside(rows)
    if any(rows[each].archived_at is not None for each in packages_in(package.id, inside)):
        yield because(Code.PACKAGE_ARCHIVED)
    terms = package.current_version.terms
    if any(options[option_id].archived_at is not None for option_id in options_in(terms, inside)):
        yield because(Code.OPTION_ARCHIVED)


def things_sold(
    package: PackageRow, rows: Mapping[UUID, PackageRow], options: Mapping[UUID, OptionVersion], sale: Sale
) -> Iterator[tuple[UUID, Offer, Sale]]:
    """Yield the package and everything in it, as often as it comes, with how each is sold."""
    inside = _inside(rows)
    in_package = Sale(sale.channel, in_package=True)
    yield package.id, package.current_version.terms.offer, sale
    for package_id in packages_in(package.id, inside)[1:]:
        yield package_id, inside[package_id].offer, in_package
    for option_id in options_in(package.current_version.terms, inside):
        yield option_id, options[option_id].terms.offer, in_package
