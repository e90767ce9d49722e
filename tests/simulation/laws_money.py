"""Laws of money, reckoned from the rows alone: what came in and went back, credit, what is earned. See `laws.py`."""

from collections import Counter
from collections.abc import Callable, Iterator
from uuid import UUID

from tests.simulation.books import Books, Row, total

OWN_PERIOD = ("SALE", "RENEWAL", "CONVERSION")


def cash_is_accounted_for(books: Books) -> Iterator[str]:
    """What the gateway captured, less what it paid back, is what orders cost less what was refunded."""
    taken = total((row for row in books["gateway_charges"] if row["captured"]), "amount_minor")
    returned = total((row for row in books["gateway_refunds"] if row["refunded"]), "amount_minor")
    charges = {row["gateway_key"]: row["amount_minor"] for row in books["gateway_charges"] if row["captured"]}
    # A charge whose answer was lost is at the gateway before it is in our books.
    unheard = sum(charges.get(row["gateway_key"], 0) for row in books["payments"] if row["state"] in OPEN)
    answered = {row["gateway_key"]: row for row in books["gateway_refunds"] if row["refunded"]}
    lost = total(
        (row for row in books["refunds"] if row["state"] in OPEN and row["gateway_key"] in answered), "amount_minor"
    )
    paid = total((row for row in books["orders"] if row["state"] == "PAID"), "amount_minor")
    back = total((row for row in books["refunds"] if row["state"] == "DONE" and row["payment_id"]), "amount_minor")
    if taken - unheard - (returned - lost) != paid - back:
        yield f"the gateway holds {taken - unheard} - {returned - lost}, the orders say {paid} - {back}"


OPEN = ("INTENDED", "UNKNOWN")
TAKING = ("refundPackage", "undoOperation")
"""What takes credit back that a package had given."""


def nobody_pays_twice(books: Books) -> Iterator[str]:
    """One paid order for each pass and period, one capture for each order, and none for an order that failed."""
    paid = Counter(
        (row["pass_id"], row["period_number"])
        for row in books["orders"]
        if row["state"] == "PAID" and row["purpose"] in OWN_PERIOD
    )
    yield from (f"period {period} was paid {times} times" for period, times in paid.items() if times > 1)
    captured = {row["gateway_key"] for row in books["gateway_charges"] if row["captured"]}
    for order in books["orders"]:
        charges = [
            row for row in books["payments"] if row["order_id"] == order["id"] and row["gateway_key"] in captured
        ]
        wanted = 1 if order["state"] == "PAID" and order["amount_minor"] else 0
        if order["state"] != "PENDING" and len(charges) != wanted:
            yield f"{order['purpose']} {order['id']} is {order['state']} and was captured {len(charges)} times"


def refunds_stay_below_what_was_paid(books: Books) -> Iterator[str]:
    """No order and no pass gives back more than it took, and what was given away gives back nothing."""
    made = [row for row in books["refunds"] if row["state"] != "TAKEN_BACK"]
    free = {
        row["order_id"] for row in books["payments"] if row["method"] == "COMPLIMENTARY" and row["state"] == "CAPTURED"
    }
    for order in books["orders"]:
        back = total((row for row in made if row["order_id"] == order["id"]), "amount_minor")
        limit = order["credit_minor"] if order["id"] in free else order["price_minor"]
        if back > (limit if order["state"] == "PAID" else 0):
            yield f"{order['purpose']} {order['id']} cost {order['price_minor']} and gave back {back}"
    cost, orders = books.by("periods", "pass_id"), books.by_id("orders")
    for pass_id in {row["pass_id"] for row in made}:
        rows = (row for row in made if row["pass_id"] == pass_id)
        # A fee is no part of what the pass cost, and neither is one that was paid back.
        own = [row for row in rows if row["package_item_id"] is None and orders[row["order_id"]]["purpose"] != "FEE"]
        if total(own, "amount_minor") > total((each for each in cost[pass_id] if each["order_id"]), "price_minor"):
            yield f"pass {pass_id} gave back more than its periods cost"


