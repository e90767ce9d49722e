"""What is conserved, reckoned from the rows alone. Every law returns what breaks it, one sentence each."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from uuid import UUID

from tests.simulation.books import Books, still_paid, total
from tests.simulation.laws_money import MONEY_LAWS
from tests.simulation.laws_of_consent import CONSENT_LAWS
from tests.simulation.laws_of_use import USE_LAWS

ACCOUNTS = ("AVAILABLE", "BOOKED", "USED", "FORFEITED", "EXPIRED", "CONVERTED", "TRANSFERRED", "REFUNDED", "ADJUSTED")
PASSED_ON = ("TRANSFERRED", "CONVERTED")


def transfers_replay(books: Books) -> Iterator[str]:
    """Played again one by one, the transfers of a lot leave no account below zero and end at the lot's balances."""
    moves = books.by("transfers", "lot_id")
    for lot in books["lots"]:
        held: Counter[str] = Counter()
        for move in moves[lot["id"]]:
            held[move["to_account"]] += move["quantity"]
            if move["from_account"] != "ISSUED":
                held[move["from_account"]] -= move["quantity"]
            if min(held.values()) < 0:
                yield f"lot {lot['id']} fell below zero: {dict(held)}"
        if any(held[account] != lot[account.lower()] for account in ACCOUNTS):
            yield f"lot {lot['id']} holds something else than its transfers: {dict(held)}"
        if lot["issued"] != held.total():
            yield f"lot {lot['id']} was issued {lot['issued']} and accounts for {held.total()}"


def passed_on_arrives(books: Books) -> Iterator[str]:
    """What leaves a lot for another arrives there within one operation: as many units, and what they are worth."""
    lots, born, left = books.by_id("lots"), books.by("lots", "operation_id"), defaultdict(list)
    gone: Counter[object] = Counter()
    values: Counter[object] = Counter()
    for move in books["transfers"]:
        lot = lots[move["lot_id"]]
        if move["to_account"] in PASSED_ON:
            before, after = gone[lot["id"]], gone[lot["id"]] + move["quantity"]
            gone[lot["id"]] = after
            value = lot["value_minor"]
            values[move["operation_id"]] += value * after // lot["issued"] - value * before // lot["issued"]
            left[move["operation_id"]].append(move)
    given = books.by("passes", "transferred_from_pass_id")
    received = {row["id"] for source, rows in given.items() if source is not None for row in rows}
    credited = _credit_of_conversions(books)
    verbs = {row["id"]: row["verb"] for row in books["operations"]}
    for operation in {*born, *left}:
        if verbs[operation] == "undoOperation":
            continue  # What comes back goes to where it had come from, which the replay looks at.
        come = [
            lot
            for lot in born.get(operation, [])
            if lot["kind"] in ("ROLLOVER", "MAKE_UP")
            or (lot["pass_id"] in received and verbs[operation] == "transferPass")
        ]
        units, out = total(come, "issued"), total(left[operation], "quantity")
        worth = total(come, "value_minor") + credited[operation]
        if units != out and not (credited[operation] or any(m["to_account"] == "CONVERTED" for m in left[operation])):
            yield f"{verbs[operation]}: {out} units left and {units} arrived"
        if worth != values[operation] and worth != _capped(books, operation, values[operation]):
            yield f"{verbs[operation]}: what left was worth {values[operation]}, what arrived {worth}"


def _capped(books: Books, operation: UUID, value: int) -> int:
    """What units become as credit: no more than is still paid for their pass, so nothing where it was given away."""
    order = next((row for row in books["orders"] if row["operation_id"] == operation), None)
    if order is None or order["purpose"] != "CONVERSION" or order["details"]["unused"] != "CREDIT":
        return value
    return min(value, still_paid(books, order["subject_pass_id"], operation))


def _credit_of_conversions(books: Books) -> Counter[object]:
    """What units became at a conversion that is not a lot: part of its price, and the client's credit."""
    conversions = [row for row in books["orders"] if row["purpose"] == "CONVERSION" and row["state"] == "PAID"]
    found: Counter[object] = Counter()
    for order in conversions:
        found[order["operation_id"]] += order["credit_minor"]
    refunds = {
        row["id"] for row in books["operations"] if row["verb"] in ("refundPass", "creditRefund", "refundPackage")
    }
    of = {order["id"] for order in conversions}
    for row in books["client_credits"]:
        if row["order_id"] in of and row["operation_id"] not in refunds and row["amount_minor"] > 0:
            found[row["operation_id"]] += row["amount_minor"]
    return found


LAWS: tuple[Callable[[Books], Iterator[str]], ...] = (
    transfers_replay,
    passed_on_arrives,
    *MONEY_LAWS,
    *USE_LAWS,
    *CONSENT_LAWS,
)


def broken_laws(books: Books) -> list[str]:
    """Return everything that breaks a law."""
    return [f"{law.__name__}: {each}" for law in LAWS for each in law(books)]
