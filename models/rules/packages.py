"""What a package holds, and what is sold of it: its parts with their shares and the terms they keep."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.rules.codec import from_json, to_json
from models.rules.found import PRICE_MINOR_MAX, Found, at_most, contradiction, in_range
from models.rules.package_split import split, split_around
from models.rules.policies import Offer, Restriction
from models.rules.policies_check import offer_problems
from models.rules.terms import Terms, Validity, terms_with
from models.rules.values import Activation, PackageItemKind

ITEMS_MAX, QUANTITY_MAX, PARTS_MAX = 50, 20, 50


@dataclass(frozen=True, slots=True)
class PackageItem:
    """One line of a package. `share_minor` is the line's part of the price; None takes what its own price makes of it.

    PASS names an option and PACKAGE another package, each `quantity` times. GOODS has a name and, in `value_minor`,
    what the line costs by itself. CREDIT gives `value_minor` of credit. Money is in minor units.
    """

    kind: PackageItemKind
    quantity: int = 1
    option_id: UUID | None = None
    package_id: UUID | None = None
    name: str | None = None
    value_minor: int | None = None
    share_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """What the package says in place of its parts' own terms; None leaves theirs."""

    validity: Validity | None = None
    activation: Activation | None = None
    start_within_days: int | None = None
    restrictions: tuple[Restriction, ...] | None = None


@dataclass(frozen=True, slots=True)
class PackageTerms:
    """Everything a version of a package says, beside its name."""

    price_minor: int
    items: tuple[PackageItem, ...]
    override: Override = field(default_factory=Override)
    offer: Offer = field(default_factory=Offer)


@dataclass(frozen=True, slots=True)
class Part:
    """One pass of a package: its option, its share, what it keeps in place of the option's terms, and the result."""

    option_id: UUID
    share_minor: int
    override: Mapping[str, Any]
    terms: Terms
    item: int


@dataclass(frozen=True, slots=True)
class Extra:
    """Goods or credit of a package, with its share. `value_minor` is the credit, or what the goods cost alone."""

    kind: PackageItemKind
    name: str | None
    quantity: int
    value_minor: int
    share_minor: int


def package_to_json(terms: PackageTerms) -> dict[str, Any]:
    """Return the JSON form kept on the version row."""
    stored: dict[str, Any] = to_json(terms)
    return stored


def package_from_json(stored: dict[str, Any]) -> PackageTerms:
    """Rebuild what `package_to_json` gave."""
    terms: PackageTerms = from_json(PackageTerms, stored)
    return terms


def package_problems(terms: PackageTerms) -> Found:
    """Return every reason why a package cannot be sold that shows without its parts, with the path of its field."""
    yield from in_range(terms.price_minor, 0, PRICE_MINOR_MAX, "priceMinor")
    yield from at_most(terms.items, ITEMS_MAX, "items")
    if not any(item.kind in (PackageItemKind.PASS, PackageItemKind.PACKAGE) for item in terms.items):
        yield contradiction("A package holds at least one pass.", "items")
    for index, item in enumerate(terms.items):
        for path, reason in _item_problems(item):
            yield ("items", str(index), *path), reason
    stated = [item.share_minor for item in terms.items if item.share_minor is not None]
    all_stated = len(stated) == len(terms.items)
    if sum(stated) > terms.price_minor or (all_stated and sum(stated) != terms.price_minor):
        yield contradiction(
            "The shares come to {total}, and the price is {price}.",
            "items",
            total=sum(stated),
            price=terms.price_minor,
        )
    override = terms.override
    if override.start_within_days is not None and override.activation is not Activation.ON_FIRST_VISIT:
        yield contradiction(
            "Only a pass that starts on its first visit has a latest start.", "override", "startWithinDays"
        )
    yield from offer_problems(terms.offer)


def _item_problems(item: PackageItem) -> Found:
    kind = item.kind
    yield from in_range(item.quantity, 1, QUANTITY_MAX, "quantity")
    yield from in_range(item.share_minor, 0, PRICE_MINOR_MAX, "shareMinor")
    if (kind is PackageItemKind.PASS) != (item.option_id is not None):
        yield contradiction("A PASS, and no other item, names a purchase option.", "purchaseOptionId")
    if (kind is PackageItemKind.PACKAGE) != (item.package_id is not None):
        yield contradiction("A PACKAGE, and no other item, names a package.", "packageId")
    if (kind is PackageItemKind.GOODS) != (item.name is not None):
        yield contradiction("GOODS, and no other item, have a name.", "name")
    if (kind in (PackageItemKind.GOODS, PackageItemKind.CREDIT)) != (item.value_minor is not None):
        yield contradiction("GOODS and CREDIT, and no other item, have a value.", "valueMinor")
    low = 1 if kind is PackageItemKind.CREDIT else 0
    yield from in_range(item.value_minor, low, PRICE_MINOR_MAX, "valueMinor")
    if kind is PackageItemKind.CREDIT and item.quantity != 1:
        yield contradiction("Credit is one amount and is not counted.", "quantity")


