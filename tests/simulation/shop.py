"""A small studio for stories: three clients of one household, and a few options with all that options can say."""

import random
from dataclasses import replace
from datetime import timedelta

from models.operations.base import WORKER
from models.operations.catalogue import CreateClient, CreateLocation, create_client, create_location
from models.operations.expire_passes import ExpirePasses, expire_passes
from models.operations.households import CreateHousehold, JoinHousehold, create_household, join_household
from models.operations.sell_pass import SellPass, sell_pass
from models.rules.policies import HoldPolicy, Offer, RefundPolicy, Restriction, Sharing
from models.rules.terms import Access, Conversion, Outcomes, Renewal, Terms
from models.rules.values import (
    Activation,
    AfterExpiration,
    PassKind,
    PaymentMethod,
    RefundBasis,
    RenewalTrigger,
    RestrictionCycle,
    RestrictionPer,
    TestCard,
    UnusedAtConversion,
    UnusedAtRenewal,
)
from models.runtime import Runtime
from models.tables.tenants import businesses
from tests.conftest import NOON
from tests.races.bustle import Action
from tests.races.everything import EVERYTHING
from tests.races.hustle import WEEK, Hustle
from tests.studio import MONTH, open_studio

SHARED = Sharing(
    allowed=True, members_max=2, member_visits_max=2, needs_approval=True, guest_visits_max=2, transferable=True
)
DEAR = Outcomes(
    late_cancel_minutes=5_000,
    late_cancel_fee_minor=500,
    no_show_fee_minor=900,
    booking_grace_minutes=60,
    free_per_period=1,
)

UNFORGIVING = replace(DEAR, free_per_period=0)


def sold_here(hustle: Hustle) -> list[Terms]:
    """What the studio sells, apart from the introductory offer that becomes one of these."""
    here = Access(location_ids=frozenset({hustle.studio.location}))
    rolls = Renewal(RenewalTrigger.FIRST_OF_BOTH, UnusedAtRenewal.ROLLOVER, rollover_max=2, rollover_days=10)
    carries = Renewal(unused=UnusedAtRenewal.ROLLOVER)
    few = (Restriction(2, RestrictionPer.DAY), Restriction(3, RestrictionPer.WEEK))
    paid_hold = HoldPolicy(count_max=3, days_min=2, days_max=20, fee_minor=700, notice_days=1)
    renews = AfterExpiration.RENEW
    return [
        Terms(PassKind.SESSION, 9_999, 7, MONTH, access=here, outcomes=DEAR, sharing=SHARED, revive_days=30),
        Terms(PassKind.SESSION, 4_001, 3, WEEK, after_expiration=renews, renewal=rolls, outcomes=UNFORGIVING),
        Terms(PassKind.SESSION, 5_000, 4, WEEK, after_expiration=renews, renewal=carries, sharing=SHARED),
        Terms(PassKind.UNLIMITED, 7_003, validity=MONTH, after_expiration=renews, restrictions=few, access=here),
        Terms(PassKind.DAY, 5_000, 4, MONTH, hold_policy=paid_hold, sharing=SHARED, outcomes=DEAR),
        Terms(PassKind.TIME, 6_000, 400, MONTH, refund=RefundPolicy(RefundBasis.DROP_IN_PRICE, 1_500), revive_days=9),
        Terms(
            PassKind.SESSION,
            3_000,
            5,
            WEEK,
            activation=Activation.ON_FIRST_VISIT,
            restrictions=(Restriction(2, RestrictionPer.WEEK, RestrictionCycle.PASS),),
            offer=Offer(per_client_max=2),
        ),
    ]


async def open_shop(runtime: Runtime, actions: dict[Action, int]) -> Hustle:
    """Open the studio, which lets visits resolve by themselves, and sell a pass of each option to somebody."""
    hustle = Hustle(await open_studio(runtime, NOON, resolve_after_hours=24), more=actions)
    studio = hustle.studio
    hustle.now, hustle.clients = studio.began, [studio.client]
    for name in ("Bea", "Cid"):
        hustle.clients.append((await studio.do(create_client, CreateClient(name))).rows["client"])
    await furnish(hustle)
    # The introductory offer first: it is for somebody who has bought nothing yet.
    for number, option in enumerate(reversed(hustle.options)):
        # Every other card lets itself be charged and refuses to be paid back.
        card = TestCard.REFUND_DECLINE if number % 2 else TestCard.APPROVE
        sale = SellPass(hustle.clients[number % 3], option, PaymentMethod.TEST_CARD, card)
        hustle.passes += (await studio.do(sell_pass, sale)).passes
    return hustle


async def furnish(hustle: Hustle) -> None:
    """Give a studio a second location, its first three clients a household, and put the options on sale."""
    studio = hustle.studio
    household = (await studio.do(create_household, CreateHousehold("The Bees"))).rows["household"]
    for client in hustle.clients[:3]:
        await studio.do(join_household, JoinHousehold(household, client))
    await studio.do(create_location, CreateLocation("Side hall"))
    own = [await studio.option(terms) for terms in sold_here(hustle)]
    into = Conversion(own[3], UnusedAtConversion.CREDIT)
    intro = Terms(PassKind.SESSION, 500, 3, WEEK, after_expiration=AfterExpiration.CONVERT, conversion=into)
    offer = Offer(introductory=True, once_per_household=True)
    hustle.options += [*own, await studio.option(replace(intro, offer=offer))]


async def leap(hustle: Hustle, rng: random.Random) -> None:
    """Let some days go by, and all that falls due in them be done."""
    assert hustle.now is not None
    hustle.now += timedelta(minutes=rng.choice([90, 1_500, 4_000, 11_000]))
    await hustle.studio.advance(hustle.now)


async def oversleep(hustle: Hustle, rng: random.Random) -> None:
    """Let some days go by with no worker awake; then they do what is due, many ends at once or one after another."""
    assert hustle.now is not None
    hustle.now += timedelta(minutes=rng.choice([1_500, 4_000, 11_000, 60_000]))
    studio = hustle.studio
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        ours = businesses.c.id == studio.business_id
        await connection.execute(businesses.update().where(ours).values(test_clock_at=hustle.now))
    if rng.random() < 0.7:
        over = await studio.fetch("SELECT id FROM passes WHERE next_due_kind = 'EXPIRE' ORDER BY id LIMIT 20")
        await hustle.carry_out(expire_passes, ExpirePasses(tuple(row["id"] for row in over)), actor=WORKER)
    if rng.random() < 0.7:
        await studio.advance(hustle.now)


EVERY: dict[Action, int] = {action: 2 * often for action, often in EVERYTHING.items()} | {leap: 16, oversleep: 4}
"""What there is to do beside the verbs of every day, more often than a studio would."""
