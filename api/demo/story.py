"""The year: six clients, week by week, and what the system does by itself in between."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from api.demo.catalogue import EMPTY_CARD, GOOD_CARD, Studio, open_studio
from api.demo.client import Client
from api.demo.figures import Figures

PARIS = ZoneInfo("Europe/Paris")
WEEKS = 52
_PASS = "pass { id status firstDay lastDay endsAt balance { available booked } }"
_WEEKDAYS = {"Ann": (1, 3), "Ben": (2,), "Cleo": (0, 2, 4), "Dan": (1,)}


class Year:
    """One year of one sandbox, played through the API."""

    def __init__(self, client: Client, console: Console) -> None:
        self._client = client
        self._console = console
        self._figures = Figures()
        self._passes: dict[str, str] = {}
        self.studio = Studio()
        self._holds: dict[str, str] = {}
        self._told: set[tuple[str, str]] = set()
        self._standing = "CURRENT"
        self._count = 0

    def play(self) -> Figures:
        """Play fifty-two weeks from the Monday on or after the sandbox's present; return the figures."""
        business = self._client.ask("{ business { name now hasTestClock } }")["business"]
        today = datetime.fromisoformat(business["now"]).astimezone(PARIS).date()
        monday = today + timedelta(days=-today.weekday() % 7)
        self.studio = open_studio(self._client)
        self._say(monday, f"{business['name']} opens, with its own clock. Six clients, seven options on sale.")
        self._advance(monday, time(8))
        for week in range(WEEKS):
            self._week(week, monday + timedelta(weeks=week))
        self._advance(monday + timedelta(weeks=WEEKS), time(8))
        self._count_passes()
        return self._figures

    def _week(self, week: int, monday: date) -> None:
        self._events(week, monday)
        self._watch("Dan", monday)
        visits = [
            visit
            for name, weekdays in _WEEKDAYS.items()
            for visit in self._book(name, "Yoga", [monday + timedelta(days=day) for day in weekdays])
        ]
        if week % 6 == 0:
            saturday = monday + timedelta(days=5)
            visits += self._book("Eve", "Yoga", [saturday]) + self._book("Eve", "Swimming", [saturday], hour=20)
        if week % 5 == 2:
            visits += self._book("Fay", "Studio hire", [monday + timedelta(days=3)], minutes=90)
        if 20 <= week < 24:
            visits += self._book("Fay", "Swimming", [monday + timedelta(days=day) for day in (0, 2)])
        rest = [visit for visit in visits if not self._cancelled_early(visit)]
        self._advance(monday + timedelta(days=2), time(17, 45))
        rest = [visit for visit in rest if not self._cancelled_late(visit, monday + timedelta(days=2))]
        self._advance(monday + timedelta(days=6), time(20))
        for visit in rest:
            self._record(visit)

    def _events(self, week: int, monday: date) -> None:
        """What happens in this week besides classes."""
        match week:
            case 0:
                self._sell("Ann", "Eight a month", monday)
                self._sell("Ben", "Ten classes", monday)
                self._sell("Cleo", "Trial week", monday, "it turns into Unlimited yoga by itself")
                self._sell("Dan", "Eight a month", monday)
                self._sell("Eve", "Five days", monday)
                self._sell("Fay", "Ten hours of hire", monday)
            case 13 | 33:
                self._sell("Ben", "Ten classes", monday)
                self._pay_old_visits("Ben", monday)
            case 19:
                self._sell("Fay", "Thirty days of pool", monday, "it starts with her first swim")
            case 22:
                self._set_card("Dan", EMPTY_CARD)
                self._say(monday, "Dan's card runs empty. His next renewal will be declined, retried, and given up.")
            case 26:
                self._hold("Ann", monday, monday + timedelta(days=13), "two weeks by the sea")
            case 34:
                self._hold("Cleo", monday, None, "a sprained ankle, end unknown")
            case 37:
                self._lift("Cleo", monday)
            case 40:
                self._dry_run(monday)

    def _sell(self, name: str, option: str, day: date, aside: str = "") -> None:
        payload = self._client.do(
            "sellPass",
            f"{_PASS} chargedMinor",
            clientId=self.studio.clients[name],
            purchaseOptionId=self.studio.options[option],
            payment=GOOD_CARD,
        )
        self._passes[name] = payload["pass"]["id"]
        self._figures.sold += 1
        last = payload["pass"]["lastDay"]
        until = f"until {last}" if last else "with no end yet"
        price = f"{payload['chargedMinor'] / 100:.2f} EUR"
        self._say(day, f"{name} buys {option} for {price}, {until}{'; ' + aside if aside else ''}.")

    def _book(
        self, name: str, service: str, days: list[date], *, hour: int = 18, minutes: int = 60
    ) -> list[dict[str, Any]]:
        wanted = []
        for day in days:
            starts = datetime.combine(day, time(hour, 30), PARIS)
            ends = starts + timedelta(minutes=minutes)
            wanted.append(
                {
                    "serviceId": self.studio.services[service],
                    "locationId": self.studio.hall,
                    "startsAt": starts.isoformat(),
                    "endsAt": ends.isoformat(),
                }
            )
        payload = self._client.do(
            "bookVisits",
            "visits { id startsAt } unpaid { visit { id } refusals { reasons { code message } } }",
            clientId=self.studio.clients[name],
            visits=wanted,
        )
        self._figures.booked += len(payload["visits"])
        unpaid = {each["visit"]["id"] for each in payload["unpaid"]}
        self._tell_why(name, days[0], payload["unpaid"])
        return [visit | {"name": name, "unpaid": visit["id"] in unpaid} for visit in payload["visits"]]

    def _tell_why(self, name: str, day: date, unpaid: list[dict[str, Any]]) -> None:
        """Tell each new reason once: the pass asked last is the one the client has now."""
        for each in unpaid[:1]:
            reasons = [reason for refusal in each["refusals"] for reason in refusal["reasons"]]
            news = [reason for reason in reasons if (name, reason["code"]) not in self._told]
            for reason in news[:1]:
                self._told.add((name, reason["code"]))
                self._say(day, f"{name}'s visit is booked, unpaid. {reason['message']}")

    def _watch(self, name: str, day: date) -> None:
        """Tell where a pass stands with its charges, whenever that changes."""
        found = self._client.ask("query ($id: ID!) { pass(id: $id) { standing status } }", id=self._passes[name])
        standing = found["pass"]["standing"]
        if standing != self._standing:
            self._standing = standing
            self._say(day, f"{name}'s pass is in {standing} (status {found['pass']['status']}).")

    def _cancelled_early(self, visit: dict[str, Any]) -> bool:
        self._count += 1
        if self._count % 9:
            return False
        payload = self._client.do("cancelVisit", "visit { state } returned", visitId=visit["id"])
        self._figures.returned += bool(payload["returned"])
        return True

    def _cancelled_late(self, visit: dict[str, Any], day: date) -> bool:
        starts = datetime.fromisoformat(visit["startsAt"]).astimezone(PARIS)
        if starts.date() != day or self._count % 4:
            return False
        payload = self._client.attempt("cancelVisit", "visit { state } returned", visitId=visit["id"])
        if payload["userErrors"]:
            return False
        self._figures.forfeited += payload["returned"] is False
        return True

    def _record(self, visit: dict[str, Any]) -> None:
        """Record what became of a visit; a hold or a release may have cancelled it meanwhile."""
        self._count += 1
        outcome = "NO_SHOW" if self._count % 17 == 0 else "ATTENDED"
        payload = self._client.attempt("recordAttendance", "returned", visitId=visit["id"], outcome=outcome)
        if not payload["userErrors"]:
            self._figures.attended += outcome == "ATTENDED"
            self._figures.forfeited += outcome == "NO_SHOW" and payload["returned"] is False

    def _pay_old_visits(self, name: str, day: date) -> None:
        found = self._client.ask(
            "query ($id: ID!) { visits(clientId: $id, unpaid: true, first: 100) { edges { node { id state } } } }",
            id=self.studio.clients[name],
        )
        states = ("BOOKED", "ATTENDED", "NO_SHOW")
        ids = [e["node"]["id"] for e in found["visits"]["edges"] if e["node"]["state"] in states]
        if ids:
            payload = self._client.do("payVisits", "paidCount", visitIds=ids)
            self._say(day, f"{name}'s new pass pays for {payload['paidCount']} of {len(ids)} unpaid visits.")

    def _hold(self, name: str, first: date, last: date | None, reason: str) -> None:
        before = self._last_day(name)
        payload = self._client.do(
            "placeHold",
            f"hold {{ id }} {_PASS} visits {{ id }}",
            passId=self._current(name),
            firstDay=first.isoformat(),
            lastDay=last and last.isoformat(),
            reason=reason,
        )
        self._holds[name] = payload["hold"]["id"]
        after = payload["pass"]["lastDay"]
        if last is None:
            self._say(first, f"{name} pauses: {reason}. The end of the pass shows as paused.")
            return
        given = (date.fromisoformat(after) - date.fromisoformat(str(before))).days
        self._figures.held += given
        self._say(first, f"{name} pauses: {reason}. The last day moves from {before} to {after}.")

    def _lift(self, name: str, day: date) -> None:
        payload = self._client.do("endHold", f"{_PASS} hold {{ firstDay lastDay }}", holdId=self._holds[name])
        hold = payload["hold"]
        given = (date.fromisoformat(hold["lastDay"]) - date.fromisoformat(hold["firstDay"])).days + 1
        self._figures.held += given
        self._say(day, f"{name} is back after {given} held days; the pass now ends on {payload['pass']['lastDay']}.")

    def _set_card(self, name: str, card: dict[str, str]) -> None:
        self._client.do("setAutoRenew", _PASS, passId=self._current(name), enabled=True, payment=card)

    def _dry_run(self, day: date) -> None:
        payload = self._client.do("extendPass", _PASS, passId=self._current("Ann"), days=7, reason="?", dryRun=True)
        now = self._last_day("Ann")
        self._say(day, f"A dry run: a week more would end Ann's pass on {payload['pass']['lastDay']}; it stays {now}.")

    def _current(self, name: str) -> str:
        """The client's pass that is not over; a conversion has made a new one meanwhile."""
        found = self._client.ask(
            "query ($id: ID!) { passes(clientId: $id, first: 20) { edges { node { id closedReason } } } }",
            id=self.studio.clients[name],
        )
        return next(str(e["node"]["id"]) for e in found["passes"]["edges"] if e["node"]["closedReason"] is None)

    def _last_day(self, name: str) -> str | None:
        found = self._client.ask("query ($id: ID!) { pass(id: $id) { lastDay } }", id=self._current(name))
        day: str | None = found["pass"]["lastDay"]
        return day

    def _advance(self, day: date, at: time) -> None:
        to = datetime.combine(day, at, PARIS).astimezone(UTC)
        self._client.do("advanceTestClock", "advancedTo", to=to.isoformat())

    def _count_passes(self) -> None:
        """Count what happened by itself from the passes as they stand at the end."""
        selection = (
            "id status renewalsDone closedReason client { name } purchaseOption { name } "
            "periods { order { state amountMinor } }"
        )
        for each in self._client.pages("passes", selection):
            self._figures.renewed += each["renewalsDone"]
            self._figures.converted += each["closedReason"] == "CONVERTED"
            self._figures.expired += each["status"] == "EXPIRED"
            self._figures.charged_minor += sum(p["order"]["amountMinor"] for p in each["periods"] if p["order"])
            self._console.print(
                f"  {escape(each['client']['name']):<5} {escape(each['purchaseOption']['name']):<20} "
                f"{each['status'].lower().replace('_', ' '):<12} renewed {each['renewalsDone']} times"
            )
        data = self._client.ask("{ visits(unpaid: true, first: 1) { totalCount } }")
        self._figures.unpaid = data["visits"]["totalCount"]

    def _say(self, day: date, sentence: str) -> None:
        self._console.print(f"[dim]{day.isoformat()}[/] {escape(sentence)}", highlight=False, soft_wrap=True)
