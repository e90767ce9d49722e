"""A studio to test with: the real operations, in few words."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from models.errors import Refused
from models.operations.advance_test_clock import AdvanceTestClock, advance
from models.operations.base import WORKER, Actor, Changed
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import (
    CreateClient,
    CreateLocation,
    CreatePurchaseOption,
    CreateService,
    create_client,
    create_location,
    create_purchase_option,
    create_service,
)
from models.operations.consent import Consent
from models.operations.create_business import NewBusiness, create_business
from models.operations.do_due import DoDue, do_due
from models.operations.end_visit import AttendanceOutcome, RecordAttendance, record_attendance
from models.operations.households import CreateHousehold, JoinHousehold, create_household, join_household
from models.operations.run import Verb, run
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.sharing import SharePass, share_pass
from models.queries.facts import load_passes
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.policies import Sharing
from models.rules.terms import Outcomes, Terms, Validity
from models.rules.values import (
    Activation,
    Jurisdiction,
    PassKind,
    PaymentMethod,
    PeriodUnit,
    Role,
    ServiceCategory,
    TestCard,
    ValidityRule,
)
from models.runtime import Runtime

OWNER = Actor(Role.OWNER)
MONTH = Validity(ValidityRule.PERIOD, 1, PeriodUnit.MONTH)
TEN_CLASSES = Terms(PassKind.SESSION, 15_000, 10)


@dataclass
class Studio:
    """One business with a location, a service and a client, and short ways to act in it."""

    runtime: Runtime
    business_id: UUID
    began: datetime
    location: UUID = field(default_factory=uuid4)
    service: UUID = field(default_factory=uuid4)
    client: UUID = field(default_factory=uuid4)

    async def do(
        self, verb: Verb, command: Any, *, actor: Actor = OWNER, key: str | None = None, dry_run: bool = False
    ) -> Changed:
        """Carry out a verb and return what changed."""
        answer = await run(
            self.runtime, self.business_id, actor, verb, command, key=key or str(uuid4()), dry_run=dry_run
        )
        assert answer is not None
        return answer.changed

    async def refused(self, verb: Verb, command: Any, *, actor: Actor = OWNER, key: str | None = None) -> Code:
        """Carry out a verb that must be refused; return its code, having seen that nothing changed."""
        before = await self.fingerprint()
        try:
            await self.do(verb, command, actor=actor, key=key)
        except Refused as refused:
            assert await self.fingerprint() == before, "a refused verb changed something"
            return refused.code
        raise AssertionError(f"{verb.__name__} was not refused")

    async def option(self, terms: Terms = TEN_CLASSES, name: str | None = None) -> UUID:
        """Create a purchase option."""
        command = CreatePurchaseOption(name or f"Option {uuid4()}", terms)
        return (await self.do(create_purchase_option, command)).rows["purchaseOption"]

    async def sell(
        self,
        terms: Terms = TEN_CLASSES,
        *,
        client: UUID | None = None,
        method: PaymentMethod = PaymentMethod.TEST_CARD,
        card: TestCard | None = TestCard.APPROVE,
        starts_on: date | None = None,
    ) -> UUID:
        """Sell a pass of these terms; return it."""
        option = await self.option(terms)
        command = SellPass(client or self.client, option, method, card, starts_on=starts_on)
        return (await self.do(sell_pass, command)).passes[0]

    async def book(
        self,
        starts: Sequence[datetime],
        *,
        pass_id: UUID | None = None,
        pay_by: PayBy | None = None,
        client: UUID | None = None,
        minutes: int = 60,
        location: UUID | None = None,
        service: UUID | None = None,
        actor: Actor = OWNER,
    ) -> Changed:
        """Book visits that start at these instants; by the named pass, or by whichever may."""
        visits = tuple(
            NewVisit(service or self.service, location or self.location, at, at + timedelta(minutes=minutes))
            for at in starts
        )
        by = pay_by or (PayBy.PASS if pass_id else PayBy.AUTO)
        return await self.do(book_visits, BookVisits(client or self.client, visits, by, pass_id), actor=actor)

    async def facts(self, pass_id: UUID) -> PassFacts:
        """Return a pass as the rules see it."""
        async with self.runtime.database.reading(self.business_id) as reader:
            return (await load_passes(reader, [pass_id]))[pass_id]

    async def balances(self, pass_id: UUID) -> dict[str, int]:
        """Return the sums of a pass's lots by account."""
        rows = await self.fetch(
            """SELECT sum(issued) AS issued, sum(available) AS available, sum(booked) AS booked, sum(used) AS used,
               sum(forfeited) AS forfeited, sum(expired) AS expired, sum(transferred) AS transferred,
               sum(converted) AS converted, sum(adjusted) AS adjusted FROM lots WHERE pass_id = $1""",
            pass_id,
        )
        return {name: int(value or 0) for name, value in rows[0].items()}

    async def advance(self, to: datetime) -> None:
        """Move the studio's test clock, doing all that falls due on the way."""
        await advance(self.runtime, self.business_id, OWNER, AdvanceTestClock(to), key=str(uuid4()))

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        """Read rows of this business."""
        async with self.runtime.database.reading(self.business_id) as reader:
            return list(await reader.fetch(statement, *values))

    async def fingerprint(self) -> list[tuple[str, str]]:
        """Return a digest of every row of this business, by table; equal digests mean that nothing changed."""
        tables = await self.fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity ORDER BY 1")
        union = " UNION ALL ".join(
            f"SELECT '{row['relname']}' AS name, coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS sum "
            f"FROM {row['relname']} t"
            for row in tables
        )
        return [(row["name"], row["sum"]) for row in await self.fetch(union)]


