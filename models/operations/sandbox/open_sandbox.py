"""Open a sandbox: write down what is copied, then copy it. The same call under the same key goes on where one died."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import CLOCK_FIRST, CLOCK_LAST, STAFF, Actor, Changed, Tx, checked_text, plain
from models.operations.catalogue import (
    CreateClient,
    CreateLocation,
    CreatePurchaseOption,
    CreateService,
    create_client,
    create_location,
    create_purchase_option,
    create_service,
)
from models.operations.open_tx import open_tx
from models.operations.run import Answer, Loader, Verb, run
from models.queries.catalogue import option_terms
from models.queries.live import LIVE
from models.queries.tenants import Business
from models.rules.codes import Code
from models.rules.policies import Restriction
from models.rules.terms import Access, Conversion, Terms, terms_from_json, terms_to_json
from models.rules.values import Role, ServiceCategory
from models.runtime import Runtime
from models.tables.base import new_id
from models.tables.sandboxes import sandboxes
from models.tables.tenants import businesses

OPTIONS_MAX = 20
_PLACES_MAX = 200
SANDBOX_OWNER = Actor(Role.OWNER)
"""Who acts in a sandbox on behalf of those who opened it."""


@dataclass(frozen=True, slots=True)
class OpenSandbox:
    """Copy these options, with what they convert to and all services and locations, and a client by name."""

    name: str
    option_ids: tuple[UUID, ...]
    client_id: UUID | None = None
    starts_at: datetime | None = None


async def open_sandbox(tx: Tx, command: OpenSandbox) -> Changed:
    """Write down the sandbox and what it is to hold. Nobody's email goes along.

    Errors: FORBIDDEN, TEXT_OUT_OF_RANGE, NOTHING_TO_DO, TOO_MANY, NOT_FOUND, DATE_OUT_OF_RANGE.
    """
    tx.require(*STAFF)
    name = checked_text(command.name, 1, 200, "name")
    if not command.option_ids:
        raise refuse(Code.NOTHING_TO_DO, "purchaseOptionIds", sentence="no purchase option was named.")
    if len(command.option_ids) > OPTIONS_MAX:
        raise refuse(Code.TOO_MANY, "purchaseOptionIds", limit=OPTIONS_MAX)
    client = "A client"
    if command.client_id is not None:
        client = await tx.raw.fetchval(f"SELECT name FROM clients WHERE id = $1 AND {LIVE}", command.client_id)
        if client is None:
            raise unknown("client", "clientId")
    starts_at = command.starts_at or tx.now
    if not CLOCK_FIRST <= starts_at <= CLOCK_LAST:
        raise refuse(Code.DATE_OUT_OF_RANGE, "startsAt", field="startsAt", low=CLOCK_FIRST, high=CLOCK_LAST)
    options = await _options(tx, list(command.option_ids))
    services, locations = _named([terms_from_json(option["terms"]) for option in options])
    plan = {
        "options": options,
        "services": plain([dict(row) for row in await tx.raw.fetch(_SERVICES, _PLACES_MAX, services)]),
        "locations": plain([dict(row) for row in await tx.raw.fetch(_LOCATIONS, _PLACES_MAX, locations)]),
        "client": client,
        "startsAt": starts_at.isoformat(),
    }
    row = {"id": new_id(), "sandbox_business_id": new_id(), "name": name, "plan": plan}
    await tx.insert(sandboxes, row | {"operation_id": tx.operation_id, "created_at": tx.now})
    await tx.event("sandbox.opened", sandbox=row["id"])
    return Changed(rows={"sandbox": UUID(str(row["id"]))})


# The first ones, and whichever the terms name.
_SERVICES = """
SELECT id, name, category FROM services
WHERE id = ANY($2)
   OR id IN (SELECT id FROM services WHERE archived_at IS NULL ORDER BY created_at, id LIMIT $1)
ORDER BY created_at, id
"""
_LOCATIONS = """
SELECT id, name, zone FROM locations
WHERE id = ANY($2)
   OR id IN (SELECT id FROM locations WHERE archived_at IS NULL ORDER BY created_at, id LIMIT $1)
