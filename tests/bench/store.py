"""The rows to measure on: one studio to read and book in, and a million passes of other businesses to expire.

Each business and its first pass come from the operations; the other passes are copies of that one, written by the
owner of the tables in bulk. The copies have no ledger of their own, which nothing measured here reads.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from api.embedded.postgres import PostgresServer
from models.operations.create_business import create_api_key
from models.rules.terms import Terms, Validity
from models.rules.values import PassKind, PaymentMethod, PeriodUnit, Role, ValidityRule
from models.runtime import Runtime, open_runtime
from models.settings import Settings
from tests.studio import Studio, open_studio

SCALE = 1.0
"""The size of the store. 1.0 is the size the goals speak of; smaller is quicker and flatters whatever scans."""

STUDIO_CLIENTS, STUDIO_PASSES = int(20_000 * SCALE), int(50_000 * SCALE)
CHAINS, CHAIN_PASSES = 8, int(125_000 * SCALE)
DUE_PASSES, DUE_TURNS = int(200_000 * SCALE), 20
"""Passes that ended, an equal part of them at each of so many instants a minute apart: one variant's turn each."""
FIRST_DUE_AT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)

TERMS = Terms(PassKind.SESSION, 15_000, 10, Validity(ValidityRule.PERIOD, 1, PeriodUnit.YEAR))

# Ids in the order of their numbers, as UUIDv7 would give, from which every row can name the rows it belongs to.
_ID = "('{kind:08x}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"
_CLIENT, _PASS, _LOT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Store:
    """A filled store, and what there is to ask for in its studio."""

    server: PostgresServer
    settings: Settings
    studio: UUID
    location: UUID
    service: UUID
    api_key: str

    @staticmethod
    def client(number: int) -> UUID:
        """Return the studio's client with this number, from 0."""
        return UUID(f"{_CLIENT:08x}-0000-7000-8000-{number % STUDIO_CLIENTS:012x}")


async def filled(server: PostgresServer) -> Store:
    """Fill the migrated server."""
    settings = Settings(database_url=server.url, redis_url=None, pool_size=16)
    runtime = open_runtime(settings)
    owner = await asyncpg.connect(server.url)
    try:
        # Foreign keys need no check: the copies point where their originals do.
        await owner.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        studio = await _business(runtime, owner, 0, STUDIO_CLIENTS, STUDIO_PASSES, due=0)
        for chain in range(1, CHAINS + 1):
            await _business(runtime, owner, chain, CHAIN_PASSES // 3, CHAIN_PASSES, due=DUE_PASSES // CHAINS)
        await owner.execute("VACUUM (ANALYZE, FREEZE)")
        await owner.execute("CHECKPOINT")
        key = await create_api_key(runtime, studio.business_id, Role.STAFF, "bench")
    finally:
        await owner.close()
        await runtime.close()
    return Store(server, settings, studio.business_id, studio.location, studio.service, key)


async def _business(
    runtime: Runtime, owner: asyncpg.Connection, number: int, clients: int, passes: int, *, due: int
) -> Studio:
    """Open a business of which the first `due` passes have ended; the others end in a year."""
    studio = await open_studio(runtime, None, "UTC")
    sold = await studio.sell(TERMS, method=PaymentMethod.CASH, card=None)
    first = number * 10_000_000
    own = {"id": _id(_PASS, f"{first} + n"), "client_id": _id(_CLIENT, f"{first} + n % {clients}")}
    of_pass = {"pass_id": own["id"]}
    await _copy(
        owner, "clients", studio.client, clients, {"id": _id(_CLIENT, f"{first} + n"), "name": "'Client ' || n"}
    )
    turn = f"n / {max(1, due // DUE_TURNS)} * interval '1 minute'"
    ends = f"CASE WHEN n < {due} THEN timestamptz '{FIRST_DUE_AT}' + {turn} ELSE {{column}} END"
    starts = f"CASE WHEN n < {due} THEN timestamptz '{FIRST_DUE_AT - timedelta(days=365)}' ELSE {{column}} END"
    ending = {"next_due_at": ends.format(column="o.next_due_at"), "ends_at": ends.format(column="o.ends_at")}
    starting = {"starts_at": starts.format(column="o.starts_at")}
    await _copy(owner, "passes", sold, passes, own | starting | ending)
    lots = of_pass | {"id": _id(_LOT, f"{first} + n"), "available": "7", "used": "3"}
    ending = {"expires_at": ends.format(column="o.expires_at")}
    await _copy(owner, "lots", sold, passes, lots | starting | ending, by="pass_id")
    if not due:  # neither expiry nor the scan for what is due reads periods, whose index takes long to write
        await _copy(owner, "periods", sold, passes, of_pass, by="pass_id")
    return studio


async def _copy(
    owner: asyncpg.Connection, table: str, original: UUID, times: int, changed: dict[str, str], *, by: str = "id"
) -> None:
    """Write copies of one row. `n` counts them from 0 in the expressions of what is changed."""
    rows = await owner.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
        table,
    )
    columns = [row["attname"] for row in rows]
    values = ", ".join(changed.get(column, f"o.{column}") for column in columns)
    await owner.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} o, generate_series(0, {times - 1}) n "
        f"WHERE o.{by} = '{original}'"
    )


def _id(kind: int, number: str) -> str:
    return _ID.format(kind=kind, number=number)