def whole_refunds_leave_nothing(books: Books) -> Iterator[str]:
    """A pass refunded whole keeps nothing that could still be spent, and is granted and charged nothing after."""
    lots, periods = books.by("lots", "pass_id"), books.by("periods", "pass_id")
    visits, closed = books.by_id("visits"), {str(row["id"]): row["closed_reason"] for row in books["passes"]}
    undone = books.undone()
    for done in books["operations"]:
        if done["id"] in undone:
            continue
        asked = done["input"]["command"]
        whole = done["verb"] == "refundPass" and asked["units"] is None and done["state"] == "DONE"
        if whole and closed[asked["pass_id"]] != "REFUNDED":
            yield f"pass {asked['pass_id']} was refunded whole and is {closed[asked['pass_id']]}"
    for row in books["passes"]:
        if row["closed_reason"] != "REFUNDED":
            continue
        alive = (lot for lot in lots[row["id"]] if lot["expires_at"] is None or lot["expires_at"] > row["closed_at"])
        if any(lot["available"] for lot in alive if lot["created_at"] <= row["closed_at"] and lot["kind"] != "MAKE_UP"):
            yield f"refunded pass {row['id']} has units left"
        if any(period["granted_at"] > row["closed_at"] for period in periods[row["id"]]):
            yield f"refunded pass {row['id']} was granted another period"
    refunded = {row["id"]: row["closed_at"] for row in books["passes"] if row["closed_reason"] == "REFUNDED"}
    for claim in books["claims"]:
        closed_at = refunded.get(claim["pass_id"])
        booked = claim["released_at"] is None and claim["account"] == "BOOKED"
        if booked and closed_at is not None and visits[claim["visit_id"]]["starts_at"] >= closed_at:
            yield f"refunded pass {claim['pass_id']} still pays for a visit ahead"


def credit_is_given_and_spent(books: Books) -> Iterator[str]:
    """A client's credit is what refunds, fees and conversions gave, less what paid orders took; never below zero."""
    verbs = {row["id"]: row["verb"] for row in books["operations"]}
    orders = books.by_id("orders")
    told = {operation: books.began_with(operation) for operation in verbs}
    refunding = {row["operation_id"] for row in books["refunds"]}
    for client in books["clients"]:
        mine = [row for row in books["client_credits"] if row["client_id"] == client["id"]]
        held = 0
        for row in mine:
            held += row["amount_minor"]
            if held < 0:
                yield f"client {client['id']} spent credit they had not got"
        refunds = [row for row in books["refunds"] if row["client_id"] == client["id"]]
        expected = total(
            (r for r in refunds if r["destination"] == "CREDIT" or r["state"] == "CREDITED"), "amount_minor"
        )
        fees = (row for row in books["fees"] if row["client_id"] == client["id"] and row["state"] == "CREDITED")
        expected += total(fees, "amount_minor")
        for row in mine:
            order = orders.get(row["order_id"])
            converted = order is not None and order["purpose"] == "CONVERSION" and row["amount_minor"] > 0
            if converted and row["operation_id"] not in refunding and told[row["operation_id"]] != "creditRefund":
                expected += row["amount_minor"]
        sales = {row["id"]: row for row in books["package_sales"] if row["client_id"] == client["id"]}
        # What an undoing takes of a fee's credit goes with the fee, which is no credit any more.
        taken = (row for row in mine if verbs[row["operation_id"]] in TAKING and row["amount_minor"] < 0)
        # What a refused refund became counts by how the refund stands, and what pays for an order by that order.
        taken = (row for row in taken if told[row["operation_id"]] != "creditRefund" and not _pays(orders, row))
        expected += total((row for row in taken if _purpose(orders, row) != "FEE"), "amount_minor")
        # And what it gives back of a package's credit is of no pass: that which pays a pass back is a refund.
        undone = (row for row in mine if verbs[row["operation_id"]] == "undoOperation" and row["amount_minor"] > 0)
        undone = (row for row in undone if not _pays(orders, row))
        expected += total((r for r in undone if _purpose(orders, r) == "PACKAGE" and not r["pass_id"]), "amount_minor")
        items = [i for i in books["package_items"] if i["package_sale_id"] in sales and i["kind"] == "CREDIT"]
        expected += sum(item["value_minor"] * item["quantity"] for item in items)
        # What was paid elsewhere comes in with a file as credit, and is spent at once.
        brought = (o for o in orders.values() if verbs[o["operation_id"]] == "importStudio")
        expected += total((o for o in brought if o["client_id"] == client["id"]), "credit_minor")
        spent = (o for o in orders.values() if o["client_id"] == client["id"] and o["state"] != "FAILED")
        expected -= sum(o["credit_minor"] for o in spent if o["purpose"] != "CONVERSION")
        if held != expected:
            yield f"client {client['id']} has a credit of {held}, and was given and took {expected}"


