"""The test clock, and the catalogue with its versions."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from models.errors import Refused
from models.operations.advance_test_clock import AdvanceTestClock, advance
from models.operations.base import Actor
from models.operations.catalogue import (
    ArchivePurchaseOption,
    CreateClient,
    CreateLocation,
    CreatePurchaseOption,
    CreateService,
    RevisePurchaseOption,
    archive_purchase_option,
    create_client,
    create_location,
    create_purchase_option,
    create_service,
    revise_purchase_option,
)
from models.operations.create_business import NewBusiness, create_business
from models.operations.sell_pass import SellPass, sell_pass
from models.rules.codes import Code
from models.rules.terms import Access, Conversion, Renewal, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    PassKind,
    PassStatus,
    PaymentMethod,
    Role,
    ServiceCategory,
    TestCard,
    UnusedAtConversion,
    ValidityRule,
)
from models.runtime import Runtime
from tests.operations.acts import DAY, at, charges, days, lots, now, status
from tests.studio import MONTH, OWNER, TEN_CLASSES, Studio, open_studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH)


async def clock_refused(studio: Studio, to: object, actor: Actor = OWNER) -> Code:
    """Move the clock where it may not go; return why not, having seen that nothing changed."""
    before = await studio.fingerprint()
    command = AdvanceTestClock(to)  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        await advance(studio.runtime, studio.business_id, actor, command, key=str(uuid4()))
    assert await studio.fingerprint() == before
    return refused.value.code


async def test_a_test_clock_moves_forward_only_and_not_too_far(studio: Studio) -> None:
    assert await clock_refused(studio, studio.began - timedelta(microseconds=1)) is Code.CLOCK_BACKWARDS
    assert await clock_refused(studio, studio.began + 10_000 * DAY) is Code.DATE_OUT_OF_RANGE
    client = Actor(Role.CLIENT, client_id=studio.client)
    assert await clock_refused(studio, studio.began + DAY, client) is Code.FORBIDDEN


async def test_two_who_move_a_test_clock_at_once_never_move_it_back(studio: Studio) -> None:
    for round_number in range(5):
        targets = [studio.began + (10 * round_number + hours) * DAY for hours in range(1, 9)]
        moves = await asyncio.gather(*(studio.advance(to) for to in targets), return_exceptions=True)

        refusals = [move for move in moves if move is not None]
        assert all(isinstance(each, Refused) and each.code is Code.CLOCK_BACKWARDS for each in refusals), refusals
        assert moves[-1] is None
        assert await now(studio) == targets[-1]


@pytest.mark.parametrize("year", [1, 1899, 2201, 9999])
async def test_a_test_clock_stands_where_days_can_be_reckoned_with(runtime: Runtime, year: int) -> None:
    command = NewBusiness("Far", "Europe/Paris", test_clock_at=datetime(year, 6, 1, tzinfo=UTC))
    with pytest.raises(Refused) as refused:
        await create_business(runtime, command)
    assert refused.value.code is Code.DATE_OUT_OF_RANGE


async def test_a_test_clock_is_not_moved_beyond_its_range_in_steps_either(runtime: Runtime) -> None:
    studio = await open_studio(runtime, datetime(2199, 1, 1, tzinfo=UTC))
    assert await clock_refused(studio, datetime(2200, 1, 2, tzinfo=UTC)) is Code.DATE_OUT_OF_RANGE
    await studio.advance(datetime(2200, 1, 1, tzinfo=UTC))
    await studio.sell()


async def test_a_business_in_real_time_has_no_clock_to_move(runtime: Runtime) -> None:
    real = await open_studio(runtime, None)

    assert await clock_refused(real, real.began + DAY) is Code.NOT_A_TEST_CLOCK


async def test_everything_on_the_way_happens_at_its_own_instant_and_in_its_order(studio: Studio) -> None:
    await studio.sell(replace(MONTHLY, after_expiration=AfterExpiration.RENEW, renewal=Renewal(renewals_max=1)))

    await studio.advance(at("2026-05-01"))

    rows = await studio.fetch("SELECT type, at FROM events WHERE type LIKE 'pass.%' ORDER BY at, id")
    assert [(row["type"], row["at"]) for row in rows] == [
        ("pass.sold", studio.began),
        ("pass.chargeAhead", at("2026-02-25", 0)),
        ("pass.renewed", at("2026-02-28", 0)),
        ("pass.expired", at("2026-03-31", 0)),
    ]
    assert await now(studio) == at("2026-05-01")


async def test_moving_the_clock_in_steps_comes_to_the_same_as_moving_it_at_once(runtime: Runtime) -> None:
    found = []
    for steps in (1, 90):
        studio = await open_studio(runtime, at("2026-01-31", 12))
        pass_id = await studio.sell(replace(MONTHLY, after_expiration=AfterExpiration.RENEW))
        for step in range(1, steps + 1):
            await studio.advance(studio.began + 90 * DAY * step / steps)
        found.append((await days(studio, pass_id), await lots(studio, pass_id), await charges(studio)))

    assert found[0] == found[1]
    assert len(found[0][0]) == 4


async def test_the_same_move_sent_again_is_told_and_not_done_again(studio: Studio) -> None:
    command, key = AdvanceTestClock(studio.began + DAY), str(uuid4())
    for _ in range(2):
        await advance(studio.runtime, studio.business_id, OWNER, command, key=key)

    assert await now(studio) == studio.began + DAY
    assert len(await studio.fetch("SELECT id FROM operations WHERE verb = 'advanceTestClock'")) == 1


async def test_a_dry_run_of_the_clock_leaves_it_where_it_is(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    before = await studio.fingerprint()
    command = AdvanceTestClock(at("2026-06-01"))

    answer = await advance(studio.runtime, studio.business_id, OWNER, command, key="dry", dry_run=True)

    assert answer is not None
    assert answer.changed.figures == {"to": command.to.isoformat()}
    assert await studio.fingerprint() == before
    assert await status(studio, pass_id) is PassStatus.ACTIVE


async def test_a_sold_pass_keeps_the_version_it_was_sold_under(studio: Studio) -> None:
    option = await studio.option(MONTHLY, "Ten")
    command = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.APPROVE)
    old = (await studio.do(sell_pass, command)).passes[0]
    revised = replace(MONTHLY, price_minor=1, quantity=3, access=Access(categories=frozenset({ServiceCategory.EVENT})))
    await studio.do(revise_purchase_option, RevisePurchaseOption(option, 1, "Three", revised))
    new = (await studio.do(sell_pass, command)).passes[0]

    booked = await studio.book([studio.began + DAY])

    assert [(await studio.balances(each))["issued"] for each in (old, new)] == [10, 3]
    assert booked.passes == [old]
    rows = await studio.fetch("SELECT option_version FROM passes ORDER BY id")
    assert [row["option_version"] for row in rows] == [1, 2]
    names = await studio.fetch("SELECT name FROM purchase_option_versions WHERE option_id = $1 ORDER BY 1", option)
    assert [row["name"] for row in names] == ["Ten", "Three"]


async def test_a_revision_starts_from_the_version_its_maker_read(studio: Studio) -> None:
    option = await studio.option(MONTHLY, "Ten")
    good = RevisePurchaseOption(option, 1, "Ten", replace(MONTHLY, price_minor=1))
    assert await studio.refused(revise_purchase_option, replace(good, from_version=2)) is Code.VERSION_CHANGED
    assert await studio.refused(revise_purchase_option, replace(good, terms=MONTHLY)) is Code.NOTHING_TO_DO
    assert await studio.refused(revise_purchase_option, replace(good, option_id=uuid4())) is Code.NOT_FOUND
    await studio.do(revise_purchase_option, good)

    assert await studio.refused(revise_purchase_option, good) is Code.VERSION_CHANGED


async def test_an_archived_option_is_neither_sold_nor_revised_and_its_passes_go_on(studio: Studio) -> None:
    option = await studio.option(replace(MONTHLY, after_expiration=AfterExpiration.RENEW), "Ten")
    sale = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.APPROVE)
    pass_id = (await studio.do(sell_pass, sale)).passes[0]
    await studio.do(archive_purchase_option, ArchivePurchaseOption(option))

    assert await studio.refused(sell_pass, sale) is Code.OPTION_ARCHIVED
    assert await studio.refused(archive_purchase_option, ArchivePurchaseOption(option)) is Code.OPTION_ARCHIVED
    revision = RevisePurchaseOption(option, 1, "Ten", replace(MONTHLY, price_minor=1))
    assert await studio.refused(revise_purchase_option, revision) is Code.OPTION_ARCHIVED
    await studio.advance(at("2026-03-01"))
    assert await status(studio, pass_id) is PassStatus.ACTIVE


async def test_terms_that_contradict_themselves_are_not_sold(studio: Studio) -> None:
    target = await studio.option(Terms(PassKind.TIME, 1, 60))
    past = Validity(ValidityRule.FIXED_DAY, last_day=date(2026, 1, 30))
    carry = Conversion(target, UnusedAtConversion.CARRY)
    converts = replace(MONTHLY, after_expiration=AfterExpiration.CONVERT)
    cases = [
        (replace(TEN_CLASSES, quantity=None), Code.TERMS_CONTRADICT),
        (replace(TEN_CLASSES, quantity=0), Code.QUANTITY_OUT_OF_RANGE),
        (replace(TEN_CLASSES, price_minor=-1), Code.QUANTITY_OUT_OF_RANGE),
        (replace(TEN_CLASSES, kind=PassKind.UNLIMITED), Code.TERMS_CONTRADICT),
        (Terms(PassKind.DURATION, 1), Code.TERMS_CONTRADICT),
        (replace(TEN_CLASSES, validity=Validity(ValidityRule.PERIOD)), Code.TERMS_CONTRADICT),
        (replace(TEN_CLASSES, validity=past), Code.DATES_REVERSED),
        (replace(MONTHLY, start_within_days=5), Code.TERMS_CONTRADICT),
        (replace(TEN_CLASSES, validity=past, activation=Activation.ON_FIRST_VISIT), Code.TERMS_CONTRADICT),
        (replace(TEN_CLASSES, access=Access(service_ids=frozenset())), Code.TERMS_CONTRADICT),
        (replace(TEN_CLASSES, access=Access(service_ids=frozenset({uuid4()}))), Code.NOT_FOUND),
        (replace(TEN_CLASSES, access=Access(location_ids=frozenset({uuid4()}))), Code.NOT_FOUND),
        (replace(TEN_CLASSES, after_expiration=AfterExpiration.RENEW), Code.TERMS_CONTRADICT),
        (converts, Code.TERMS_CONTRADICT),
        (replace(converts, conversion=Conversion(uuid4())), Code.NOT_FOUND),
        (replace(converts, conversion=carry), Code.CARRY_IMPOSSIBLE),
    ]
    for terms, code in cases:
        assert await studio.refused(create_purchase_option, CreatePurchaseOption("Bad", terms)) is code


async def test_an_option_does_not_convert_to_itself(studio: Studio) -> None:
    option = await studio.option(MONTHLY, "Ten")
    terms = replace(MONTHLY, after_expiration=AfterExpiration.CONVERT, conversion=Conversion(option))

    revision = RevisePurchaseOption(option, 1, "Ten", terms)
    assert await studio.refused(revise_purchase_option, revision) is Code.CONVERT_TO_ITSELF


async def test_places_services_and_clients_are_checked(studio: Studio) -> None:
    for verb, command, code in (
        (create_location, CreateLocation(" "), Code.TEXT_OUT_OF_RANGE),
        (create_location, CreateLocation("New", "Europe/Atlantis"), Code.UNKNOWN_ZONE),
        (create_location, CreateLocation("Main hall"), Code.NAME_TAKEN),
        (create_service, CreateService("Yoga", ServiceCategory.CLASS), Code.NAME_TAKEN),
        (create_service, CreateService("x" * 201, ServiceCategory.CLASS), Code.TEXT_OUT_OF_RANGE),
        (create_client, CreateClient("Bob", "not an address"), Code.INVALID_INPUT),
        (create_client, CreateClient("Bob", home_location_id=uuid4()), Code.NOT_FOUND),
        (create_client, CreateClient("Bo\tb"), Code.TEXT_OUT_OF_RANGE),
    ):
        assert await studio.refused(verb, command) is code


async def test_a_zone_that_the_store_does_not_know_is_none(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("catalogue", "create_business"):
        monkeypatch.setattr(f"models.operations.{module}.zone_exists", lambda name: True)

    assert await studio.refused(create_location, CreateLocation("New", "right/Europe/Atlantis")) is Code.UNKNOWN_ZONE
    with pytest.raises(Refused) as refused:
        await create_business(studio.runtime, NewBusiness("New", "Europe/Atlantis"))
    assert refused.value.code is Code.UNKNOWN_ZONE


async def test_a_sale_names_a_client_an_option_and_a_way_to_pay(studio: Studio) -> None:
    good = SellPass(studio.client, await studio.option(), PaymentMethod.CASH)
    client = Actor(Role.CLIENT, client_id=studio.client)
    for command, actor, code in (
        (replace(good, client_id=uuid4()), OWNER, Code.NOT_FOUND),
        (replace(good, option_id=uuid4()), OWNER, Code.NOT_FOUND),
        (replace(good, location_id=uuid4()), OWNER, Code.NOT_FOUND),
        (replace(good, payment_method=None), OWNER, Code.PAYMENT_REQUIRED),
        (replace(good, test_card=TestCard.APPROVE), OWNER, Code.INVALID_INPUT),
        (good, client, Code.FORBIDDEN),
        (good, Actor(Role.CLIENT, client_id=uuid4()), Code.NOT_FOUND),
        (good, Actor(Role.PARTNER), Code.FORBIDDEN),
    ):
        assert await studio.refused(sell_pass, command, actor=actor) is code


async def test_a_declined_sale_leaves_no_pass(studio: Studio) -> None:
    with pytest.raises(Refused) as refused:
        await studio.sell(card=TestCard.DECLINE)

    assert refused.value.code is Code.PAYMENT_DECLINED
    assert await studio.fetch("SELECT id FROM passes") == []
    assert await studio.fetch("SELECT id FROM lots") == []
