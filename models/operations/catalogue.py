"""Create what is sold and attended: locations, services, clients, purchase options and their versions."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from models.errors import Problem, Refused, refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_text
from models.queries.catalogue import conversion_chain, option_terms, service_categories
from models.queries.live import LIVE
from models.queries.tenants import knows_zone
from models.rules.calendar import zone_exists
from models.rules.codes import Code
from models.rules.policies_check import restricts_nothing
from models.rules.terms import Terms, terms_to_json
from models.rules.terms_check import problems
from models.rules.timeline import base_days
from models.rules.values import AfterExpiration, ServiceCategory, UnusedAtConversion
from models.tables.base import new_id
from models.tables.catalogue import locations, purchase_option_versions, purchase_options, services
from models.tables.people import clients


@dataclass(frozen=True, slots=True)
class CreateLocation:
    """A place. `zone` None: the business's own."""

    name: str
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class CreateService:
    """Something that is attended."""

    name: str
    category: ServiceCategory


@dataclass(frozen=True, slots=True)
class CreateClient:
    """A person who buys and attends."""

    name: str
    email: str | None = None
    home_location_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CreatePurchaseOption:
    """A sellable pass."""

    name: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class RevisePurchaseOption:
    """A new version. `from_version` is the version the reviser read; another one meanwhile refuses it."""

    option_id: UUID
    from_version: int
    name: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class ArchivePurchaseOption:
    """No longer sell an option. Sold passes keep their terms, and go on renewing under them."""

    option_id: UUID


async def create_location(tx: Tx, command: CreateLocation) -> Changed:
    """Create a location. Errors: TEXT_OUT_OF_RANGE, UNKNOWN_ZONE, NAME_TAKEN."""
    tx.require(*STAFF)
    name = checked_text(command.name, 1, 200, "name")
    if command.zone is not None and not (zone_exists(command.zone) and await knows_zone(tx.raw, command.zone)):
        raise refuse(Code.UNKNOWN_ZONE, "zone", zone=command.zone)
    created = new_id()
    row = {"id": created, "name": name, "zone": command.zone, "created_at": tx.now}
    try:
        await tx.insert(locations, row)
    except IntegrityError as error:
        raise refuse(Code.NAME_TAKEN, "name", thing="location") from error
    await tx.event("location.created", location=created)
    return Changed(rows={"location": created})


async def create_service(tx: Tx, command: CreateService) -> Changed:
    """Create a service. Errors: TEXT_OUT_OF_RANGE, NAME_TAKEN."""
    tx.require(*STAFF)
    name = checked_text(command.name, 1, 200, "name")
    created = new_id()
    row = {"id": created, "name": name, "category": command.category, "created_at": tx.now}
    try:
        await tx.insert(services, row)
    except IntegrityError as error:
        raise refuse(Code.NAME_TAKEN, "name", thing="service") from error
    await tx.event("service.created", service=created)
    return Changed(rows={"service": created})


async def create_client(tx: Tx, command: CreateClient) -> Changed:
    """Create a client. Errors: TEXT_OUT_OF_RANGE, INVALID_INPUT for an email, NOT_FOUND for the home location."""
    tx.require(*STAFF)
    name = checked_text(command.name, 1, 200, "name")
    email = None if command.email is None else checked_text(command.email, 3, 254, "email")
    if email is not None and ("@" not in email[1:-1] or " " in email):
        raise refuse(Code.INVALID_INPUT, "email", sentence="That is not an email address.")
    home = command.home_location_id
    if home is not None and await tx.raw.fetchrow(f"SELECT FROM locations WHERE id = $1 AND {LIVE}", home) is None:
        raise unknown("location", "homeLocationId")
    created = new_id()
    row = {
        "id": created,
        "name": name,
        "email": email,
        "home_location_id": home,
        "created_at": tx.now,
    }
    await tx.insert(clients, row)
    await tx.event("client.created", client=created)
    return Changed(rows={"client": created})


async def create_purchase_option(tx: Tx, command: CreatePurchaseOption) -> Changed:
    """Create a purchase option, version 1. Errors: TERMS_CONTRADICT, QUANTITY_OUT_OF_RANGE, NOT_FOUND, NAME…"""
    tx.require(*STAFF)
    option_id = new_id()
    name = await _checked(tx, command.name, command.terms)
    await tx.insert(
        purchase_options, {"id": option_id, "current_version": 1, "created_at": tx.now, "archived_at": None}
    )
    await _write_version(tx, option_id, 1, name, command.terms)
    await tx.event("purchaseOption.created", option=option_id)
    return Changed(rows={"purchaseOption": option_id})


async def revise_purchase_option(tx: Tx, command: RevisePurchaseOption) -> Changed:
    """Make the next version. Sold passes keep theirs. Errors as for creating, and VERSION_CHANGED, OPTION_ARCHIVED."""
    tx.require(*STAFF)
    current = await _locked(tx, command.option_id)
    if current["current_version"] != command.from_version:
        raise refuse(Code.VERSION_CHANGED, "fromVersion")
    name = await _checked(tx, command.name, command.terms, command.option_id)
    before = await option_terms(tx.raw, command.option_id)
    assert before is not None
    if before.terms == command.terms and before.name == name:
        raise refuse(Code.NOTHING_TO_DO, "terms", sentence="the option already reads like this.")
    version = command.from_version + 1
    await _write_version(tx, command.option_id, version, name, command.terms)
    await tx.update(purchase_options, command.option_id, current_version=version)
    await tx.event("purchaseOption.revised", option=command.option_id, version=version)
    return Changed(rows={"purchaseOption": command.option_id})


