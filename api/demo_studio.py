"""The demo studio that `sessionpass up` loads: options of every kind, three clients, passes, visits and four keys."""

import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.operations.base import Actor, Changed
from models.operations.book_visits import BookVisits, NewVisit, book_visits
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
from models.operations.create_business import NewBusiness, create_api_key, create_business, hash_key
from models.operations.holds import PlaceHold, place_hold
from models.operations.run import Verb, run
from models.operations.sell_pass import SellPass, sell_pass
from models.queries.tenants import key_owner
from models.rules.calendar import local_day
from models.rules.terms import Access, Renewal, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    PassKind,
    PaymentMethod,
    PeriodUnit,
    Role,
    ServiceCategory,
    TestCard,
    UnusedAtRenewal,
    ValidityRule,
)
from models.runtime import Runtime, open_runtime
from models.settings import settings

ZONE = "Europe/Paris"
CLIENT_NAME = "Ann Arbour"
"""Whom the CLIENT key speaks for."""

MONTH = Validity(ValidityRule.PERIOD, 1, PeriodUnit.MONTH)
_OWNER = Actor(Role.OWNER)


@dataclass
class _Builder:
    runtime: Runtime
    business_id: UUID

    async def do(self, verb: Verb, command: Any) -> Changed:
        """Carry out a step; its number in the story makes its key."""
        self.step = getattr(self, "step", 0) + 1
        answer = await run(self.runtime, self.business_id, _OWNER, verb, command, key=f"demo-studio-{self.step}")
        assert answer is not None
        return answer.changed


async def load(state_dir: Path) -> dict[str, str]:
    """Return the keys of the demo studio by role; open the studio first where the kept keys do not open one.

    `state_dir` is where an earlier call's keys are kept, in `keys.json`.
    """
    runtime = open_runtime(settings(), pool_size=4)
    try:
        kept = _kept(state_dir)
        if kept and await _opens(runtime, kept.get("OWNER", "")):
            return kept
        return await _open(runtime)
    finally:
        await runtime.close()


def _kept(state_dir: Path) -> dict[str, str]:
    path = state_dir / "keys.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


async def _opens(runtime: Runtime, key: str) -> bool:
    key_hash = hash_key(key)
    async with runtime.database.by_key_hash(key_hash) as reader:
        return await key_owner(reader, key_hash) is not None


async def _open(runtime: Runtime) -> dict[str, str]:
    business_id = await create_business(runtime, NewBusiness("Lotus Studio", ZONE))
    build = _Builder(runtime, business_id)
    hall = (await build.do(create_location, CreateLocation("Canal hall"))).rows["location"]
    pool = (await build.do(create_location, CreateLocation("River pool"))).rows["location"]
    yoga = (await build.do(create_service, CreateService("Yoga", ServiceCategory.CLASS))).rows["service"]
    boxing = (await build.do(create_service, CreateService("Boxing", ServiceCategory.CLASS))).rows["service"]
    swim = (await build.do(create_service, CreateService("Swimming", ServiceCategory.GYM_VISIT))).rows["service"]
    hire = (await build.do(create_service, CreateService("Studio hire", ServiceCategory.ASSET))).rows["service"]
    sold = {
        name: (await build.do(create_purchase_option, CreatePurchaseOption(name, terms))).rows["purchaseOption"]
        for name, terms in _options(yoga, swim, hire, pool).items()
    }
    ann = (await build.do(create_client, CreateClient(CLIENT_NAME, "ann@example.org", hall))).rows["client"]
    ben = (await build.do(create_client, CreateClient("Ben Ng", "ben@example.org", pool))).rows["client"]
    await build.do(create_client, CreateClient("Chloé Diaz"))
    await _story(build, ann, ben, sold, hall, pool, yoga, boxing, swim)
    return {
        role.value: await create_api_key(runtime, business_id, role, f"Demo {role.lower()}", client)
        for role, client in ((Role.OWNER, None), (Role.STAFF, None), (Role.CLIENT, ann), (Role.PARTNER, None))
    }


def _options(yoga: UUID, swim: UUID, hire: UUID, pool: UUID) -> dict[str, Terms]:
    return {
        "Ten classes": Terms(PassKind.SESSION, 15_000, 10, Validity(ValidityRule.PERIOD, 3, PeriodUnit.MONTH)),
        "Eight classes a month": Terms(
            PassKind.SESSION,
            9_600,
            8,
            MONTH,
            renewal=Renewal(unused=UnusedAtRenewal.ROLLOVER),
            after_expiration=AfterExpiration.RENEW,
        ),
        "Unlimited yoga": Terms(
            PassKind.UNLIMITED,
            8_900,
            None,
            MONTH,
            access=Access(service_ids=frozenset({yoga})),
            after_expiration=AfterExpiration.RENEW,
        ),
        "Thirty days of pool": Terms(
            PassKind.DURATION,
            4_900,
            None,
            Validity(ValidityRule.PERIOD, 30, PeriodUnit.DAY),
            activation=Activation.ON_FIRST_VISIT,
            access=Access(service_ids=frozenset({swim}), location_ids=frozenset({pool})),
        ),
        "Five days at the studio": Terms(PassKind.DAY, 6_000, 5),
        "Ten hours of studio hire": Terms(PassKind.TIME, 20_000, 600, access=Access(service_ids=frozenset({hire}))),
        "Trial week": Terms(PassKind.UNLIMITED, 0, None, Validity(ValidityRule.PERIOD, 1, PeriodUnit.WEEK)),
    }


async def _story(
    build: _Builder,
    ann: UUID,
    ben: UUID,
    sold: dict[str, UUID],
    hall: UUID,
    pool: UUID,
    yoga: UUID,
    boxing: UUID,
    swim: UUID,
) -> None:
    """What has happened in the studio before a visitor looks: sales, bookings and a hold to come."""
    today = local_day(build.runtime.clock.now(), ZONE)
    await build.do(sell_pass, SellPass(ann, sold["Ten classes"], PaymentMethod.CASH))
    month = SellPass(ann, sold["Eight classes a month"], PaymentMethod.TEST_CARD, TestCard.APPROVE)
    monthly = (await build.do(sell_pass, month)).passes[0]
    await build.do(sell_pass, SellPass(ben, sold["Thirty days of pool"], PaymentMethod.CARD_TERMINAL))
    await build.do(sell_pass, SellPass(ben, sold["Five days at the studio"], PaymentMethod.CASH))

    def evening(days: int) -> datetime:
        return datetime.combine(today + timedelta(days=days), time(18, 30), ZoneInfo(ZONE))

    def visit(service: UUID, place: UUID, days: int) -> NewVisit:
        return NewVisit(service, place, evening(days), evening(days) + timedelta(hours=1))

    await build.do(book_visits, BookVisits(ann, tuple(visit(yoga, hall, days) for days in (1, 3, 8))))
    await build.do(book_visits, BookVisits(ann, (visit(boxing, hall, 2),)))
    await build.do(book_visits, BookVisits(ben, tuple(visit(swim, pool, days) for days in (1, 2))))
    await build.do(
        place_hold, PlaceHold(monthly, today + timedelta(days=14), today + timedelta(days=20), reason="Holiday")
    )
