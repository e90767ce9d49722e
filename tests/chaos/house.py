"""A house of its own for a test that breaks things: a database nobody else sweeps, and workers as real processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg

from api.embedded import process
from api.embedded.postgres import PostgresServer
from api.embedded.valkey import ValkeyServer
from models.clock import FixedClock
from models.errors import StoreUnavailable
from models.operations.sell_pass import SellPass, sell_pass
from models.queries.invariants import check_business
from models.rules.terms import Conversion, Terms
from models.rules.values import AfterExpiration, PassKind, PaymentMethod, TestCard
from models.runtime import Runtime, open_runtime
from models.settings import Settings
from tests.studio import MONTH, Studio, open_studio

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 90.0
RENEWING = Terms(PassKind.SESSION, 4_900, 8, validity=MONTH, after_expiration=AfterExpiration.RENEW)
EXPIRING = Terms(PassKind.SESSION, 4_900, 8, validity=MONTH, warn_days=0)
_WORKER = "from workers.settings import run_worker; run_worker()"


@dataclass
class House:
    """Servers that may be killed, a database of this test alone, and the workers it has started."""

    postgres: PostgresServer
    redis: ValkeyServer
    settings: Settings
    log: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    runtimes: list[Runtime] = field(default_factory=list)

    def runtime(self, *, days_ago: float = 0) -> Runtime:
        """Open a runtime on this house's store; one that lives in the past where told so."""
        clock = FixedClock(datetime.now(UTC) - timedelta(days=days_ago)) if days_ago else None
        self.runtimes.append(open_runtime(self.settings, clock=clock))
        return self.runtimes[-1]

    def hire(self, *, dies_at: str = "") -> subprocess.Popen[bytes]:
        """Start a worker process, which kills itself at the named point if there is one."""
        assert self.settings.database_url is not None
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SESSIONPASS_")}
        environment |= {
            "DATABASE_URL": self.settings.database_url,
            "REDIS_URL": self.settings.redis_url or "",
            "SESSIONPASS_SWEEP_SECONDS": "0.5",
            "SESSIONPASS_LEASE_SECONDS": "2",
            "SESSIONPASS_RECONCILE_AFTER_SECONDS": "1",
            "SESSIONPASS_FAULT_POINT": dies_at,
        }
        with self.log.open("ab") as log:
            # Nobody is left behind where the tests themselves are killed.
            worker = process.spawn([sys.executable, "-c", _WORKER], environment=environment, folder=ROOT, output=log)
        self.workers.append(worker)
        return worker

    async def killed(self, worker: subprocess.Popen[bytes]) -> None:
        """Wait until the worker has killed itself."""
        await self.until(lambda: _yes(worker.poll() is not None))
        assert worker.returncode == -signal.SIGKILL, self.tail()

    async def until(self, met: Callable[[], Awaitable[bool]]) -> None:
        """Wait until the condition is met, whatever the servers do meanwhile."""
        clock = asyncio.get_running_loop().time
        end = clock() + PATIENCE_SECONDS
        while True:
            try:
                if await met():
                    return
            except StoreUnavailable:
                pass
            assert clock() < end, f"nothing came of it; the workers said:\n{self.tail()}"
            await asyncio.sleep(0.05)

    def tail(self) -> str:
        """The last the workers have said."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:]) if self.log.exists() else ""

    async def close(self) -> None:
        """End every worker with SIGTERM, as a supervisor does, and let go of the connections."""
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            try:
                await asyncio.to_thread(worker.wait, 20)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        for runtime in self.runtimes:
            await runtime.close()


async def _yes(value: bool) -> bool:
    return value


@dataclass
class Due:
    """A studio in real time, and passes it has sold long ago, which are due by now."""

    house: House
    studio: Studio
    passes: list[UUID]
    past: Runtime

    async def fetch(self, statement: str) -> list[Any]:
        """Read rows of these passes, which the statement calls $1."""
        return await self.studio.fetch(statement, self.passes)

    async def renewed(self) -> int:
        """Count the passes whose second period is there."""
        rows = await self.fetch("SELECT count(*) AS n FROM periods WHERE pass_id = ANY($1) AND number = 2")
        return int(rows[0]["n"])

    async def some_renewed(self, at_least: int = 1) -> None:
        """Wait until the renewals are under way."""

        async def enough() -> bool:
            return await self.renewed() >= at_least

        await self.house.until(enough)

    async def settled(self) -> bool:
        """Say whether every pass has renewed and no charge is open."""
        rows = await self.fetch("SELECT count(*) AS n FROM orders WHERE pass_id = ANY($1) AND state = 'PENDING'")
        return await self.renewed() == len(self.passes) and rows[0]["n"] == 0

    async def assert_renewed_once(self) -> None:
        """Count all that a renewal leaves, in our books and in the gateway's: one of each a pass, and never two."""
        counted = {
            "periods": "SELECT pass_id FROM periods WHERE pass_id = ANY($1) AND number > 1",
            "grants": "SELECT pass_id FROM lots WHERE pass_id = ANY($1) AND kind = 'GRANT' AND period_number > 1",
            "successions": "SELECT pass_id FROM successions WHERE pass_id = ANY($1)",
            "orders": "SELECT pass_id FROM orders WHERE pass_id = ANY($1) AND purpose = 'RENEWAL' AND state = 'PAID'",
            "payments": """SELECT o.pass_id FROM payments p JOIN orders o ON o.id = p.order_id
                           WHERE o.pass_id = ANY($1) AND o.purpose = 'RENEWAL' AND p.state = 'CAPTURED'""",
            "captures": """SELECT split_part(gateway_key, ':', 2)::uuid AS pass_id FROM gateway_charges
                           WHERE split_part(gateway_key, ':', 2) = ANY($1::uuid[]::text[])
                             AND gateway_key LIKE 'renew:%' AND captured""",
            "renewal events": "SELECT pass_id FROM events WHERE pass_id = ANY($1) AND type = 'pass.renewed'",
        }
        for what, statement in counted.items():
            found = [row["pass_id"] for row in await self.fetch(statement)]
            assert sorted(found) == sorted(self.passes), f"{what}: {len(found)} of {len(self.passes)}"
        await self.assert_sound()

    async def assert_sound(self) -> None:
        """Check the studio's books against everything that must hold of them."""
        async with self.studio.runtime.database.reading(self.studio.business_id) as reader:
            assert await check_business(reader) == []