def nested_in(terms: PackageTerms) -> list[UUID]:
    """Return the packages that a package holds, in their order."""
    return [item.package_id for item in terms.items if item.package_id is not None]


def circle(package_id: UUID, holds: Mapping[UUID, Sequence[UUID]]) -> list[UUID] | None:
    """Return the way by which a package holds itself, itself first and last, or None where it does not."""
    ways = [[package_id, each] for each in holds[package_id]]
    seen: set[UUID] = set()
    while ways:
        way = ways.pop()
        if way[-1] == package_id:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, each] for each in holds.get(way[-1], ())]
    return None


def laid_out(
    terms: PackageTerms, options: Mapping[UUID, Terms], packages: Mapping[UUID, PackageTerms]
) -> tuple[list[Part], list[Extra]]:
    """Return the passes of a package, and its goods and credit, with shares that sum to its price.

    Packages inside are taken apart: what they sell for by themselves is their weight, and their share is split as
    their own price would be. The package's word counts before that of a package inside it.
    """
    parts: list[Part] = []
    extras: list[Extra] = []
    weights = [_weight(item, options, packages) for item in terms.items]
    shares = split_around(terms.price_minor, weights, [item.share_minor for item in terms.items])
    outer = override_json(terms.override)
    for index, (item, share) in enumerate(zip(terms.items, shares, strict=True)):
        each = split(share, [1] * item.quantity)
        if item.option_id is not None:
            own = options[item.option_id]
            parts += [_part(item.option_id, own, one, outer, index) for one in each]
        elif item.package_id is not None:
            inner_parts, inner_extras = laid_out(packages[item.package_id], options, packages)
            own_shares = [*(found.share_minor for found in inner_parts), *(found.share_minor for found in inner_extras)]
            for one in each:
                scaled = iter(split(one, own_shares))
                parts += [
                    _part(found.option_id, options[found.option_id], next(scaled), {**found.override, **outer}, index)
                    for found in inner_parts
                ]
                extras += [
                    Extra(found.kind, found.name, found.quantity, found.value_minor, next(scaled))
                    for found in inner_extras
                ]
        else:
            assert item.value_minor is not None
            extras.append(Extra(item.kind, item.name, item.quantity, item.value_minor, share))
    return parts, extras


def _weight(item: PackageItem, options: Mapping[UUID, Terms], packages: Mapping[UUID, PackageTerms]) -> int:
    if item.option_id is not None:
        return options[item.option_id].price_minor * item.quantity
    if item.package_id is not None:
        return packages[item.package_id].price_minor * item.quantity
    return item.value_minor or 0


def _part(option_id: UUID, own: Terms, share: int, override: Mapping[str, Any], item: int) -> Part:
    # The share is the price of every period of the part, so that it survives renewal.
    kept = {**override, "priceMinor": share}
    return Part(option_id, share, kept, terms_with(own, kept), item)


def override_json(override: Override) -> dict[str, Any]:
    """Return the terms an override replaces, in the form in which they are kept."""
    return dict(_overridden(override))


def _overridden(override: Override) -> Iterator[tuple[str, Any]]:
    if override.validity is not None:
        yield "validity", to_json(override.validity)
    if override.activation is not None:
        yield "activation", to_json(override.activation)
        yield "startWithinDays", override.start_within_days
    if override.restrictions is not None:
        yield "restrictions", to_json(override.restrictions)


def options_in(terms: PackageTerms, packages: Mapping[UUID, PackageTerms]) -> list[UUID]:
    """Return the option of every pass that a package comes to, those of the packages inside it included."""
    found: list[UUID] = []
    for item in terms.items:
        if item.option_id is not None:
            found += [item.option_id] * item.quantity
        elif item.package_id is not None:
            found += options_in(packages[item.package_id], packages) * item.quantity
    return found


def packages_in(package_id: UUID, packages: Mapping[UUID, PackageTerms]) -> list[UUID]:
    """Return a package and every package in it, itself first."""
    found = [package_id]
    for each in found:
        found += [other for other in nested_in(packages[each]) if other not in found]
    return found


def parts_count(terms: PackageTerms, packages: Mapping[UUID, PackageTerms]) -> int:
    """Return how many passes, goods and credits a package comes to, those of the packages inside it included."""
    counted: dict[UUID, int] = {}

    def inside(package_id: UUID) -> int:
        # Each is counted once: what is revised inside may come to any number, and must not be walked through.
        if package_id not in counted:
            counted[package_id] = count(packages[package_id])
        return counted[package_id]

    def count(terms: PackageTerms) -> int:
        return sum(
            1
            if item.value_minor is not None
            else item.quantity * (inside(item.package_id) if item.package_id is not None else 1)
            for item in terms.items
        )

    return count(terms)


def unspent_value(share_minor: int, credit_minor: int, taken_minor: int) -> int:
    """Return what is paid back for credit that is taken back: its part of the share, rounded down."""
    return share_minor * taken_minor // credit_minor
