"""The jobs. Each takes ids, and leaves quietly where nothing is due (any more)."""

from typing import Any
from uuid import UUID

import structlog

from models.errors import StoreUnavailable
from workers.due import do_one
from workers.work import Work

WORK = "work"
_log = structlog.get_logger(__name__)


async def wake(ctx: dict[str, Any], business_id: str) -> None:
    """Somebody left something due in this business: sweep now."""
    ctx[WORK].rung.set()


async def do_due(ctx: dict[str, Any], business_id: str, pass_id: str, key: str) -> None:
    """Do what is due of one pass. With the store away it stays leased, and is leased again when that has run out."""
    work: Work = ctx[WORK]
    try:
        await do_one(work, UUID(business_id), UUID(pass_id), key)
    except StoreUnavailable:
        _log.warning("job.storeAway", pass_id=pass_id)
