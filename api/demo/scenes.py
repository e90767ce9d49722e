"""After the year: short scenes of what else a studio does with its passes, each asked for in one mutation or query."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from api.demo.catalogue import GOOD_CARD, MONTH, Studio
from api.demo.client import Client

_PARIS = ZoneInfo("Europe/Paris")
_REASONS = "{ code message remedy }"


class Scenes:
    """The scenes of one studio; `today` is the day on which they begin."""

    def __init__(self, client: Client, console: Console, studio: Studio) -> None:
        self._client = client
        self._console = console
        self._studio = studio
        self._today = self._now().astimezone(_PARIS).date()

    def _now(self) -> datetime:
        return datetime.fromisoformat(self._client.ask("{ business { now } }")["business"]["now"])

    def play(self) -> None:
        """Play them all, one after the other."""
        self._console.print("\n[bold]After the year[/]")
        self._an_offer_for_new_clients()
        self._a_package_for_a_family()
        limited = self._two_a_week()
        self._beyond_the_renewal(limited)
        self._what_if(limited)
        self._a_mistake_is_undone(limited)
        self._a_fee_is_waived(limited)
        self._a_closure()
        self._new_prices(limited)
        self._a_refund(limited)
        self._the_books()

    def _an_offer_for_new_clients(self) -> None:
        option = self._option(
            "Two weeks for twenty",
            kind="UNLIMITED",
            priceMinor=2000,
            validity={"rule": "PERIOD", "count": 2, "unit": "WEEK"},
            offer={"introductory": True, "oncePerHousehold": True},
        )
        refused = self._client.attempt(
            "sellPass", "chargedMinor", clientId=self._studio.clients["Ann"], purchaseOptionId=option, payment=GOOD_CARD
        )
        self._say(f"Ann asks for the offer to new clients. {refused['userErrors'][0]['message']}")
        self._newcomer("Gus")
        self._sell("Gus", option)
        self._say("Gus is new, and gets it for 20.00 EUR.")

    def _a_package_for_a_family(self) -> None:
        shared = self._option(
            "Twenty for the family",
            kind="SESSION",
            quantity=20,
            priceMinor=24000,
            validity={"rule": "PERIOD", "count": 6, "unit": "MONTH"},
            sharing={"allowed": True, "membersMax": 3, "memberVisitsMax": 1},
        )
        items = [
            {"kind": "PASS", "purchaseOptionId": shared},
            {"kind": "GOODS", "name": "A mat", "valueMinor": 4000},
            {"kind": "CREDIT", "valueMinor": 2000},
        ]
        package = self._client.do(
            "createPackage", "package { id }", name="Family start", terms={"priceMinor": 27000, "items": items}
        )["package"]["id"]
        ids = {name: self._newcomer(name) for name in ("Hal", "Ida")}
        home = self._client.do("createHousehold", "household { id }", name="Canal street 7")["household"]["id"]
        for each in ids.values():
            self._client.do("joinHousehold", "client { id }", clientId=each, householdId=home)
        sold = self._client.do(
            "sellPackage",
            "passes { id purchaseOption { name } periods { priceMinor } } packageSale { items { name shareMinor } }",
            clientId=ids["Hal"],
            packageId=package,
            payment=GOOD_CARD,
        )
        parts = [(each["purchaseOption"]["name"], each["periods"][0]["priceMinor"]) for each in sold["passes"]]
        parts += [(each["name"] or "credit", each["shareMinor"]) for each in sold["packageSale"]["items"]]
        split = ", ".join(f"{name} {share / 100:.2f}" for name, share in parts)
        self._say(f"Hal buys 'Family start' for 270.00 EUR, split to the cent: {split}.")
        pass_id = sold["passes"][0]["id"]
        self._client.do("sharePass", "share { id }", passId=pass_id, clientId=ids["Ida"])
        visits = [self._visit(self._today + timedelta(days=days)) for days in (3, 4)]
        unpaid = self._client.do(
            "bookVisits", f"unpaid {{ refusals {{ reasons {_REASONS} }} }}", clientId=ids["Ida"], visits=visits
        )["unpaid"]
        reason = unpaid[0]["refusals"][0]["reasons"][0]["message"]
        self._say(f"Ida, of his household, comes on the same pass: once a period, not twice. {reason}")

    def _beyond_the_renewal(self, pass_id: str) -> None:
        found = self._client.ask("query ($id: ID!) { pass(id: $id) { lastDay } }", id=pass_id)["pass"]
        day = date.fromisoformat(found["lastDay"]) + timedelta(days=5)
        booked = self._client.do(
            "bookVisits",
            "visits { id paid projection { paysOn } }",
            clientId=self._studio.clients["Gus"],
            payBy="PASS",
            passId=pass_id,
            visits=[self._visit(day)],
        )["visits"][0]
        pays_on = booked["projection"]["paysOn"]
        self._say(f"He books a class after the end of his month: it will be paid on {pays_on}, when the pass renews.")
        self._client.do("cancelVisit", "visit { state }", visitId=booked["id"])

    def _a_mistake_is_undone(self, pass_id: str) -> None:
        done = self._client.do("extendPass", "operationId pass { lastDay }", passId=pass_id, days=70, reason="A week")
        back = self._client.do(
            "undoOperation", "passes { lastDay }", operationId=done["operationId"], reason="Seven, not seventy"
        )
        wrong, right = done["pass"]["lastDay"], back["passes"][0]["lastDay"]
        self._say(
            f"The desk extends it by seventy days, to {wrong}, and means seven. Undone: it ends on {right} again."
        )

    def _two_a_week(self) -> str:
        option = self._option(
            "Two a week",
            kind="UNLIMITED",
            priceMinor=6900,
            validity=MONTH,
            afterExpiration="RENEW",
            restrictions=[{"visitsMax": 2, "per": "WEEK"}],
            outcomes={"lateCancelFeeMinor": 800, "noShowFeeMinor": 1200, "bookingGraceMinutes": 0},
            holdPolicy={"countMax": 2, "daysMin": 7, "daysMax": 30},
        )
        pass_id = self._sell("Gus", option)
        monday = self._today + timedelta(days=7 - self._today.weekday())
        days = [monday, monday + timedelta(days=1), monday + timedelta(days=2)]
        payload = self._client.do(
            "bookVisits",
            f"unpaid {{ visit {{ startsAt }} refusals {{ reasons {_REASONS} }} }}",
            clientId=self._studio.clients["Gus"],
            payBy="PASS",
            passId=pass_id,
            visits=[self._visit(day) for day in days],
        )
        reason = payload["unpaid"][0]["refusals"][0]["reasons"][0]
        self._say(f"Gus books three classes of one week on 'Two a week': two are paid. {reason['message']}")
        return pass_id

    def _what_if(self, pass_id: str) -> None:
        until = datetime.combine(self._today + timedelta(days=100), time(12), UTC).isoformat()
        first = self._today + timedelta(days=20)
        away = {"holds": [{"firstDay": first.isoformat(), "lastDay": (first + timedelta(days=13)).isoformat()}]}
        fields = "chargedMinor steps { day kind sentence }"
        document = f"""query ($id: ID!, $until: DateTime!, $what: HypotheticalInput) {{
            forecast(passId: $id, until: $until, hypothetical: $what) {{ {fields} }} }}"""
        for words, what in (("as it is", None), ("with two weeks away", away)):
            told = self._client.ask(document, id=pass_id, until=until, what=what)["forecast"]
            renewals = [step["day"] for step in told["steps"] if step["kind"] == "RENEWS"]
            charged = told["chargedMinor"] / 100
            self._say(
                f"A forecast of his pass {words}: renews on {', '.join(renewals)}; {charged:.2f} EUR in 100 days."
            )

    def _a_fee_is_waived(self, pass_id: str) -> None:
        booked = self._client.ask(
            "query ($id: ID!) { pass(id: $id) { visits(first: 1) { edges { node { id startsAt } } } } }", id=pass_id
        )["pass"]["visits"]["edges"][0]["node"]
        starts = datetime.fromisoformat(booked["startsAt"])
        self._client.do("advanceTestClock", "advancedTo", to=(starts - timedelta(hours=1)).isoformat())
        self._client.do("cancelVisit", "visit { state }", visitId=booked["id"])
        fee = self._client.ask("{ fees(first: 1, state: OWED) { edges { node { id amountMinor } } } }")
        amount = fee["fees"]["edges"][0]["node"]["amountMinor"] / 100
        self._client.do("waiveOutcome", "visit { state }", visitId=booked["id"], reason="The tram broke down")
        self._say(f"Gus cancels an hour before: a fee of {amount:.2f} EUR. The tram broke down; the desk waives it.")

    def _a_closure(self) -> None:
        first = self._today + timedelta(days=14)
        payload = self._client.do(
            "placeClosure",
            "frozenCount cancelledCount",
            locationId=self._studio.hall,
            firstDay=first.isoformat(),
            lastDay=(first + timedelta(days=6)).isoformat(),
            reason="The boiler",
        )
        self._say(f"The hall closes for a week: {payload['frozenCount']} passes get their seven days, each once.")

    def _new_prices(self, pass_id: str) -> None:
        option = self._client.ask(
            "query ($id: ID!) { pass(id: $id) { purchaseOption { purchaseOption { id } } } }", id=pass_id
        )["pass"]["purchaseOption"]["purchaseOption"]["id"]
        terms = {
            "kind": "UNLIMITED",
            "priceMinor": 7500,
            "validity": MONTH,
            "afterExpiration": "RENEW",
            "restrictions": [{"visitsMax": 3, "per": "WEEK"}],
        }
        tried = self._client.do(
            "migratePasses",
            "migrated { renewalPriceBefore renewalPriceAfter } termChanges { path }",
            purchaseOptionId=option,
            reason="New prices",
            terms=terms,
            dryRun=True,
        )
        moved = tried["migrated"][0]
        before, after = moved["renewalPriceBefore"] / 100, moved["renewalPriceAfter"] / 100
        self._say(f"A new version is tried on what was sold: the next renewal {before:.2f} → {after:.2f} EUR. Not yet.")

    def _a_refund(self, pass_id: str) -> None:
        payload = self._client.do("refundPass", "amountMinor limitMinor", passId=pass_id, reason="Moving away")
        paid, back = payload["limitMinor"] / 100, payload["amountMinor"] / 100
        self._say(f"Gus moves away: of {paid:.2f} EUR he gets back {back:.2f} for the days not begun.")

    def _the_books(self) -> None:
        days = {"first": (self._today - timedelta(days=400)).isoformat(), "last": self._now().date().isoformat()}
        table = self._client.ask(
            """query ($first: Date!, $last: Date!) { report(name: DEFERRED_REVENUE, firstDay: $first, lastDay: $last) {
                columns { key total } } }""",
            **days,
        )["report"]
        sums = {column["key"]: int(column["total"]) for column in table["columns"] if column["total"] is not None}
        come = sums["granted"] + sums["carriedIn"]
        gone = sum(sums[each] for each in ("earned", "breakage", "refunded", "carriedOut", "deferred"))
        self._say(
            f"Of {sums['granted'] / 100:,.2f} EUR sold and {sums['carriedIn'] / 100:,.2f} carried in, "
            f"{sums['earned'] / 100:,.2f} are earned, {sums['breakage'] / 100:,.2f} lapsed, "
            f"{sums['refunded'] / 100:,.2f} refunded, {sums['carriedOut'] / 100:,.2f} carried on and "
            f"{sums['deferred'] / 100:,.2f} still owed: {come / 100:,.2f} = {gone / 100:,.2f} to the cent."
        )

    def _newcomer(self, name: str) -> str:
        client_id: str = self._client.do("createClient", "client { id }", name=name)["client"]["id"]
        self._studio.clients[name] = client_id
        return client_id

    def _option(self, name: str, **terms: Any) -> str:
        payload = self._client.do("createPurchaseOption", "purchaseOption { id }", name=name, terms=terms)
        option: str = payload["purchaseOption"]["id"]
        return option

    def _sell(self, name: str, option: str) -> str:
        payload = self._client.do(
            "sellPass",
            "pass { id }",
            clientId=self._studio.clients[name],
            purchaseOptionId=option,
            payment=GOOD_CARD,
        )
        pass_id: str = payload["pass"]["id"]
        return pass_id

    def _visit(self, day: date) -> dict[str, str]:
        starts = datetime.combine(day, time(18, 30), _PARIS)
        return {
            "serviceId": self._studio.services["Yoga"],
            "locationId": self._studio.hall,
            "startsAt": starts.isoformat(),
            "endsAt": (starts + timedelta(hours=1)).isoformat(),
        }

    def _say(self, sentence: str) -> None:
        self._console.print(f"  {escape(sentence)}", highlight=False, soft_wrap=True)