def _pays(orders: dict[UUID, Row], row: Row) -> bool:
    """Whether the credit was taken or given by the operation that bought with this very order."""
    order = orders.get(row["order_id"])
    return order is not None and order["operation_id"] == row["operation_id"]


def _purpose(orders: dict[UUID, Row], row: Row) -> str | None:
    order = orders.get(row["order_id"])
    return order["purpose"] if order else None


def deferred_revenue_adds_up(books: Books) -> Iterator[str]:
    """By option: granted + carried in = earned + breakage + refunded + carried out + deferred; granted is the price."""
    for row in books.deferred:
        come = row["granted"] + row["carriedIn"]
        gone = row["earned"] + row["breakage"] + row["refunded"] + row["carriedOut"] + row["deferred"]
        if come != gone:
            yield f"{row['optionName']}: {come} came and {gone} is accounted for"
        if min(value for value in row.values() if isinstance(value, int)) < 0:
            yield f"{row['optionName']}: a figure is below zero: {row}"
    granted = total(books.deferred, "granted")
    # What came with a transfer was granted to somebody else before.
    bought = total((row for row in books["periods"] if row["order_id"]), "price_minor")
    if granted != bought:
        yield f"granted is {granted}, and the periods that were bought cost {bought}"
    items = total(books["package_items"], "share_minor")
    orders = (row for row in books["orders"] if row["state"] == "PAID" and row["purpose"] != "FEE")
    if bought + items != (paid := total(orders, "price_minor")):
        yield f"periods and items were sold for {bought + items}, and orders say {paid}"


def fees_follow_outcomes(books: Books) -> Iterator[str]:
    """A visit owes the fee of its last outcome, once; one that was waived or forgiven owes none and pays none."""
    outcomes, fees = books.by("visit_outcomes", "visit_id"), books.by("fees", "visit_id")
    for visit in books["visits"]:
        mine = outcomes[visit["id"]]
        standing = [row for row in fees[visit["id"]] if row["state"] in ("OWED", "PAID")]
        last = mine[-1] if mine else None
        due = last["fee_minor"] if last else 0
        written = [row for row in fees[visit["id"]] if last and row["operation_id"] == last["operation_id"]]
        if due != (total(written, "amount_minor") if written else 0):
            yield f"visit {visit['id']} came to a fee of {due}, and {len(written)} were written down"
        if total(standing, "amount_minor") > due or len(standing) > 1:
            yield f"visit {visit['id']} owes more than its last outcome costs"
    paid_back = {row["order_id"] for row in books["refunds"]}
    charged = Counter(
        each
        for order in books["orders"]
        if order["state"] == "PAID" and order["purpose"] == "FEE" and order["id"] not in paid_back
        for each in order["details"].get("fees", [])
    )
    for fee in books["fees"]:
        wanted = 1 if fee["state"] in ("PAID", "CREDITED") else 0
        if charged[str(fee["id"])] != wanted:
            yield f"a fee that is {fee['state']} was charged {charged[str(fee['id'])]} times"


MONEY_LAWS: tuple[Callable[[Books], Iterator[str]], ...] = (
    cash_is_accounted_for,
    nobody_pays_twice,
    refunds_stay_below_what_was_paid,
    whole_refunds_leave_nothing,
    credit_is_given_and_spent,
    deferred_revenue_adds_up,
    fees_follow_outcomes,
)
