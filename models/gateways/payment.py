"""What a payment gateway promises."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from models.rules.values import PaymentMethod, TestCard


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """One charge. `key` makes it happen at most once, however often it is sent. Money is in minor units.

    `present` says that a person is at the desk to hand over cash or use the terminal.
    """

    business_id: UUID
    key: str
    method: PaymentMethod
    amount_minor: int
    currency: str
    present: bool
    test_card: TestCard | None = None


@dataclass(frozen=True, slots=True)
class ChargeResult:
    """The gateway's answer. `hard` marks a decline that trying again cannot cure."""

    captured: bool
    hard: bool = False
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """One refund of a charge that was captured, named by its key. Money is in minor units."""

    business_id: UUID
    key: str
    charge_key: str
    amount_minor: int
    currency: str
    test_card: TestCard | None = None


@dataclass(frozen=True, slots=True)
class RefundResult:
    """The gateway's answer."""

    refunded: bool
    detail: str | None = None


class GatewayTimeout(Exception):  # noqa: N818 - it is a state of knowledge, not an error of ours
    """The call was sent and no answer came: the charge may or may not have happened."""


class PaymentGateway(Protocol):
    """A gateway that keeps a book of charges by key."""

    async def charge(self, request: ChargeRequest) -> ChargeResult:
        """Charge once per key and answer; the same key again gives the same answer and moves no money.

        Raises:
            GatewayTimeout: no answer; ask again later with the same key.
        """
        ...

    async def refund(self, request: RefundRequest) -> RefundResult:
        """Pay back once per key and answer; the same key again gives the same answer and moves no money.

        Raises:
            GatewayTimeout: no answer; ask again later with the same key.
        """
        ...
