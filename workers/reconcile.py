"""Charges and refunds whose outcome nobody has settled: ask the gateway again, by the same key, and settle it."""

import asyncio
from datetime import timedelta
from functools import partial

import structlog

from models.errors import StoreUnavailable
from models.operations.settle_payment import settle_payment
from models.operations.settle_refund import settle_refund
from models.queries.due import OpenPayment, open_payments
from workers.work import ITEM_SECONDS, Work

_PAGE = 500
_log = structlog.get_logger(__name__)


async def reconcile(work: Work) -> None:
    """Settle every charge that has been open for long enough, the oldest first. One that fails rests a while."""
    now = work.runtime.clock.now()
    before = now - timedelta(seconds=work.runtime.settings.reconcile_after_seconds)
    last = None
    while not work.stopping.is_set():
        async with work.looking() as sweeper:
            found = await open_payments(sweeper, before, _PAGE, last)
        await work.each((each for each in found if not work.setbacks.rests(each.payment_id, now)), partial(_ask, work))
        if len(found) < _PAGE:
            return
        last = found[-1]


async def _ask(work: Work, payment: OpenPayment) -> None:
    try:
        async with asyncio.timeout(ITEM_SECONDS):
            settle = settle_refund if payment.refund else settle_payment
            settled = await settle(work.runtime, payment.business_id, payment.payment_id)
    except StoreUnavailable:
        raise
    except Exception:  # noqa: BLE001 - whatever it was, the other charges go on
        settled = False
        _log.exception("reconcile.failed", business=str(payment.business_id), payment=str(payment.payment_id))
    if settled:
        work.setbacks.succeeded(payment.payment_id)
        _log.info("reconcile.settled", business=str(payment.business_id), payment=str(payment.payment_id))
    else:
        work.setbacks.failed(payment.payment_id, work.runtime.clock.now())
