"""The floor of reading: Starlette, one asyncpg query on a pool that never resets, and JSON. No GraphQL, no tenants.

It answers what the product's queries of `test_reads.py` answer, to whoever asks. uvicorn starts it with
`DATABASE_URL` and `BENCH_STUDIO` in its environment, which only this file of the benches reads.
"""

import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_PASSES = """
SELECT p.id, p.kind, p.sold_at, p.first_day, p.last_day, p.starts_at, p.ends_at, p.auto_renew,
       p.client_id, c.name AS client_name, p.option_id, v.name AS option_name, v.price_minor,
       CASE WHEN p.closed_reason IS NOT NULL THEN 'EXPIRED' WHEN p.starts_at > now() THEN 'NOT_STARTED'
            WHEN p.ends_at <= now() THEN 'EXPIRED' WHEN s.available + s.booked = 0 THEN 'USED_UP'
            ELSE 'ACTIVE' END AS status,
       s.*
FROM passes p
JOIN clients c ON c.business_id = p.business_id AND c.id = p.client_id
JOIN purchase_option_versions v
  ON v.business_id = p.business_id AND v.option_id = p.option_id AND v.version = p.option_version
CROSS JOIN LATERAL (
    SELECT sum(l.issued)::bigint AS granted, sum(l.available)::bigint AS available, sum(l.booked)::bigint AS booked,
           sum(l.used)::bigint AS used
    FROM lots l WHERE l.business_id = p.business_id AND l.pass_id = p.id
) s
WHERE p.business_id = $1
"""
_OF_CLIENT = _PASSES + " AND p.client_id = $2 ORDER BY p.id DESC"
_PAGE = _PASSES + " ORDER BY p.id DESC LIMIT 100"


class _Kept(asyncpg.Connection):
    """A connection that goes back to the pool as it is."""

    async def reset(self, *, timeout: float | None = None) -> None:
        """Do nothing."""


@asynccontextmanager
async def _pool(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=32, max_size=32, connection_class=_Kept
    ) as pool:
        app.state.pool = pool
        yield


async def _of_client(request: Request) -> JSONResponse:
    body = json.loads(await request.body())
    rows = await request.app.state.pool.fetch(_OF_CLIENT, _STUDIO, UUID(body["client"]))
    return JSONResponse({"passes": [_pass(row) for row in rows]})


async def _page(request: Request) -> JSONResponse:
    await request.body()
    rows = await request.app.state.pool.fetch(_PAGE, _STUDIO)
    return JSONResponse({"passes": [_pass(row) | _parts(row) for row in rows]})


def _pass(row: Any) -> dict[str, Any]:
    return {
        "id": _global_id("Pass", row["id"]),
        "kind": row["kind"],
        "status": row["status"],
        "soldAt": _instant(row["sold_at"]),
        "firstDay": row["first_day"].isoformat(),
        "lastDay": row["last_day"].isoformat(),
        "endsAt": _instant(row["ends_at"]),
        "balance": {name: row[name] for name in ("granted", "available", "booked", "used")},
    }


def _parts(row: Any) -> dict[str, Any]:
    return {
        "client": {"id": _global_id("Client", row["client_id"]), "name": row["client_name"]},
        "purchaseOption": {
            "id": _global_id("PurchaseOption", row["option_id"]),
            "name": row["option_name"],
            "priceMinor": row["price_minor"],
        },
    }


def _global_id(kind: str, row_id: UUID) -> str:
    return b64encode(f"{kind}:{row_id}".encode()).decode()


def _instant(value: datetime) -> str:
    return value.isoformat()


_STUDIO = UUID(os.environ.get("BENCH_STUDIO", str(UUID(int=0))))
app = Starlette(
    routes=[Route("/client", _of_client, methods=["POST"]), Route("/page", _page, methods=["POST"])], lifespan=_pool
)
