"""Do one due thing, from a job or from the sweep: the same few lines, whoever calls."""

import asyncio
from uuid import UUID

import structlog

from models.errors import Refused, StoreUnavailable
from models.operations.base import WORKER
from models.operations.do_due import DoDue, do_due
from models.operations.run import run
from models.rules.codes import Code
from workers.work import ITEM_SECONDS, Work

_OUTCOMES = (Code.PAYMENT_DECLINED, Code.OPERATION_IN_PROGRESS)
"""A declined charge stands on its ladder now; one without an answer is settled by whoever reconciles."""
_log = structlog.get_logger(__name__)


async def do_one(work: Work, business_id: UUID, pass_id: UUID, key: str) -> None:
    """Do what is due of the pass, if anything is. A failure is this row's alone: it is told, and the row rests.

    Raises:
        StoreUnavailable: the database is away, which is no fault of the row. Its lease runs out by itself.
    """
    try:
        async with asyncio.timeout(ITEM_SECONDS):
            await run(work.runtime, business_id, WORKER, do_due, DoDue(pass_id), key=key)
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, the other rows go on
        if not (isinstance(error, Refused) and error.code in _OUTCOMES):
            work.setbacks.failed(pass_id, work.runtime.clock.now())
            _log.exception("due.failed", business=str(business_id), pass_id=str(pass_id), key=key)
            return
    work.setbacks.succeeded(pass_id)
