"""Extend every pass of a filtered set: after a closure, a storm, or as a gift. A dry run is the preview."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from models.errors import Refused, refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_count, checked_text, plain
from models.operations.change_pass import extend_one
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.spread_closure import before_joining
from models.queries.locks import lock_passes
from models.rules.codes import Code
from models.rules.found import DAYS_MAX

PASSES_MAX = 1_000
_MEANT = """
SELECT p.id FROM passes p
JOIN purchase_option_versions v
  ON v.business_id = p.business_id AND v.option_id = p.option_id AND v.version = p.option_version
WHERE p.last_day IS NOT NULL
  AND (p.closed_reason IS NULL OR ($6 AND p.closed_reason = 'EXPIRED'))
  AND ($6 OR p.ends_at > $7)
  AND ($1::uuid[] IS NULL OR p.option_id = ANY($1))
  AND ($2::uuid IS NULL OR v.terms->'access'->'locationIds' = 'null'::jsonb
       OR v.terms->'access'->'locationIds' ? $2::text)
  AND ($3::uuid[] IS NULL OR p.client_id = ANY($3))
  AND ($4::date IS NULL OR p.last_day >= $4) AND ($5::date IS NULL OR p.last_day <= $5)
ORDER BY p.id LIMIT $8
"""


@dataclass(frozen=True, slots=True)
class PassFilter:
    """Which open passes with a last day are meant; None restricts nothing. Days are inclusive."""

    option_ids: tuple[UUID, ...] | None = None
    location_id: UUID | None = None
    client_ids: tuple[UUID, ...] | None = None
    last_day_from: date | None = None
    last_day_to: date | None = None
    include_expired: bool = False


@dataclass(frozen=True, slots=True)
class ExtendPasses:
    """Move the end of each pass by whole days, and say why."""

    filter: PassFilter
    days: int
    reason: str


async def extend_passes(tx: Tx, command: ExtendPasses) -> Changed:
    """Extend each pass of the set as `extendPass` would; one that it would refuse is left as it is, and listed.

    Errors: QUANTITY_OUT_OF_RANGE, NOT_FOUND, DATES_REVERSED, NOTHING_TO_DO (the set is empty), TOO_MANY.
    """
    tx.require(*STAFF)
    await before_joining(tx)
    checked_count(command.days, 1, DAYS_MAX, "days")
    reason = checked_text(command.reason, 1, 500, "reason")
    ids = await _meant(tx, command.filter)
    waiting = await lock_with_waiting(tx, ids)
    former: dict[str, date | None] = {}
    skipped: dict[str, Any] = {}
    for pass_id, facts in (await lock_passes(tx.raw, ids)).items():
        tried = await tx.connection.begin_nested()
        try:
            await extend_one(tx, facts, command.days, reason)
        except Refused as refused:
            await tried.rollback()
            skipped[str(pass_id)] = refused.problems[0].to_json()
        else:
            await tried.commit()
            former[str(pass_id)] = facts.windows[-1].last_day
    figures = {"days": command.days, "formerLastDays": plain(former), "skipped": skipped}
    return await covered(tx, Changed(passes=[UUID(each) for each in former], figures=figures), waiting)


async def _meant(tx: Tx, meant: PassFilter) -> list[UUID]:
    """Return the passes of the filter, by id."""
    first, last = meant.last_day_from, meant.last_day_to
    if first is not None and last is not None and last < first:
        raise refuse(Code.DATES_REVERSED, "filter", "lastDayTo")
    for thing, table, path, asked in (
        ("purchase option", "purchase_options", "purchaseOptionIds", meant.option_ids),
        ("client", "clients", "clientIds", meant.client_ids),
        ("location", "locations", "locationId", (meant.location_id,) if meant.location_id else None),
    ):
        if asked is not None:
            known = await tx.raw.fetchval(f"SELECT count(*) FROM {table} WHERE id = ANY($1)", list(set(asked)))
            if known != len(set(asked)):
                raise unknown(thing, "filter", path)
    options = None if meant.option_ids is None else list(meant.option_ids)
    clients = None if meant.client_ids is None else list(meant.client_ids)
    rows = await tx.raw.fetch(
        _MEANT, options, meant.location_id, clients, first, last, meant.include_expired, tx.now, PASSES_MAX + 1
    )
    if not rows:
        raise refuse(Code.NOTHING_TO_DO, "filter", sentence="no pass matches the filter.")
    if len(rows) > PASSES_MAX:
        raise refuse(Code.TOO_MANY, "filter", limit=PASSES_MAX)
    return [row["id"] for row in rows]
