"""Laws of use, reckoned from the rows alone: who pays, what is forgiven, held days, caps, offers. See `laws.py`."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from tests.simulation.books import Books

DAY = timedelta(days=1)


def one_payer_a_visit(books: Books) -> Iterator[str]:
    """At most one claim of a visit stands, of the pass it names; one that nobody pays for has none."""
    standing = [row for row in books["claims"] if row["released_at"] is None]
    times = Counter(row["visit_id"] for row in standing)
    yield from (f"visit {visit} has {count} payers" for visit, count in times.items() if count > 1)
    payers = {row["visit_id"]: row["pass_id"] for row in standing}
    for visit in books["visits"]:
        if payers.get(visit["id"]) != visit["pass_id"]:
            yield f"visit {visit['id']} names another payer than its claim"
        if visit["state"] == "CANCELLED" and visit["pass_id"] is not None and not _forfeits_early(books):
            yield f"visit {visit['id']} was cancelled in time and is still paid"


def _forfeits_early(books: Books) -> bool:
    return any(row["terms"]["outcomes"]["earlyCancel"] == "FORFEIT" for row in books["purchase_option_versions"])


def outcomes_are_written_once(books: Books) -> Iterator[str]:
    """Nothing comes to the same outcome twice in a row; only a waiver, or undoing it, leaves the state as it was."""
    for visit, rows in books.by("visit_outcomes", "visit_id").items():
        state, waived = "BOOKED", False
        for row in rows:
            if row["state"] == state and not row["waived"] and not waived:
                yield f"visit {visit} came to {state} twice in a row"
            state, waived = row["state"], row["waived"]


def forgiven_are_few(books: Books) -> Iterator[str]:
    """Of a period of a pass no more is forgiven than any version of its option ever let be."""
    options = {row["id"]: row["option_id"] for row in books["passes"]}
    forgiven = Counter(
        (row["pass_id"], row["forgiven_period"]) for row in books["claims"] if row["forgiven_period"] is not None
    )
    for (pass_id, number), count in forgiven.items():
        free = max(terms["outcomes"]["freePerPeriod"] for terms in books.versions(options[pass_id]))
        if count > free:
            yield f"period {number} of pass {pass_id} forgave {count} of at most {free}"


def held_days_are_given_once(books: Books) -> Iterator[str]:
    """A period has as many days on which nobody holds it as it was sold with and was extended by, no more, no fewer."""
    holds = books.by("holds", "pass_id")
    for period in books["periods"]:
        first, last = period["first_day"], period["last_day"]
        if None in (period["first_on"], period["last_on"], first, last) or period["cut_at"] is not None:
            continue
        if period["taken_back_at"] is not None:
            continue  # Nothing that came since concerns it, whatever days it had.
        frozen: set[date] = set()
        for hold in holds[period["pass_id"]]:
            if hold["removed_at"] is None and hold["kind"] != "BLOCK":
                until = min(last, hold["last_day"] or last)
                frozen |= {hold["first_day"] + n * DAY for n in range((until - hold["first_day"]).days + 1)}
        free = (last - first).days + 1 - sum(first <= day <= last for day in frozen)
        sold = (period["last_on"] - period["first_on"]).days + 1 + period["extra_days"]
        if free != sold:
            yield f"period {period['number']} of pass {period['pass_id']} has {free} days and was sold with {sold}"


def holds_have_their_cause(books: Books) -> Iterator[str]:
    """A closure holds a pass once; a dispute that was won holds none, and a removed closure freezes nothing new."""
    standing = [row for row in books["holds"] if row["removed_at"] is None]
    twice = Counter((row["pass_id"], row["closure_id"]) for row in standing if row["closure_id"] is not None)
    yield from (f"pass {key[0]} is frozen {count} times by one closure" for key, count in twice.items() if count > 1)
    disputes, operations = books.by_id("disputes"), books.by_id("operations")
    closures = books.by_id("closures")
    for row in standing:
        closure = closures.get(row["closure_id"])
        # Days that were still to come when the closure was taken back are nobody's history.
        removed = closure is not None and closure["removed_at"] is not None and closure["spread_at"] is not None
        if closure is not None and removed and row["first_day"] > closure["removed_at"].date() + DAY:
            yield f"pass {row['pass_id']} is frozen by a closure that was removed"
        dispute = disputes.get(row["dispute_id"])
        # A hold that came along with a transfer was another pass's when its dispute was settled.
        copied = operations[row["operation_id"]]["verb"] == "transferPass"
        if dispute is not None and dispute["state"] == "WON" and row["last_day"] is None and not copied:
            yield f"pass {row['pass_id']} is blocked by a dispute that was won"


def restrictions_hold(books: Books) -> Iterator[str]:
    """No pass pays for more visits of a day or a calendar week than its terms have always allowed."""
    visits, moved = books.by_id("visits"), books.moved()
    paid = books.by("claims", "pass_id")
    for row in books["passes"]:
        for restriction in _restrictions(books, row) if row["id"] not in moved else ():
            if restriction["cycle"] != "CALENDAR" or restriction["per"] not in ("DAY", "WEEK"):
                continue
            days = (visits[each["visit_id"]]["day"] for each in paid[row["id"]] if each["released_at"] is None)
            cycles = Counter(day.isocalendar()[:2] if restriction["per"] == "WEEK" else day for day in days)
            if cycles and max(cycles.values()) > restriction["visitsMax"]:
                yield f"pass {row['id']} pays for {max(cycles.values())} of {restriction['visitsMax']} visits"


def _restrictions(books: Books, row: Any) -> list[Any]:
    terms = next(
        each["terms"]
        for each in books["purchase_option_versions"]
        if (each["option_id"], each["version"]) == (row["option_id"], row["option_version"])
    )
    return [each for each in terms["restrictions"] if each["rollover"] is None]


def shares_keep_their_caps(books: Books) -> Iterator[str]:
    """What a member used and booked of a period of a shared pass stays within what the terms let any member have."""
    lots, visits, passes = books.by_id("lots"), books.by_id("visits"), books.by_id("passes")
    used: Counter[Any] = Counter()
    for claim in books["claims"]:
        owner, visit = passes[claim["pass_id"]]["client_id"], visits[claim["visit_id"]]
        if claim["released_at"] is None and claim["lot_id"] and visit["client_id"] != owner and not visit["guest_name"]:
            used[claim["pass_id"], lots[claim["lot_id"]]["period_number"], visit["client_id"]] += 1
    for (pass_id, number, member), count in used.items():
        caps = [terms["sharing"]["memberVisitsMax"] for terms in books.versions(passes[pass_id]["option_id"])]
        if None not in caps and count > max(caps):
            yield f"member {member} has {count} of {max(caps)} visits of period {number} of pass {pass_id}"


def offers_are_kept(books: Books) -> Iterator[str]:
    """Nobody was sold an introductory offer twice, or more of an option than one client may have."""
    sold = Counter(
        (row["option_id"], row["client_id"])
        for row in books["passes"]
        if row["closed_reason"] != "REFUNDED"
        and row["predecessor_pass_id"] is None
        and row["transferred_from_pass_id"] is None
        and row["package_sale_id"] is None
    )
    transferred_away = Counter(
        (row["option_id"], row["client_id"]) for row in books["passes"] if row["closed_reason"] == "TRANSFERRED"
    )
    for (option, client), count in sold.items():
        offers = [terms["offer"] for terms in books.versions(option)]
        limits = [1 if offer["introductory"] else offer["perClientMax"] for offer in offers]
        if None not in limits and count - transferred_away[option, client] > max(limits):
            yield f"client {client} was sold option {option} {count} times"


def projections_have_a_renewing_pass(books: Books) -> Iterator[str]:
    """What stands to be paid out of the next period is a booked visit nobody pays for, of a pass that renews."""
    visits, passes = books.by_id("visits"), books.by_id("passes")
    for row in books["projected_claims"]:
        if row["state"] != "STANDING":
            continue
        visit, owner = visits[row["visit_id"]], passes[row["pass_id"]]
        if visit["state"] != "BOOKED" or visit["pass_id"] is not None:
            yield f"visit {visit['id']} is {visit['state']} or paid, and still projected"
        if owner["closed_reason"] is not None or not owner["auto_renew"] or owner["after_expiration"] != "RENEW":
            yield f"pass {owner['id']} does not renew, and a projection on it stands"


USE_LAWS: tuple[Callable[[Books], Iterator[str]], ...] = (
    one_payer_a_visit,
    outcomes_are_written_once,
    forgiven_are_few,
    held_days_are_given_once,
    holds_have_their_cause,
    restrictions_hold,
    shares_keep_their_caps,
    offers_are_kept,
    projections_have_a_renewing_pass,
)
