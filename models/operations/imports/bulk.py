"""Write many rows with one statement, and bring many passes in line with the rules at once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Table

from models.operations.base import Tx, plain
from models.queries.facts import load_passes
from models.rules.due import next_due
from models.rules.facts import PassFacts, with_provisional_start

_PASSES_AT_ONCE = 1_000
_KEEP_PERIODS = """
UPDATE periods p SET first_on = n.first_on, last_on = n.last_on,
    anchor_on = CASE WHEN p.anchor_index = 0 THEN n.first_on ELSE p.anchor_on END,
    first_day = n.first_day, last_day = n.last_day, starts_at = n.starts_at, ends_at = n.ends_at
FROM unnest($2::uuid[], $3::int[], $4::date[], $5::date[], $6::date[], $7::date[], $8::timestamptz[],
            $9::timestamptz[]) AS n(pass_id, number, first_on, last_on, first_day, last_day, starts_at, ends_at)
WHERE p.business_id = $1 AND p.pass_id = n.pass_id AND p.number = n.number
"""
_KEEP_LOTS = """
UPDATE lots l SET starts_at = n.starts_at, expires_at = n.expires_at
FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) AS n(id, starts_at, expires_at)
WHERE l.business_id = $1 AND l.id = n.id
"""
_KEEP_PASSES = """
UPDATE passes p SET first_day = n.first_day, starts_at = n.starts_at, last_day = n.last_day, ends_at = n.ends_at,
    paused = n.paused, next_due_at = n.due_at, next_due_kind = n.due_kind, claimed_until = NULL
FROM unnest($2::uuid[], $3::date[], $4::timestamptz[], $5::date[], $6::timestamptz[], $7::boolean[],
            $8::timestamptz[], $9::text[]) AS n(id, first_day, starts_at, last_day, ends_at, paused, due_at, due_kind)
WHERE p.business_id = $1 AND p.id = n.id
"""


async def insert_rows(
    raw: asyncpg.Connection, business_id: UUID, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows of one business, all with the columns of the first; columns that are not named take their default.

    COPY would be faster still, but the store allows none where rows are secured by tenant.
    """
    if not rows:
        return
    columns = ", ".join(rows[0])
    await raw.execute(
        f"INSERT INTO {table.name} (business_id, {columns}) SELECT $1, {columns} "
        f"FROM jsonb_populate_recordset(NULL::{table.name}, $2::text::jsonb)",
        business_id,
        json.dumps([plain(row) for row in rows]),
    )


async def refresh_many(tx: Tx, pass_ids: Iterable[UUID]) -> None:
    """Do for many passes what `refresh` does for one: the same rules over the same facts, kept set by set."""
    ids = sorted(set(pass_ids))
    for start in range(0, len(ids), _PASSES_AT_ONCE):
        loaded = await load_passes(tx.raw, ids[start : start + _PASSES_AT_ONCE])
        await _keep(tx, [with_provisional_start(facts) for facts in loaded.values()])


async def _keep(tx: Tx, passes: list[PassFacts]) -> None:
    periods = [
        (facts.id, period, window)
        for facts in passes
        for period, window in zip(facts.periods, facts.windows, strict=True)
    ]
    lots = [lot for facts in passes for lot in facts.lots]
    due = [next_due(facts, tx.business.policy, tx.now) for facts in passes]
    await tx.raw.execute(
        _KEEP_PERIODS,
        tx.business.id,
        [pass_id for pass_id, _, _ in periods],
        [period.number for _, period, _ in periods],
        [period.first_on for _, period, _ in periods],
        [period.last_on for _, period, _ in periods],
        [window.first_day for _, _, window in periods],
        [window.last_day for _, _, window in periods],
        [window.starts_at for _, _, window in periods],
        [window.ends_at for _, _, window in periods],
    )
    await tx.raw.execute(
        _KEEP_LOTS,
        tx.business.id,
        [lot.id for lot in lots],
        [lot.window.starts_at for lot in lots],
        [lot.window.ends_at for lot in lots],
    )
    await tx.raw.execute(
        _KEEP_PASSES,
        tx.business.id,
        [facts.id for facts in passes],
        [facts.windows[0].first_day for facts in passes],
        [facts.windows[0].starts_at for facts in passes],
        [facts.windows[-1].last_day for facts in passes],
        [facts.windows[-1].ends_at for facts in passes],
        [facts.windows[-1].paused for facts in passes],
        [each.at if each else None for each in due],
        [each.kind.value if each else None for each in due],
    )
    tx.rings = tx.rings or any(each is not None and each.at <= tx.now for each in due)
