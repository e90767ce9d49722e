"""Sell a pass to a client."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Payment, ToPay, Tx, checked_day
from models.operations.consent import Consent, checked_consent, write_consent
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.grant_period import NewPeriod, grant_period
from models.operations.offers import check_offer, checked_channel
from models.operations.refresh import refresh
from models.operations.spend_credit import SPENT, credit_of, spend
from models.operations.spread_closure import join_closures
from models.queries.catalogue import OptionVersion, option_terms
from models.queries.live import LIVE
from models.rules.activation import start_at_sale
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.jurisdictions import reminder_days_max, reminder_days_min, withdrawable_until
from models.rules.offers import Sale
from models.rules.terms import Terms
from models.rules.timeline import base_days
from models.rules.values import (
    Activation,
    AfterExpiration,
    OrderPurpose,
    PaymentMethod,
    Role,
    SaleChannel,
    TestCard,
)
from models.tables.base import new_id
from models.tables.passes import passes


@dataclass(frozen=True, slots=True)
class SellPass:
    """Sell the current version of an option. `starts_on` is for options activated ON_DATE.

    `channel` None: STAFF, or ONLINE where the client buys. `link_code` is what a DIRECT_LINK carries. With `use_credit`
    the client's credit pays first, and the rest is charged.
    """

    client_id: UUID
    option_id: UUID
    payment_method: PaymentMethod | None = None
    test_card: TestCard | None = None
    starts_on: date | None = None
    location_id: UUID | None = None
    channel: SaleChannel | None = None
    link_code: str | None = None
    use_credit: bool = False
    consent: Consent | None = None


async def sell_pass(tx: Tx, command: SellPass) -> ToPay:
    """Check the sale and say what is to be charged.

    Errors: NOT_FOUND, OPTION_ARCHIVED, PAYMENT_REQUIRED, PAYMENT_DECLINED, FORBIDDEN, DATE_OUT_OF_RANGE,
    TERMS_CONTRADICT for a start that the option does not allow, and those of `check_offer`.
    """
    tx.require(*STAFF, Role.CLIENT)
    home = await home_of_buyer(tx, command.client_id)
    option = await option_terms(tx.raw, command.option_id)
    if option is None:
        raise unknown("purchase option", "purchaseOptionId")
    if option.archived_at is not None:
        raise refuse(Code.OPTION_ARCHIVED, "purchaseOptionId")
    price = option.terms.price_minor
    credit = min(price, await credit_of(tx, command.client_id)) if command.use_credit else 0
    payment = checked_payment(tx, command.payment_method, command.test_card, price - credit)
    starts_on = checked_start(tx, option.terms, command.starts_on)
    check_not_over(tx, option.terms, starts_on)
    zone = await home_zone(tx, command.location_id or home)
    channel = checked_channel(tx.actor.role, command.channel)
    await check_offer(tx, option, command.client_id, Sale(channel, command.link_code))
    consent = checked_consent(tx, [option.terms], command.consent)
    details: dict[str, Any] = {
        "consent": consent,
        "option_id": str(option.option_id),
        "option_version": option.version,
        "sold_on": local_day(tx.now, zone).isoformat(),
        "starts_on": starts_on and starts_on.isoformat(),
        "zone": zone,
        "channel": channel,
        SPENT: credit,
    }
    order_id, pass_id = new_id(), new_id()
    await spend(tx, command.client_id, credit, order_id, pass_id)
    return ToPay(
        purpose=OrderPurpose.SALE,
        client_id=command.client_id,
        pass_id=pass_id,
        period_number=1,
        subject_pass_id=None,
        price_minor=price,
        credit_minor=credit,
        payment=payment,
        details=details | payment_details(payment),
        gateway_key=f"sale:{order_id}:1",
        id=order_id,
    )


async def fulfil_sale(tx: Tx, bought: ToPay) -> Changed:
    """Write the pass that was paid for, its first period and its lot."""
    details = bought.details
    option = await option_terms(tx.raw, UUID(details["option_id"]), details["option_version"])
    assert option is not None, "a version that was sold is never deleted"
    starts_on = date.fromisoformat(details["starts_on"]) if details["starts_on"] else None
    # The day on which it was bought counts, though its payment may have been settled after midnight.
    sold_on = date.fromisoformat(details["sold_on"])
    first = start_at_sale(option.terms, sold_on, starts_on)
    await write_pass(tx, bought, option, first=first, sold_on=sold_on, zone=details["zone"])
    await write_consent(tx, bought, bought.pass_id, option.terms)
    await refresh(tx, [bought.pass_id])
    await join_closures(tx, bought.pass_id)
    await tx.event("pass.sold", pass_id=bought.pass_id, priceMinor=bought.price_minor)
    waiting = await lock_with_waiting(tx, [bought.pass_id])
    return await covered(tx, Changed(passes=[bought.pass_id]), waiting)


async def write_pass(
    tx: Tx,
    bought: ToPay,
    option: OptionVersion,
    *,
    first: date | None,
    sold_on: date,
    zone: str,
    predecessor: tuple[UUID, int] | None = None,
    opens_at: datetime | None = None,
    part: Mapping[str, object] | None = None,
) -> None:
    """Insert a pass and grant its first period.

    `predecessor` is the pass and period it was converted from, whose end `opens_at` may lie within a day. `part` is
    what the row of a part of a package holds beside, `package_sale_id` and `terms_override`; the option's terms are
    then those that count.
    """
    terms = option.terms
    row = _row(tx, bought, option, zone=zone, sold_on=sold_on, predecessor=predecessor)
    await tx.insert(passes, row | dict(part or {}))
    first_on, last_on = (None, None) if first is None else base_days(terms, first, 0)
    period = NewPeriod(1, first_on, 0, first_on, last_on, opens_at=opens_at)
    await grant_period(tx, bought.pass_id, terms, period, price_minor=bought.price_minor, order_id=bought.id)


def _row(
    tx: Tx, bought: ToPay, option: OptionVersion, *, zone: str, sold_on: date, predecessor: tuple[UUID, int] | None
) -> dict[str, object]:
    terms, conversion, details = option.terms, option.terms.conversion, bought.details
    return {
        "id": bought.pass_id,
        "client_id": bought.client_id,
        "option_id": option.option_id,
        "option_version": option.version,
        "kind": terms.kind,
        "zone": zone,
        "sold_at": tx.now,
        "sold_on": sold_on,
        "channel": details.get("channel"),
        "reminder_days_min": reminder_days_min(tx.business.jurisdiction, terms),
        "reminder_days_max": reminder_days_max(tx.business.jurisdiction, terms),
        "withdrawable_until": withdrawable_until(tx.business.jurisdiction, details.get("channel"), sold_on),
        "after_expiration": terms.after_expiration,
        "former_after_expiration": None,
        "auto_renew": terms.after_expiration is AfterExpiration.RENEW,
        "renewals_done": 0,
        "payment_method": details["payment_method"],
        "test_card": details["test_card"],
        "conversion_option_id": conversion and conversion.target_option_id,
        "conversion_on": None,
        "conversion_unused": conversion and conversion.unused,
        "predecessor_pass_id": predecessor and predecessor[0],
        "predecessor_period": predecessor and predecessor[1],
        "overdue_since": None,
        "charge_attempts": 0,
        "last_attempt_at": None,
        "hard_declined": False,
        "paused": False,
        "on_test_clock": tx.business.test_clock_at is not None,
    }


async def home_of_buyer(tx: Tx, client_id: UUID) -> UUID | None:
    """Return the home location of the client who buys, None where they have none. Errors: NOT_FOUND."""
    tx.require_client(client_id, "client", "clientId")
    client = await tx.raw.fetchrow(f"SELECT home_location_id FROM clients WHERE id = $1 AND {LIVE}", client_id)
    if client is None:
        raise unknown("client", "clientId")
    home: UUID | None = client["home_location_id"]
    return home


async def home_zone(tx: Tx, location_id: UUID | None) -> str:
    """Return the zone of the location, or the business's where it has none of its own. Errors: NOT_FOUND."""
    if location_id is None:
        return tx.business.zone
    row = await tx.raw.fetchrow(f"SELECT zone FROM locations WHERE id = $1 AND {LIVE}", location_id)
    if row is None:
        raise unknown("location", "locationId")
    return row["zone"] or tx.business.zone