ORDER BY created_at, id
"""


def _named(sold: Iterable[Terms]) -> tuple[list[UUID], list[UUID]]:
    """Return the services and the locations that terms name."""
    services: set[UUID] = set()
    locations: set[UUID] = set()
    for terms in sold:
        locations |= terms.access.location_ids or frozenset()
        for ids in (terms.access.service_ids, *(each.service_ids for each in terms.restrictions)):
            services |= ids or frozenset()
    return sorted(services), sorted(locations)


async def _options(tx: Tx, ids: list[UUID]) -> list[dict[str, Any]]:
    """Return the options and all they convert to, each behind what it converts to."""
    found: dict[UUID, dict[str, Any]] = {}
    waiting = list(dict.fromkeys(ids))
    for option_id in waiting:
        version = await option_terms(tx.raw, option_id)
        if version is None:
            raise unknown("purchase option", "purchaseOptionIds")
        found[option_id] = {"id": str(option_id), "name": version.name, "terms": terms_to_json(version.terms)}
        conversion = version.terms.conversion
        if conversion is not None:
            found[option_id]["after"] = str(conversion.target_option_id)
            if conversion.target_option_id not in waiting:
                waiting.append(conversion.target_option_id)
    ordered: list[dict[str, Any]] = []
    while found:
        ready = [each for each, kept in found.items() if kept.get("after") not in {str(other) for other in found}]
        ordered += [found.pop(each) for each in ready or list(found)]
    return ordered


async def open_and_fill(
    runtime: Runtime,
    business_id: UUID,
    actor: Actor,
    command: OpenSandbox,
    *,
    key: str,
    dry_run: bool = False,
    load: Loader | None = None,
) -> Answer | None:
    """Open the sandbox once under `key` and fill it. A dry run checks what was asked and opens none."""
    opened = await run(runtime, business_id, actor, open_sandbox, command, key=key, dry_run=dry_run, load=load)
    if opened is not None and not dry_run:
        await fill(runtime, business_id, opened.changed.rows["sandbox"])
    return opened


async def fill(runtime: Runtime, business_id: UUID, sandbox_id: UUID) -> dict[str, UUID]:
    """Copy everything the sandbox is to hold, what is there already only once; return the copy of each id."""
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, SANDBOX_OWNER)
        row = await tx.raw.fetchrow("SELECT * FROM sandboxes WHERE id = $1", sandbox_id)
    if row is None:  # it was opened in the life before an export was put back, which brings none along
        raise unknown("sandbox", "sandboxId")
    plan, inside = row["plan"], row["sandbox_business_id"]
    await _write_business(runtime, tx.business, inside, row["name"], datetime.fromisoformat(plan["startsAt"]))
    copies: dict[str, UUID] = {}

    async def copy(verb: Verb, command: Any, made: str, of: str) -> None:
        answer = await run(runtime, inside, SANDBOX_OWNER, verb, command, key=f"copy:{of}")
        assert answer is not None
        copies[of] = answer.changed.rows[made]

    for each in plan["locations"]:
        await copy(create_location, CreateLocation(each["name"], each["zone"]), "location", each["id"])
    for each in plan["services"]:
        command = CreateService(each["name"], ServiceCategory(each["category"]))
        await copy(create_service, command, "service", each["id"])
    for each in plan["options"]:
        terms = _with_copies(terms_from_json(each["terms"]), copies)
        await copy(create_purchase_option, CreatePurchaseOption(each["name"], terms), "purchaseOption", each["id"])
    await copy(create_client, CreateClient(plan["client"]), "client", "client")
    return copies


async def _write_business(runtime: Runtime, source: Business, inside: UUID, name: str, starts_at: datetime) -> None:
    """Write the business with the policies of the one it is opened from, and a test clock."""
    async with runtime.database.transaction(inside) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        if await raw.fetchval("SELECT count(*) FROM businesses"):
            return
        policy = asdict(source.policy)
        row = {
            "id": inside,
            "name": name,
            "zone": source.zone,
            "currency": source.currency,
            "week_start": source.week_start,
            "allocation_preset": source.preset,
            **(policy | {"retry_after_hours": list(policy["retry_after_hours"])}),
            "late_cancel_minutes": source.late_cancel_minutes,
            "resolve_after_hours": source.resolve_after_hours,
            "resolve_as": source.resolve_as,
            "block_on_dispute": source.block_on_dispute,
            "freeze_on_failed_charge": source.freeze_on_failed_charge,
            "accepts_test_cards": True,
            "language": source.language,
            "jurisdiction": source.jurisdiction,
            "min_validity_days": source.min_validity_days,
            "project_renewals": source.project_renewals,
            "test_clock_at": starts_at,
            "created_at": runtime.clock.now(),
        }
        await connection.execute(businesses.insert().values(row))


def _with_copies(terms: Terms, copies: dict[str, UUID]) -> Terms:
    """Return the terms with each id in them replaced by its copy's. Any client may buy there, who is of no type."""
    access = Access(
        _copied(terms.access.service_ids, copies),
        terms.access.categories,
        _copied(terms.access.location_ids, copies),
        terms.access.hours,
    )
    restrictions = tuple(_restriction(each, copies) for each in terms.restrictions)
    conversion = terms.conversion
    if conversion is not None:
        conversion = Conversion(copies[str(conversion.target_option_id)], conversion.unused)
    offer = replace(terms.offer, only_in_package=False, client_types=None, channels=None)
    return replace(terms, access=access, restrictions=restrictions, conversion=conversion, offer=offer)


def _restriction(restriction: Restriction, copies: dict[str, UUID]) -> Restriction:
    return replace(restriction, service_ids=_copied(restriction.service_ids, copies))


def _copied(ids: frozenset[UUID] | None, copies: dict[str, UUID]) -> frozenset[UUID] | None:
    return None if ids is None else frozenset(copies[str(each)] for each in ids)
