"""Create, revise and archive packages. A sold package keeps the version it was sold under."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from models.errors import Problem, Refused, refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_text
from models.operations.catalogue import check_lasts
from models.queries.catalogue import OptionVersion, option_terms, service_categories
from models.queries.packages import PackageRow, with_nested
from models.rules.codes import Code
from models.rules.packages import (
    PARTS_MAX,
    Extra,
    PackageItem,
    PackageTerms,
    Part,
    circle,
    laid_out,
    nested_in,
    package_problems,
    package_to_json,
    packages_in,
    parts_count,
)
from models.rules.terms_check import problems
from models.tables.base import new_id
from models.tables.packages import package_versions, packages


@dataclass(frozen=True, slots=True)
class CreatePackage:
    """A package to sell."""

    name: str
    terms: PackageTerms


@dataclass(frozen=True, slots=True)
class RevisePackage:
    """A new version. `from_version` is the version the reviser read; another one meanwhile refuses it."""

    package_id: UUID
    from_version: int
    name: str
    terms: PackageTerms


@dataclass(frozen=True, slots=True)
class ArchivePackage:
    """No longer sell a package. What was sold of it stays as it is."""

    package_id: UUID


@dataclass(frozen=True, slots=True)
class Assembled:
    """A package taken apart: its passes and other items with their shares, and the options of the passes."""

    parts: list[Part]
    extras: list[Extra]
    options: Mapping[UUID, OptionVersion]


async def create_package(tx: Tx, command: CreatePackage) -> Changed:
    """Create a package, version 1.

    Errors: TEXT_OUT_OF_RANGE, NOT_FOUND, QUANTITY_OUT_OF_RANGE, TERMS_CONTRADICT (also where its word contradicts the
    terms of a part), TERMS_BELOW_MINIMUM, OPTION_ARCHIVED, PACKAGE_ARCHIVED, PACKAGE_TOO_LARGE, TOO_MANY.
    """
    tx.require(*STAFF)
    package_id = new_id()
    name = await _checked(tx, command.name, command.terms, package_id)
    await tx.insert(packages, {"id": package_id, "current_version": 1, "created_at": tx.now, "archived_at": None})
    await _write_version(tx, package_id, 1, name, command.terms)
    await tx.event("package.created", package=package_id)
    return Changed(rows={"package": package_id})


async def revise_package(tx: Tx, command: RevisePackage) -> Changed:
    """Make the next version. Errors as for creating, and VERSION_CHANGED, NOTHING_TO_DO, PACKAGE_CIRCLE."""
    tx.require(*STAFF)
    current = await _locked(tx, command.package_id)
    if current != command.from_version:
        raise refuse(Code.VERSION_CHANGED, "fromVersion")
    name = await _checked(tx, command.name, command.terms, command.package_id)
    before = (await with_nested(tx.raw, [command.package_id]))[command.package_id].current_version
    if before.terms == command.terms and before.name == name:
        raise refuse(Code.NOTHING_TO_DO, "terms", sentence="the package already reads like this.")
    version = command.from_version + 1
    await _write_version(tx, command.package_id, version, name, command.terms)
    await tx.update(packages, command.package_id, current_version=version)
    await tx.event("package.revised", package=command.package_id, version=version)
    return Changed(rows={"package": command.package_id})


async def archive_package(tx: Tx, command: ArchivePackage) -> Changed:
    """Stop selling a package. Errors: NOT_FOUND, PACKAGE_ARCHIVED."""
    tx.require(*STAFF)
    await _locked(tx, command.package_id)
    await tx.update(packages, command.package_id, archived_at=tx.now)
    await tx.event("package.archived", package=command.package_id)
    return Changed(rows={"package": command.package_id})


async def assemble(tx: Tx, terms: PackageTerms, nested: Mapping[UUID, PackageRow], *path: str) -> Assembled:
    """Take a package apart by the current versions of all that it holds. `path` leads to its items.

    Errors: NOT_FOUND, OPTION_ARCHIVED, PACKAGE_ARCHIVED, PACKAGE_TOO_LARGE.
    """
    inside = {package_id: row.current_version.terms for package_id, row in nested.items()}
    options: dict[UUID, OptionVersion] = {}
    for at, item in enumerate(terms.items):
        if item.package_id is not None:
            if item.package_id not in nested:
                raise unknown("package", *path, str(at), "packageId")
            for package_id in packages_in(item.package_id, inside):
                if nested[package_id].archived_at is not None:
                    raise refuse(Code.PACKAGE_ARCHIVED, *path, str(at), "packageId")
        held = [item] if item.package_id is None else _items_inside(item.package_id, inside)
        for each in held:
            if each.option_id is None or each.option_id in options:
                continue
            option = await option_terms(tx.raw, each.option_id)
            if option is None:
                raise unknown("purchase option", *path, str(at), "purchaseOptionId")
            if option.archived_at is not None:
                raise refuse(Code.OPTION_ARCHIVED, *path, str(at), "purchaseOptionId")
            options[each.option_id] = option
    count = parts_count(terms, inside)
    if count > PARTS_MAX:
        raise refuse(Code.PACKAGE_TOO_LARGE, *path, count=count, limit=PARTS_MAX)
    parts, extras = laid_out(terms, {key: option.terms for key, option in options.items()}, inside)
    return Assembled(parts, extras, options)


def _items_inside(package_id: UUID, inside: Mapping[UUID, PackageTerms]) -> list[PackageItem]:
    return [item for each in packages_in(package_id, inside) for item in inside[each].items]


async def _checked(tx: Tx, name: str, terms: PackageTerms, package_id: UUID) -> str:
    """Refuse a package that contradicts itself, its parts, or what there is; return the name as kept.

    Packages that hold others are written in turns: two of them together could close a circle neither sees alone.
    """
    cleaned = checked_text(name, 1, 200, "name")
    found = [Problem(reason, ("terms", *path)) for path, reason in package_problems(terms)]
    if found:
        raise Refused(*found)
    for at, item in enumerate(terms.items):
        if item.name is not None:
            checked_text(item.name, 1, 200, "terms", "items", str(at), "name")
    nested: dict[UUID, PackageRow] = {}
    if nested_in(terms):
        await tx.raw.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"packages {tx.business.id}")
        nested = await with_nested(tx.raw, nested_in(terms))
        holds = {each: nested_in(row.current_version.terms) for each, row in nested.items()}
        way = circle(package_id, {**holds, package_id: nested_in(terms)})
        if way is not None:
            names = [cleaned if each == package_id else nested[each].name for each in way]
            raise refuse(Code.PACKAGE_CIRCLE, "terms", "items", circle=" → ".join(names))
    if terms.override.validity is not None:
        last = terms.override.validity.last_day
        if last is not None and last < tx.today:
            raise refuse(Code.DATES_REVERSED, "terms", "override", "validity", "lastDay")
    await _check_services(tx, terms)
    # An option that is being taken back is waited for: no package comes to hold it meanwhile.
    held = [item.option_id for item in terms.items if item.option_id is not None]
    await tx.raw.execute("SELECT FROM purchase_options WHERE id = ANY($1) ORDER BY id FOR KEY SHARE", held)
    assembled = await assemble(tx, terms, nested, "terms", "items")
    for part in assembled.parts:
        wrong = problems(part.terms)
        if wrong:
            raise Refused(*(Problem(reason, ("terms", "items", str(part.item), *path)) for path, reason in wrong))
        if terms.override.validity is not None:
            _check_lasts(tx, part)
    return cleaned


def _check_lasts(tx: Tx, part: Part) -> None:
    try:
        check_lasts(tx, part.terms)
    except Refused as refused:
        path = ("terms", "override", "validity")
        raise Refused(*(Problem(each.reason, path) for each in refused.problems)) from refused


async def _check_services(tx: Tx, terms: PackageTerms) -> None:
    restrictions = terms.override.restrictions or ()
    named = [restriction.service_ids or frozenset() for restriction in restrictions]
    known = await service_categories(tx.raw, frozenset().union(*named))
    for index, ids in enumerate(named):
        if not ids <= known.keys():
            raise unknown("service", "terms", "override", "restrictions", str(index), "serviceIds")


async def _locked(tx: Tx, package_id: UUID) -> int:
    """Lock a package that is sold; return its current version."""
    row = await tx.raw.fetchrow("SELECT * FROM packages WHERE id = $1 FOR UPDATE", package_id)
    if row is None:
        raise unknown("package", "packageId")
    if row["archived_at"] is not None:
        raise refuse(Code.PACKAGE_ARCHIVED, "packageId")
    return int(row["current_version"])


async def _write_version(tx: Tx, package_id: UUID, version: int, name: str, terms: PackageTerms) -> None:
    row = {"package_id": package_id, "version": version, "name": name, "price_minor": terms.price_minor}
    await tx.insert(package_versions, row | {"terms": package_to_json(terms), "created_at": tx.now})