async def open_studio(
    runtime: Runtime, began: datetime | None, zone: str = "Europe/Paris", resolve_after_hours: int | None = None
) -> Studio:
    """Open a business with one location, service and client. `began` None: it lives in real time.

    Visits stay as they are recorded, unless it is said after how many hours they resolve by themselves.
    """
    business_id = await create_business(
        runtime, NewBusiness("Studio", zone, test_clock_at=began, resolve_after_hours=resolve_after_hours)
    )
    studio = Studio(runtime, business_id, began or datetime.now(UTC))
    studio.location = (await studio.do(create_location, CreateLocation("Main hall"))).rows["location"]
    studio.service = (await studio.do(create_service, CreateService("Yoga", ServiceCategory.CLASS))).rows["service"]
    studio.client = (await studio.do(create_client, CreateClient("Ann"))).rows["client"]
    return studio


async def missed_visit(studio: Studio) -> tuple[UUID, UUID]:
    """Let a client miss a visit of the studio's present day that a pass with a fee paid for; return visit and fee."""
    terms = replace(TEN_CLASSES, outcomes=Outcomes(late_cancel_fee_minor=500, no_show_fee_minor=900))
    pass_id = await studio.sell(terms)
    start = studio.began - timedelta(seconds=studio.began.second + 7)
    (visit,) = (await studio.book([start], pass_id=pass_id, minutes=30)).visits
    await studio.do(record_attendance, RecordAttendance(visit, AttendanceOutcome.NO_SHOW))
    return visit, (await studio.fetch("SELECT id FROM fees WHERE visit_id = $1", visit))[0]["id"]


async def lapsed_pass(studio: Studio) -> UUID:
    """Return a pass whose units have lapsed since its last day, yesterday, and can be claimed for a month."""
    yesterday = studio.began.date() - timedelta(days=1)
    terms = replace(
        TEN_CLASSES,
        validity=Validity(ValidityRule.PERIOD, 1, PeriodUnit.DAY),
        revive_days=31,
        warn_days=0,
        activation=Activation.ON_DATE,
    )
    pass_id = await studio.sell(terms, starts_on=yesterday)
    await studio.do(do_due, DoDue(pass_id), actor=WORKER)
    return pass_id


async def sold_from_afar(studio: Studio, terms: Terms = TEN_CLASSES) -> UUID:
    """Let a client buy a pass online from a studio under the law of the European Union."""
    await studio.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.EU))
    command = SellPass(studio.client, await studio.option(terms), PaymentMethod.TEST_CARD, TestCard.APPROVE)
    client = Actor(Role.CLIENT, client_id=studio.client)
    return (await studio.do(sell_pass, replace(command, consent=Consent("Yes.")), actor=client)).passes[0]


SHARED = replace(TEN_CLASSES, sharing=Sharing(allowed=True, needs_approval=True, transferable=True))


async def household_with(studio: Studio, *names: str) -> list[UUID]:
    """Put new clients of these names into the household of the studio's client, a new one if need be; return them."""
    household = (await studio.fetch("SELECT household_id FROM clients WHERE id = $1", studio.client))[0]["household_id"]
    if household is None:
        household = (await studio.do(create_household, CreateHousehold("The Anns"))).rows["household"]
        await studio.do(join_household, JoinHousehold(household, studio.client))
    members = []
    for name in names:
        members.append((await studio.do(create_client, CreateClient(name))).rows["client"])
        await studio.do(join_household, JoinHousehold(household, members[-1]))
    return members


async def shared_pass(studio: Studio, *, pending: bool = False) -> UUID:
    """Let the studio's client share a pass with a member of a new household; return the share."""
    (member,) = await household_with(studio, "Ben")
    asker = Actor(Role.CLIENT, client_id=studio.client) if pending else OWNER
    return (await studio.do(share_pass, SharePass(await studio.sell(SHARED), member), actor=asker)).rows["share"]
