"""Whether the days, instants and due times kept for readers are what the rules compute."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries import tenants
from models.queries.facts import load_passes
from models.rules.due import Due, next_due
from models.rules.facts import PassFacts, with_provisional_start
from models.rules.status import RetryPolicy
from models.rules.values import DueKind

_BATCH = 500
# A pass without periods, or with a lot of no period, cannot be laid out; invariants of their own name those.
CAN_BE_LAID_OUT = """EXISTS (SELECT FROM periods n WHERE n.pass_id = p.id)
  AND NOT EXISTS (
    SELECT FROM lots l WHERE l.pass_id = p.id
      AND NOT EXISTS (SELECT FROM periods n WHERE n.pass_id = p.id AND n.number = l.period_number)
  )"""
_PASSES = f"SELECT id FROM passes p WHERE {CAN_BE_LAID_OUT} ORDER BY id"
_LATE = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is kept otherwise than computed."""

    ids: tuple[UUID, ...]
    what: str
    kept: Any
    computed: Any


async def differing_windows(reader: asyncpg.Connection, limit: int) -> list[Difference]:
    """Return up to about `limit` differences, comparing the passes in batches."""
    business = await tenants.business(reader)
    if business is None:
        return []
    ids = [row["id"] for row in await reader.fetch(_PASSES)]
    found: list[Difference] = []
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        facts = await load_passes(reader, batch)
        rows = await reader.fetch("SELECT * FROM passes WHERE id = ANY($1)", batch)
        periods = await reader.fetch("SELECT * FROM periods WHERE pass_id = ANY($1)", batch)
        lots = await reader.fetch("SELECT id, starts_at, expires_at FROM lots WHERE pass_id = ANY($1)", batch)
        kept_periods = {(row["pass_id"], row["number"]): row for row in periods}
        kept_lots = {row["id"]: row for row in lots}
        for row in rows:
            started = with_provisional_start(facts[row["id"]])
            found += _pass_row(row, started, business.policy)
            found += _periods(started, kept_periods)
            found += _lots(started, kept_lots)
        if len(found) >= limit:
            break
    return found


def _pass_row(row: Any, facts: PassFacts, policy: RetryPolicy) -> Iterator[Difference]:
    first, last = facts.windows[0], facts.windows[-1]
    computed = {
        "first_day": first.first_day,
        "starts_at": first.starts_at,
        "last_day": last.last_day,
        "ends_at": last.ends_at,
        "paused": last.paused,
    }
    yield from _compared((facts.id,), "pass", row, computed)
    kept = None if row["next_due_at"] is None else Due(DueKind(row["next_due_kind"]), row["next_due_at"])
    # A renewal on depletion is due from the moment it was noticed; everything else is due whatever the time is.
    possible = {next_due(facts, policy, _LATE), next_due(facts, policy, kept.at if kept else _LATE)}
    if kept not in possible:
        yield Difference((facts.id,), "pass next_due", kept, next_due(facts, policy, _LATE))


def _periods(facts: PassFacts, kept: Mapping[tuple[UUID, int], Any]) -> Iterator[Difference]:
    for period, window in zip(facts.periods, facts.windows, strict=True):
        computed = {
            "first_on": period.first_on,
            "last_on": period.last_on,
            "first_day": window.first_day,
            "last_day": window.last_day,
            "starts_at": window.starts_at,
            "ends_at": window.ends_at,
        }
        yield from _compared((facts.id,), f"period {period.number}", kept[facts.id, period.number], computed)


def _lots(facts: PassFacts, kept: Mapping[UUID, Any]) -> Iterator[Difference]:
    for lot in facts.lots:
        computed = {"starts_at": lot.window.starts_at, "expires_at": lot.window.ends_at}
        yield from _compared((facts.id, lot.id), "lot", kept[lot.id], computed)


def _compared(ids: tuple[UUID, ...], what: str, kept: Any, computed: Mapping[str, Any]) -> Iterator[Difference]:
    for name, value in computed.items():
        if kept[name] != value:
            yield Difference(ids, f"{what} {name}", kept[name], value)
