"""Businesses and the keys that open them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from models.rules.status import RetryPolicy
from models.rules.terms import Outcomes
from models.rules.values import AllocationPreset, Jurisdiction, Language, ResolveAs, Role


@dataclass(frozen=True, slots=True)
class Business:
    """The tenant with its policies. `test_clock_at` is set where it lives in its own time."""

    id: UUID
    name: str
    zone: str
    currency: str
    week_start: int
    preset: AllocationPreset
    policy: RetryPolicy
    late_cancel_minutes: int
    accepts_test_cards: bool
    resolve_after_hours: int | None
    resolve_as: ResolveAs
    block_on_dispute: bool
    freeze_on_failed_charge: bool
    language: Language
    test_clock_at: datetime | None
    jurisdiction: Jurisdiction = Jurisdiction.NONE
    min_validity_days: int | None = None
    project_renewals: bool = True

    def now(self, real: datetime) -> datetime:
        """Return the business's present instant, given the real one."""
        return self.test_clock_at or real

    @property
    def unpaid_outcomes(self) -> Outcomes:
        """The outcome table of a visit no pass pays for."""
        return Outcomes(late_cancel_minutes=self.late_cancel_minutes)


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whom an API key speaks for."""

    business_id: UUID
    key_id: UUID
    role: Role
    client_id: UUID | None


async def key_owner(reader: asyncpg.Connection, key_hash: bytes) -> KeyOwner | None:
    """Return whom the key with this SHA-256 speaks for, or None where it is unknown or revoked."""
    row = await reader.fetchrow(
        "SELECT business_id, id, role, client_id FROM api_keys WHERE key_hash = $1 AND revoked_at IS NULL", key_hash
    )
    if row is None:
        return None
    return KeyOwner(row["business_id"], row["id"], Role(row["role"]), row["client_id"])


async def knows_zone(reader: asyncpg.Connection, name: str) -> bool:
    """Say whether the store's own calendar has this zone too: some lists reckon days there."""
    return bool(await reader.fetchval("SELECT count(*) FROM pg_timezone_names WHERE name = $1", name))


async def business(reader: asyncpg.Connection, *, lock: bool = False) -> Business | None:
    """Return the business whose tenant is set on the connection."""
    row = await reader.fetchrow("SELECT * FROM businesses" + (" FOR UPDATE" if lock else ""))
    if row is None:
        return None
    return Business(
        id=row["id"],
        name=row["name"],
        zone=row["zone"],
        currency=row["currency"],
        week_start=row["week_start"],
        preset=AllocationPreset(row["allocation_preset"]),
        policy=RetryPolicy(tuple(row["retry_after_hours"]), row["grace_days"], row["release_days"]),
        late_cancel_minutes=row["late_cancel_minutes"],
        accepts_test_cards=row["accepts_test_cards"],
        resolve_after_hours=row["resolve_after_hours"],
        resolve_as=ResolveAs(row["resolve_as"]),
        block_on_dispute=row["block_on_dispute"],
        freeze_on_failed_charge=row["freeze_on_failed_charge"],
        language=Language(row["language"]),
        test_clock_at=row["test_clock_at"],
        jurisdiction=Jurisdiction(row["jurisdiction"]),
        min_validity_days=row["min_validity_days"],
        project_renewals=row["project_renewals"],
    )