def checked_payment(
    tx: Tx, method: PaymentMethod | None, test_card: TestCard | None, amount_minor: int
) -> Payment | None:
    """Return how the amount is paid, None where nothing is due and nothing was named.

    A client alone cannot hand over cash, use the desk's terminal, or give things away.
    """
    if method is None:
        if amount_minor:
            raise refuse(Code.PAYMENT_REQUIRED, "payment")
        return None
    if tx.actor.role is Role.CLIENT and method is not PaymentMethod.TEST_CARD:
        raise refuse(Code.FORBIDDEN, "payment", "method", roles="STAFF")
    if method is PaymentMethod.TEST_CARD and not tx.business.accepts_test_cards:
        raise refuse(Code.TEST_CARD_REFUSED, "payment", "method")
    if (method is PaymentMethod.TEST_CARD) != (test_card is not None):
        raise refuse(
            Code.INVALID_INPUT, "payment", "testCard", sentence="A test card, and no other method, says what it does."
        )
    return Payment(method, test_card)


def payment_details(payment: Payment | None) -> dict[str, Any]:
    """Return how a later renewal is to be charged, as kept on the pass."""
    return {
        "payment_method": payment and payment.method,
        "test_card": payment and payment.test_card,
    }


def check_not_over(tx: Tx, terms: Terms, starts_on: date | None) -> None:
    """Refuse to sell a pass whose fixed last day comes before its first."""
    first, last = start_at_sale(terms, tx.today, starts_on), terms.validity.last_day
    if first is not None and last is not None and last < first:
        raise refuse(Code.TERMS_CONTRADICT, "purchaseOptionId", sentence="The option's last day is {day}.", day=last)


def checked_start(tx: Tx, terms: Terms, starts_on: date | None) -> date | None:
    """Return the chosen first day, which only an option that starts ON_DATE has. Errors: TERMS_CONTRADICT, DATE_…"""
    if starts_on is None:
        return None
    if terms.activation is not Activation.ON_DATE:
        raise refuse(
            Code.TERMS_CONTRADICT,
            "startsOn",
            sentence="The option starts {activation}, not on a chosen date.",
            activation=terms.activation,
        )
    return checked_day(tx, starts_on, "startsOn")
