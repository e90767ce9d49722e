"""Open a business and its keys: the operator's act, from the command line."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.errors import refuse, unknown
from models.rules.calendar import zone_exists
from models.rules.codes import Code
from models.rules.values import AllocationPreset, Role
from models.runtime import Runtime
from models.tables.base import new_id
from models.tables.tenants import api_keys, businesses

_PREFIX = "sp_"


@dataclass(frozen=True, slots=True)
class NewBusiness:
    """A tenant to be. `test_clock_at` gives it a time of its own."""

    name: str
    zone: str
    currency: str = "EUR"
    week_start: int = 1
    test_clock_at: datetime | None = None


async def create_business(runtime: Runtime, command: NewBusiness) -> UUID:
    """Write the business and return its id. Errors: UNKNOWN_ZONE."""
    if not zone_exists(command.zone):
        raise refuse(Code.UNKNOWN_ZONE, "zone", zone=command.zone)
    business_id = new_id()
    async with runtime.database.transaction(business_id) as connection:
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
                test_clock_at=command.test_clock_at,
                created_at=runtime.clock.now(),
            )
        )
    return business_id


async def create_api_key(
    runtime: Runtime, business_id: UUID, role: Role, label: str, client_id: UUID | None = None
) -> str:
    """Make a key and return it: 256 random bits, shown once; only its SHA-256 is kept."""
    key = _PREFIX + secrets.token_urlsafe(32)
    async with runtime.database.transaction(business_id) as connection:
        if client_id is not None:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            if not await raw.fetchval("SELECT count(*) FROM clients WHERE id = $1", client_id):
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


def hash_key(key: str) -> bytes:
    """Return the SHA-256 under which a key is kept."""
    return hashlib.sha256(key.encode()).digest()
