"""Lines of clients."""

from collections.abc import Sequence

from models.operations.imports.plan import Line, Plan, Work
from models.rules.codes import Code
from models.tables.base import new_id
from models.tables.people import clients


async def plan_clients(work: Work, lines: Sequence[Line]) -> list[Plan]:
    """Plan a client for each line; one whose email another client has is warned of, for families share addresses."""
    plans = work.begin(lines, "client")
    await work.refuse_known(plans, "client")
    emails = [plan.line.record["email"].lower() for plan in plans if "email" in plan.line.record]
    known = "SELECT lower(email) AS email FROM clients WHERE lower(email) = ANY($1) AND archived_at IS NULL"
    rows = await work.tx.raw.fetch(known, emails)
    taken = {row["email"] for row in rows}
    places = await work.by_name("locations")
    for plan in plans:
        record = plan.line.record
        name = record.get("name") or " ".join(filter(None, (record.get("first_name"), record.get("last_name"))))
        email, home = record.get("email"), record.get("home_location")
        if not name:
            plan.wrong(Code.LINE_MISSING, "name")
        elif len(name) > 200:
            plan.wrong(Code.LINE_UNREADABLE, "name", sentence="it is longer than {limit} characters", limit=200)
        if email is not None:
            if "@" not in email[1:-1] or " " in email:
                plan.wrong(Code.LINE_UNREADABLE, "email", sentence="“{text}” is no email address", text=email)
            elif email.lower() in taken or hash(email.lower()) in work.seen:
                plan.warn("Another client has the address {email}.", "email", email=email)
            work.seen.add(hash(email.lower()))
        if home is not None and home.casefold() not in places:
            plan.wrong(Code.LINE_UNKNOWN, "home_location", thing="location", ref=home)
        if plan.problems:
            continue
        client_id = new_id()
        row = {
            "id": client_id,
            "name": name,
            "email": email,
            "home_location_id": None if home is None else places[home.casefold()],
            "created_at": work.tx.now,
        }
        plan.rows.append((clients, row))
        work.named(plan, client_id)
    return plans
