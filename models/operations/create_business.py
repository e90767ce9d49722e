"""Open a business and its keys: the operator's act, from the command line."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import CLOCK_FIRST, CLOCK_LAST
from models.queries import tenants
from models.queries.live import LIVE
from models.rules.calendar import zone_exists
from models.rules.codes import Code
from models.rules.values import AllocationPreset, Language, Role
from models.runtime import Runtime
from models.tables.base import new_id
from models.tables.tenants import api_keys, businesses

_PREFIX = "sp_"
_CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class NewBusiness:
    """A tenant to be. `test_clock_at` gives it a time of its own; test cards pay without money, for sandboxes only.

    It speaks `language` to those who ask for none. Visits nobody recorded are resolved `resolve_after_hours` after
    their end, None never.
    """

    name: str
    zone: str
    currency: str = "EUR"
    week_start: int = 1
    test_clock_at: datetime | None = None
    accepts_test_cards: bool = True
    language: Language = Language.EN
    resolve_after_hours: int | None = 24


async def create_business(runtime: Runtime, command: NewBusiness) -> UUID:
    """Write the business and return its id. Errors: UNKNOWN_ZONE, INVALID_INPUT, TEXT_OUT_OF_RANGE,
    DATE_OUT_OF_RANGE.
    """
    if not zone_exists(command.zone):
        raise refuse(Code.UNKNOWN_ZONE, "zone", zone=command.zone)
    if not _CURRENCY.fullmatch(command.currency):
        raise refuse(Code.INVALID_INPUT, "currency", sentence="A currency is three capital letters, such as EUR.")
    if not 1 <= len(command.name.strip()) <= 200:
        raise refuse(Code.TEXT_OUT_OF_RANGE, "name", field="name", low=1, high=200)
    if command.test_clock_at is not None and not CLOCK_FIRST <= command.test_clock_at <= CLOCK_LAST:
        raise refuse(Code.DATE_OUT_OF_RANGE, "testClock", field="testClock", low=CLOCK_FIRST, high=CLOCK_LAST)
    business_id = new_id()
    async with runtime.database.transaction(business_id) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        if not await tenants.knows_zone(raw, command.zone):
            raise refuse(Code.UNKNOWN_ZONE, "zone", zone=command.zone)
        await connection.execute(
            businesses.insert().values(
                id=business_id,
                name=command.name,
                zone=command.zone,
                currency=command.currency,
                week_start=command.week_start,
                allocation_preset=AllocationPreset.DEFAULT,
                retry_after_hours=[24, 72, 120],
                grace_days=3,
                release_days=14,
                late_cancel_minutes=720,
                resolve_after_hours=command.resolve_after_hours,
                accepts_test_cards=command.accepts_test_cards,
                language=command.language,
                test_clock_at=command.test_clock_at,
                created_at=runtime.clock.now(),
            )
        )
    return business_id


async def create_api_key(
    runtime: Runtime, business_id: UUID, role: Role, label: str, client_id: UUID | None = None
) -> str:
    """Make a key and return it: 256 random bits, shown once; only its SHA-256 is kept.

    Errors: NOT_FOUND for the business or the client; INVALID_INPUT for a WORKER, and where a CLIENT key names nobody
    or another key somebody.
    """
    if role is Role.WORKER:
        raise refuse(Code.INVALID_INPUT, "role", sentence="The role WORKER is the system's own and has no keys.")
    if (role is Role.CLIENT) != (client_id is not None):
        raise refuse(Code.INVALID_INPUT, "role", sentence="A CLIENT key, and no other, names a client.")
    key = _PREFIX + secrets.token_urlsafe(32)
    async with runtime.database.transaction(business_id) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        if await tenants.business(raw) is None:
            raise unknown("business", "businessId")
        named = f"SELECT true FROM clients WHERE id = $1 AND {LIVE}"
        if client_id is not None and not await raw.fetchval(named, client_id):
            raise unknown("client", "clientId")
        await connection.execute(
            api_keys.insert().values(
                business_id=business_id,
                id=new_id(),
                key_hash=hash_key(key),
                role=role,
                client_id=client_id,
                label=label,
                created_at=runtime.clock.now(),
            )
        )
    return key


async def revoke_api_key(runtime: Runtime, key: str) -> bool:
    """Revoke the key; say whether there was one to revoke."""
    key_hash = hash_key(key)
    async with runtime.database.by_key_hash(key_hash) as reader:
        owner = await tenants.key_owner(reader, key_hash)
    if owner is None:
        return False
    async with runtime.database.transaction(owner.business_id) as connection:
        await connection.execute(
            api_keys.update().where(api_keys.c.id == owner.key_id).values(revoked_at=runtime.clock.now())
        )
    return True


def hash_key(key: str) -> bytes:
    """Return the SHA-256 under which a key is kept."""
    return hashlib.sha256(key.encode()).digest()