async def archive_purchase_option(tx: Tx, command: ArchivePurchaseOption) -> Changed:
    """Stop selling an option. Errors: NOT_FOUND, OPTION_ARCHIVED."""
    tx.require(*STAFF)
    await _locked(tx, command.option_id)
    await tx.update(purchase_options, command.option_id, archived_at=tx.now)
    await tx.event("purchaseOption.archived", option=command.option_id)
    return Changed(rows={"purchaseOption": command.option_id})


async def _locked(tx: Tx, option_id: UUID) -> dict[str, int]:
    row = await tx.raw.fetchrow("SELECT * FROM purchase_options WHERE id = $1 FOR UPDATE", option_id)
    if row is None:
        raise unknown("purchase option", "purchaseOptionId")
    if row["archived_at"] is not None:
        raise refuse(Code.OPTION_ARCHIVED, "purchaseOptionId")
    return dict(row)


async def _checked(tx: Tx, name: str, terms: Terms, option_id: UUID | None = None) -> str:
    """Refuse terms that contradict themselves or name what does not exist; return the name as kept."""
    cleaned = checked_text(name, 1, 200, "name")
    found = [Problem(reason, ("terms", *path)) for path, reason in problems(terms)]
    if found:
        raise Refused(*found)
    if terms.validity.last_day is not None and terms.validity.last_day < tx.today:
        raise refuse(Code.DATES_REVERSED, "terms", "validity", "lastDay")
    check_lasts(tx, terms)
    await _check_places_and_services(tx, terms)
    if terms.conversion is not None:
        target = await option_terms(tx.raw, terms.conversion.target_option_id)
        if target is None:
            raise unknown("purchase option", "terms", "conversion", "targetOptionId")
        if target.option_id == option_id:
            raise refuse(Code.CONVERT_TO_ITSELF, "terms", "conversion", "targetOptionId")
        carries = terms.conversion.unused is UnusedAtConversion.CARRY
        if carries and (terms.unit is None or terms.unit is not target.terms.unit):
            raise refuse(Code.CARRY_IMPOSSIBLE, "terms", "conversion", "unused")
        if option_id is not None and terms.after_expiration is AfterExpiration.CONVERT:
            await _check_circle(tx, option_id, cleaned, target.option_id)
    return cleaned


def check_lasts(tx: Tx, terms: Terms) -> None:
    """Refuse what is paid ahead and lapses sooner than the studio's policy allows. Errors: TERMS_BELOW_MINIMUM."""
    limit = tx.business.min_validity_days
    if limit is None or not terms.kind.metered or terms.after_expiration is AfterExpiration.RENEW:
        return
    first, last = base_days(terms, tx.today, 0)
    if last is not None and (last - first).days + 1 < limit:
        raise refuse(Code.TERMS_BELOW_MINIMUM, "terms", "validity", limit=limit, days=(last - first).days + 1)


async def _check_places_and_services(tx: Tx, terms: Terms) -> None:
    """Refuse terms that name a location or service there is not, or restrict a service that they do not open."""
    locations_named = terms.access.location_ids
    if locations_named is not None:
        known = await tx.raw.fetch(f"SELECT FROM locations WHERE id = ANY($1) AND {LIVE}", list(locations_named))
        if len(known) != len(locations_named):
            raise unknown("location", "terms", "access", "locationIds")
    named: list[tuple[tuple[str, ...], frozenset[UUID]]] = [
        (("access", "serviceIds"), terms.access.service_ids or frozenset())
    ]
    for index, each in enumerate(terms.restrictions):
        named.append((("restrictions", str(index), "serviceIds"), each.service_ids or frozenset()))
    category_of = await service_categories(tx.raw, frozenset().union(*(ids for _, ids in named)))
    for path, ids in named:
        if not ids <= category_of.keys():
            raise unknown("service", "terms", *path)
    found = [Problem(reason, ("terms", *path)) for path, reason in restricts_nothing(terms, category_of)]
    if found:
        raise Refused(*found)


async def _check_circle(tx: Tx, option_id: UUID, name: str, target: UUID) -> None:
    """Refuse a conversion by which passes would go round without end.

    Revisions that convert take turns, since two of them together could close a circle that neither sees alone.
    """
    await tx.raw.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"conversions {tx.business.id}")
    chain = await conversion_chain(tx.raw, target, option_id)
    if any(each == option_id for each, _ in chain):
        circle = " → ".join([name, *(known for each, known in chain if each != option_id), name])
        raise refuse(Code.CONVERSION_CIRCLE, "terms", "conversion", "targetOptionId", circle=circle)


async def _write_version(tx: Tx, option_id: UUID, version: int, name: str, terms: Terms) -> None:
    await tx.insert(
        purchase_option_versions,
        {
            "option_id": option_id,
            "version": version,
            "name": name,
            "kind": terms.kind,
            "price_minor": terms.price_minor,
            "quantity": terms.quantity,
            "terms": terms_to_json(terms),
            "created_at": tx.now,
        },
    )