async def sell_long_ago(
    house: House, count: int, *, terms: Terms = RENEWING, becomes: Terms | None = None, days_ago: float = 40
) -> Due:
    """Sell passes in the past, in a business without a test clock; those of a month have ended by now.

    `becomes` makes them convert at their end, to a pass of these terms.
    """
    past = house.runtime(days_ago=days_ago)
    studio = await open_studio(past, None)
    if becomes is not None:
        conversion = Conversion(await studio.option(becomes))
        terms = replace(terms, after_expiration=AfterExpiration.CONVERT, conversion=conversion)
    option = await studio.option(terms)
    limit = asyncio.Semaphore(8)

    async def sell() -> UUID:
        async with limit:
            command = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.APPROVE)
            return (await studio.do(sell_pass, command)).passes[0]

    passes = list(await asyncio.gather(*(sell() for _ in range(count))))
    return Due(house, _here_and_now(house, studio), passes, past)


def _here_and_now(house: House, studio: Studio) -> Studio:
    now = house.runtime()
    return Studio(now, studio.business_id, studio.began, studio.location, studio.service, studio.client)


@asynccontextmanager
async def open_house(postgres: PostgresServer, redis: ValkeyServer, log: Path) -> AsyncIterator[House]:
    """A house in a copy of the server's migrated database (nobody may be connected to that one), dropped at the end."""
    name = f"house_{uuid4().hex[:12]}"
    address = urlsplit(postgres.url)
    maintenance = urlunsplit(address._replace(path="/postgres"))
    await _execute(maintenance, f"CREATE DATABASE {name} TEMPLATE {address.path[1:]}")
    url = urlunsplit(address._replace(path=f"/{name}"))
    house = House(postgres, redis, Settings(database_url=url, redis_url=redis.url), log)
    try:
        yield house
    finally:
        await house.close()
        await _execute(maintenance, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, statement: str) -> None:
    connection: asyncpg.Connection = await asyncpg.connect(url, ssl=False)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
