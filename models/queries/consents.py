"""What buyers agreed to when they bought what renews by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.rules.values import Jurisdiction, Language, PeriodUnit, RenewalTrigger, Role


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One consent, with what was shown: the price in minor units, the period, and what brings the next charge."""

    text: str
    language: Language
    jurisdiction: Jurisdiction
    role: Role
    price_minor: int
    currency: str
    period_count: int | None
    period_unit: PeriodUnit | None
    trigger: RenewalTrigger
    at: datetime


async def consents_of(reader: asyncpg.Connection, pass_ids: Sequence[UUID]) -> dict[UUID, list[ConsentRow]]:
    """Return the consents to each pass, the first one first; an empty list where there is none. One statement."""
    rows = await reader.fetch("SELECT * FROM consents WHERE pass_id = ANY($1) ORDER BY at, id", pass_ids)
    found: dict[UUID, list[ConsentRow]] = {pass_id: [] for pass_id in pass_ids}
    for row in rows:
        found[row["pass_id"]].append(_consent(row))
    return found


def _consent(row: Any) -> ConsentRow:
    shown = row["shown"]
    return ConsentRow(
        text=row["text"],
        language=Language(row["language"]),
        jurisdiction=Jurisdiction(row["jurisdiction"]),
        role=Role(row["role"]),
        price_minor=shown["priceMinor"],
        currency=shown["currency"],
        period_count=shown["periodCount"],
        period_unit=PeriodUnit(shown["periodUnit"]) if shown["periodUnit"] else None,
        trigger=RenewalTrigger(shown["trigger"]),
        at=row["at"],
    )
