"""Laws of what the law grants, reckoned from the rows alone: consent, announced charges, withdrawal. See `laws.py`."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.simulation.books import Books, still_paid, total

CONSENT = {"US", "US_CA", "EU", "DE", "FR"}
WITHDRAWAL_DAYS = {"EU": 14, "DE": 14, "FR": 14}
FROM_AFAR = ("ONLINE", "DIRECT_LINK")
# Each names an operation, and of these its rows are in another business or none at all.
APART = ("openSandbox", "playSandbox")


def _jurisdictions(books: Books) -> list[tuple[UUID, datetime, str]]:
    """Under which law the studio stood from which operation on, in their order; before the first, under none."""
    told = [row for row in books["events"] if row["type"] == "business.policiesSet"]
    found = [(row["operation_id"], row["at"], row["data"]["policies"].get("jurisdiction")) for row in told]
    return sorted((operation, at, law) for operation, at, law in found if law is not None)


def _law_at(books: Books, operation: UUID) -> str:
    return next((law for since, _, law in reversed(_jurisdictions(books)) if since < operation), "NONE")


def _terms(books: Books, option: str, version: int) -> dict[str, Any]:
    return next(
        row["terms"]
        for row in books["purchase_option_versions"]
        if (str(row["option_id"]), row["version"]) == (option, version)
    )


def _charges_by_itself(terms: dict[str, Any]) -> bool:
    return terms["afterExpiration"] in ("RENEW", "CONVERT")


def _local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def charges_were_agreed_to(books: Books) -> Iterator[str]:
    """Nothing that charges by itself was sold, converted into or planned under a law that asks for consent without."""
    agreed = {row["pass_id"] for row in books["consents"]}
    planned = {row["operation_id"] for row in books["consents"]}
    orders = {row["id"]: row for row in books["orders"] if row["state"] == "PAID"}
    for order in orders.values():
        details = order["details"]
        if order["purpose"] not in ("SALE", "CONVERSION") or details.get("automatic") or "option_id" not in details:
            continue
        needs = _law_at(books, order["operation_id"]) in CONSENT
        terms = _terms(books, details["option_id"], details["option_version"])
        if needs and _charges_by_itself(terms) and order["pass_id"] not in agreed:
            yield f"{order['purpose']} {order['id']} began to charge by itself without consent"
    moved, sales = books.moved(), books.by_id("package_sales")
    for row in books["passes"]:
        sale = sales.get(row["package_sale_id"])
        if sale is None or row["id"] in moved or row["predecessor_pass_id"] or row["transferred_from_pass_id"]:
            continue
        needs = _law_at(books, orders[sale["order_id"]]["operation_id"]) in CONSENT
        terms = _terms(books, str(row["option_id"]), row["option_version"])
        if needs and _charges_by_itself(terms) and row["id"] not in agreed:
            yield f"part {row['id']} of a package charges by itself without consent"
    for done in books["operations"]:
        if done["verb"] != "scheduleConversion" or done["state"] != "DONE" or done["id"] in planned:
            continue
        target = done["input"]["command"]["option_id"]
        known = [row for row in books["purchase_option_versions"] if str(row["option_id"]) == target]
        current = max((row for row in known if row["created_at"] <= done["at"]), key=lambda row: int(row["version"]))
        if _law_at(books, done["id"]) in CONSENT and _charges_by_itself(current["terms"]):
            yield f"operation {done['id']} planned what charges by itself without consent"


def charges_are_announced_once(books: Books) -> Iterator[str]:
    """Nobody is told twice of one charge, unless something was done to the pass between, and never after its day."""
    zones = {row["id"]: row["zone"] for row in books["passes"]}
    done = books["operations"]
    told = [row for row in books["events"] if row["type"] == "pass.chargeAhead"]
    last: dict[UUID, Any] = {}
    charged = {row["operation_id"] for row in books["orders"]}
    for row in sorted(told, key=lambda each: each["operation_id"]):
        named, day, before = row["pass_id"], row["data"]["day"], last.get(row["pass_id"])
        last[named] = row
        if before is not None and before["data"]["day"] == day:
            between = (each for each in done if before["operation_id"] < each["id"] < row["operation_id"])
            if not any(str(named) in each["result"].get("passes", ()) for each in between if each["verb"] != "doDue"):
                yield f"the charge of pass {named} on {day} was announced twice"
        if _local_day(row["at"], zones[named]) > date.fromisoformat(day) and row["operation_id"] not in charged:
            yield f"the charge of pass {named} on {day} was announced at {row['at']}"


def charges_were_announced(books: Books) -> Iterator[str]:
    """Whatever renewed by itself at the end of a period was announced before: in that period, or with the charge."""
    periods, sold = books.by("periods", "pass_id"), books.by_id("passes")
    told = [row for row in books["events"] if row["type"] == "pass.chargeAhead"]
    for order in books["orders"]:
        details = order["details"]
        by_itself = order["purpose"] == "RENEWAL" and details["automatic"] and not details["on_depletion"]
        named = sold[order["subject_pass_id"]] if by_itself else None
        if named is None or not order["amount_minor"]:
            continue
        terms = _terms(books, str(named["option_id"]), named["option_version"])
        if not max(terms["renewal"]["reminderDays"], named["reminder_days_min"]):
            continue
        # A period bought by hand and ahead is granted while the one before it still runs; one taken back is none.
        before = [each for each in periods[named["id"]] if 0 < each["number"] < order["period_number"]]
        since = max(each["granted_at"] for each in before)
        if not any(
            each["pass_id"] == named["id"] and since <= each["at"] and each["operation_id"] <= order["operation_id"]
            for each in told
        ):
            yield f"pass {named['id']} was charged for period {order['period_number']} and nobody had announced it"


def withdrawal_is_granted_from_afar(books: Books) -> Iterator[str]:
    """The last day to withdraw is that of the law under which a pass was sold from afar; at the desk there is none."""
    laws, orders = _jurisdictions(books), books.by_id("orders")
    first = {row["pass_id"]: row["order_id"] for row in books["periods"] if row["number"] == 1}
    for row in books["passes"]:
        until, order = row["withdrawable_until"], orders.get(first[row["id"]])
        if order is not None and "importId" in order["details"]:
            continue  # Its file says when it was bought, and not where.
        if row["channel"] not in FROM_AFAR:
            if until is not None:
                yield f"pass {row['id']} was sold by {row['channel']} and can be withdrawn from until {until}"
            continue
        if order is None or row["predecessor_pass_id"] or row["transferred_from_pass_id"]:
            continue
        # A charge whose answer was lost is fulfilled later, maybe under another law.
        then = next((law for _, at, law in reversed(laws) if at <= row["sold_at"]), "NONE")
        days = {WITHDRAWAL_DAYS.get(law) for law in (_law_at(books, order["operation_id"]), then)}
        if until not in {each and row["sold_on"] + timedelta(days=each) for each in days}:
            yield f"pass {row['id']} was sold on {row['sold_on']} and can be withdrawn from until {until}"


def withdrawals_pay_back(books: Books) -> Iterator[str]:
    """Whoever withdraws is in time, and gets back all that was paid where nothing was used, else the unused units."""
    sold = books.by_id("passes")
    for done in books["operations"]:
        if done["verb"] != "withdrawPass" or done["state"] != "DONE":
            continue
        row = sold[UUID(done["input"]["command"]["pass_id"])]
        until = row["withdrawable_until"]
        if until is None or _local_day(done["at"], row["zone"]) > until:
            yield f"pass {row['id']} was withdrawn from at {done['at']}, which was granted until {until}"
        if row["closed_reason"] != "REFUNDED":
            yield f"pass {row['id']} was withdrawn from and is {row['closed_reason']}"
        back = total((each for each in books["refunds"] if each["operation_id"] == done["id"]), "amount_minor")
        low, high = _due_back(books, row, done)
        if not low <= back <= high:
            yield f"pass {row['id']} gave back {back} when it was withdrawn from, which is not {low} to {high}"


def _due_back(books: Books, row: Any, done: Any) -> tuple[int, int]:
    """The least and the most that a withdrawal pays back: one figure where nothing was used."""
    paid = still_paid(books, row["id"], done["id"])
    lots = [lot for lot in books["lots"] if lot["pass_id"] == row["id"]]
    left = {lot["id"]: 0 for lot in lots}
    refunded = dict(left)
    for move in books["transfers"]:
        if move["lot_id"] not in left:
            continue
        quantity = move["quantity"]
        if move["operation_id"] < done["id"]:
            spendable = ("AVAILABLE", "BOOKED")
            left[move["lot_id"]] += quantity * (move["to_account"] in spendable)
            left[move["lot_id"]] -= quantity * (move["from_account"] in spendable)
        if move["operation_id"] == done["id"] and move["to_account"] == "REFUNDED":
            refunded[move["lot_id"]] += quantity
    visits = books.by_id("visits")
    standing = (
        each
        for each in books["claims"]
        if each["pass_id"] == row["id"] and each["operation_id"] < done["id"] and not _let_go_before(each, done)
    )
    begun = any(visits[each["visit_id"]]["starts_at"] <= done["at"] for each in standing)
    issued = (lot for lot in lots if lot["operation_id"] < done["id"])
    if not begun and all(left[lot["id"]] == lot["issued"] for lot in issued):
        return paid, paid
    if row["kind"] in ("UNLIMITED", "DURATION"):
        return 0, paid
    worth = sum(lot["value_minor"] * refunded[lot["id"]] // lot["issued"] for lot in lots)
    return max(0, min(worth, paid) - len(lots)), min(worth + len(lots), paid)


def _let_go_before(claim: Any, done: Any) -> bool:
    released: UUID | None = claim["released_operation_id"]
    return released is not None and released < done["id"]


def sandboxes_stand_apart(books: Books) -> Iterator[str]:
    """To open a sandbox and to play in it writes down that it was done, and touches nothing else of the studio's."""
    apart = {row["id"]: row["verb"] for row in books["operations"] if row["verb"] in APART}
    for table in ("claims", "holds", "lots", "orders", "periods", "refunds", "transfers", "visit_outcomes"):
        for row in books[table]:
            if row["operation_id"] in apart:
                yield f"{apart[row['operation_id']]} wrote into {table}"


CONSENT_LAWS: tuple[Callable[[Books], Iterator[str]], ...] = (
    charges_were_agreed_to,
    charges_are_announced_once,
    charges_were_announced,
    withdrawal_is_granted_from_afar,
    withdrawals_pay_back,
    sandboxes_stand_apart,
)
