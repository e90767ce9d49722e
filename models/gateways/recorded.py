"""The recorded gateway: it moves no money itself, it writes down what the desk did, in a book of its own.

Cash and the card terminal capture where a person is present, and decline softly where a renewal comes due with
nobody there. Complimentary always captures. The test card does what it is told, TIMEOUT on the first try only:
the charge is captured, and the answer is lost.
"""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_or_ignore

from models.clock import Clock
from models.database import Database
from models.gateways.payment import (
    ChargeRequest,
    ChargeResult,
    GatewayTimeout,
    RefundRequest,
    RefundResult,
)
from models.rules.renewal import takes_a_person
from models.rules.values import PaymentMethod, TestCard
from models.tables.orders import gateway_charges as book
from models.tables.refunds import gateway_refunds


class RecordedGateway:
    """A gateway whose book is a table, written in transactions of its own, like a company across the street."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def charge(self, request: ChargeRequest) -> ChargeResult:
        """Charge once per key. See `PaymentGateway.charge`."""
        result = _decide(request)
        row = {
            "business_id": request.business_id,
            "gateway_key": request.key,
            "method": request.method,
            "amount_minor": request.amount_minor,
            "currency": request.currency,
            "captured": result.captured,
            "hard": result.hard,
            "detail": result.detail,
            "at": self._clock.now(),
        }
        async with self._database.transaction(request.business_id) as connection:
            written = await connection.execute(insert_or_ignore(book).values(row).on_conflict_do_nothing())
            first_time = written.rowcount == 1
            found = (
                await connection.execute(
                    select(book.c.captured, book.c.hard, book.c.detail).where(book.c.gateway_key == request.key)
                )
            ).one()
        if first_time and request.test_card is TestCard.TIMEOUT:
            raise GatewayTimeout(request.key)
        return ChargeResult(found.captured, found.hard, found.detail)

    async def refund(self, request: RefundRequest) -> RefundResult:
        """Pay back once per key. See `PaymentGateway.refund`."""
        refuses = request.test_card is TestCard.REFUND_DECLINE
        detail = "the card was closed" if refuses else None
        row = {
            "business_id": request.business_id,
            "gateway_key": request.key,
            "charge_key": request.charge_key,
            "amount_minor": request.amount_minor,
            "currency": request.currency,
            "refunded": not refuses,
            "detail": detail,
            "at": self._clock.now(),
        }
        async with self._database.transaction(request.business_id) as connection:
            statement = insert_or_ignore(gateway_refunds).values(row).on_conflict_do_nothing()
            first_time = (await connection.execute(statement)).rowcount == 1
        if first_time and request.test_card is TestCard.TIMEOUT:
            raise GatewayTimeout(request.key)
        return RefundResult(not refuses, detail)


def _decide(request: ChargeRequest) -> ChargeResult:
    match request.method, request.test_card:
        case PaymentMethod.TEST_CARD, TestCard.DECLINE:
            return ChargeResult(captured=False, detail="insufficient funds")
        case PaymentMethod.TEST_CARD, TestCard.DECLINE_HARD:
            return ChargeResult(captured=False, hard=True, detail="card reported stolen")
        case (method, _) if takes_a_person(method) and not request.present:
            return ChargeResult(captured=False, detail="nobody was at the desk to pay")
        case _:
            return ChargeResult(captured=True)
