"""Moving sold passes to another version of their option: what it changes, what it leaves, and the way back."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from models.errors import Refused
from models.operations.catalogue import RevisePurchaseOption, revise_purchase_option
from models.operations.convert_pass import (
    CancelConversion,
    ScheduleConversion,
    cancel_conversion,
    schedule_conversion,
)
from models.operations.migrate_passes import MigratePasses, RevertMigration, migrate_passes, revert_migration
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.run import run
from models.operations.sell_pass import SellPass, sell_pass
from models.rules.codes import Code
from models.rules.policies import Restriction
from models.rules.terms import Access, Conversion, Terms, Validity
from models.rules.values import (
    AfterExpiration,
    PassKind,
    PaymentMethod,
    PeriodUnit,
    RestrictionPer,
    ServiceCategory,
    UnusedAtConversion,
    ValidityRule,
)
from tests.operations.acts import DAY, HOUR, charges, days
from tests.studio import MONTH, OWNER, TEN_CLASSES, Studio

MONTHLY = Terms(PassKind.SESSION, 9_000, 8, MONTH, after_expiration=AfterExpiration.RENEW)
DEARER = replace(MONTHLY, price_minor=9_900, quantity=10)
NO_CLASSES = replace(DEARER, access=Access(categories=frozenset({ServiceCategory.EVENT})))


async def _sold(studio: Studio, terms: Terms = MONTHLY) -> tuple[UUID, UUID]:
    option = await studio.option(terms)
    sold = await studio.do(sell_pass, SellPass(studio.client, option, PaymentMethod.TEST_CARD, "APPROVE"))  # type: ignore[arg-type]
    return option, sold.passes[0]


async def _version(studio: Studio, pass_id: UUID) -> int:
    return int((await studio.fetch("SELECT option_version FROM passes WHERE id = $1", pass_id))[0]["option_version"])


async def test_a_version_that_does_not_exist_yet_is_tried_on_what_was_sold(studio: Studio) -> None:
    option, pass_id = await _sold(studio)
    booked = await studio.book([studio.began + 3 * DAY], pass_id=pass_id)
    before = await studio.fingerprint()
    tried = await studio.do(migrate_passes, MigratePasses(option, "try", terms=NO_CLASSES), dry_run=True)
    assert await studio.fingerprint() == before
    change = tried.figures["changes"][str(pass_id)]
    assert (change["renewalPriceBefore"], change["renewalPriceAfter"]) == (9_000, 9_900)
    assert change["refused"][str(booked.visits[0])]["code"] == "SERVICE_NOT_INCLUDED"
    paths = {each["path"] for each in tried.figures["terms"]["1"]}
    assert paths == {"priceMinor", "quantity", "access.categories"}


async def test_what_was_granted_and_booked_stays_and_the_next_period_has_the_new_terms(studio: Studio) -> None:
    option, pass_id = await _sold(studio)
    booked = await studio.book([studio.began + 3 * DAY], pass_id=pass_id)
    await studio.do(migrate_passes, MigratePasses(option, "new prices", terms=DEARER))
    assert await _version(studio, pass_id) == 2
    assert (await studio.balances(pass_id))["issued"] == 8
    assert (await studio.fetch("SELECT pass_id FROM visits WHERE id = $1", booked.visits[0]))[0]["pass_id"] == pass_id
    await studio.advance(studio.began + 32 * DAY)
    assert (await studio.balances(pass_id))["issued"] == 18
    assert [amount for _, amount, _ in await charges(studio)] == [9_000, 9_900]


async def test_a_migration_is_taken_back_until_something_depends_on_it(studio: Studio) -> None:
    option, pass_id = await _sold(studio)
    made = await run(
        studio.runtime, studio.business_id, OWNER, migrate_passes, MigratePasses(option, "x", terms=DEARER), key="move"
    )
    assert made is not None
    back = await studio.do(revert_migration, RevertMigration(made.operation_id, "sorry"))
    assert back.passes == [pass_id]
    assert await _version(studio, pass_id) == 1
    assert await studio.refused(revert_migration, RevertMigration(made.operation_id, "x")) is Code.NOTHING_TO_DO
    again = await run(
        studio.runtime, studio.business_id, OWNER, migrate_passes, MigratePasses(option, "again"), key="move again"
    )
    assert again is not None
    await studio.advance(studio.began + 32 * DAY)
    late = await studio.do(revert_migration, RevertMigration(again.operation_id, "too late"))
    assert late.passes == []
    assert late.figures["skipped"][str(pass_id)]["code"] == "DEPENDED_ON"
    assert await _version(studio, pass_id) == 2


async def test_a_move_never_makes_a_pass_charge_by_itself(studio: Studio) -> None:
    plain = replace(MONTHLY, after_expiration=AfterExpiration.EXPIRE)
    option, _ = await _sold(studio, plain)
    await studio.do(migrate_passes, MigratePasses(option, "all renew", terms=MONTHLY))
    await studio.advance(studio.began + 40 * DAY)
    assert len(await charges(studio)) == 1


async def test_what_cannot_move_is_left_and_listed(studio: Studio) -> None:
    option, pass_id = await _sold(studio)
    revised = replace(TEN_CLASSES, kind=PassKind.DAY, validity=MONTH)
    await studio.do(revise_purchase_option, RevisePurchaseOption(option, 1, "Days", revised))
    told = await studio.do(migrate_passes, MigratePasses(option, "x"))
    assert told.passes == []
    assert told.figures["skipped"][str(pass_id)]["code"] == "MIGRATION_IMPOSSIBLE"
    assert await _version(studio, pass_id) == 1


async def test_a_migration_names_what_there_is(studio: Studio) -> None:
    option, pass_id = await _sold(studio)
    other = await studio.sell()
    assert await studio.refused(migrate_passes, MigratePasses(option, "x")) is Code.NOTHING_TO_DO
    assert await studio.refused(migrate_passes, MigratePasses(uuid4(), "x")) is Code.NOT_FOUND
    assert await studio.refused(migrate_passes, MigratePasses(option, "x", (pass_id, other))) is Code.NOT_FOUND
    contradicting = MigratePasses(option, "x", terms=replace(DEARER, quantity=None))
    assert await studio.refused(migrate_passes, contradicting) is Code.TERMS_CONTRADICT
    assert await studio.refused(revert_migration, RevertMigration(uuid4(), "x")) is Code.NOT_FOUND


async def test_only_the_versions_named_move(studio: Studio) -> None:
    option, first = await _sold(studio)
    await studio.do(revise_purchase_option, RevisePurchaseOption(option, 1, "Two", DEARER))
    sold = await studio.do(sell_pass, SellPass(studio.client, option, PaymentMethod.CASH))
    await studio.do(revise_purchase_option, RevisePurchaseOption(option, 2, "Three", replace(DEARER, quantity=12)))
    told = await studio.do(migrate_passes, MigratePasses(option, "x", from_versions=(2,)))
    assert told.passes == sold.passes
    assert await _version(studio, first) == 1


WEEKLY = replace(MONTHLY, validity=Validity(ValidityRule.PERIOD, 1, PeriodUnit.WEEK))


async def test_periods_of_another_length_follow_where_the_last_one_stops(studio: Studio) -> None:
    option, pass_id = await _sold(studio)
    await studio.do(migrate_passes, MigratePasses(option, "weekly now", terms=WEEKLY))
    await studio.advance(studio.began + 45 * DAY)
    assert (await days(studio, pass_id))[:4] == [
        ("2026-01-31", "2026-02-27"),
        ("2026-02-28", "2026-03-06"),
        ("2026-03-07", "2026-03-13"),
        ("2026-03-14", "2026-03-20"),
    ]


async def test_a_move_and_another_change_at_once_are_one_after_the_other(studio: Studio) -> None:
    option, pass_id = await _sold(studio)
    await studio.do(revise_purchase_option, RevisePurchaseOption(option, 1, "Two", DEARER))
    tries: list[Any] = [studio.do(migrate_passes, MigratePasses(option, "x")) for _ in range(12)]
    tries += [studio.do(refund_pass, RefundPass(pass_id, "x")) for _ in range(4)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert [each for each in done if isinstance(each, BaseException) and not isinstance(each, Refused)] == []
    assert (await studio.fetch("SELECT count(*) AS moves FROM option_migrations"))[0]["moves"] <= 1
    closed = await studio.fetch("SELECT closed_at FROM passes WHERE id = $1 AND closed_reason = 'REFUNDED'", pass_id)
    assert len(closed) == 1


async def test_no_pass_that_expires_begins_to_convert_and_charge(studio: Studio) -> None:
    target = await studio.option(MONTHLY)
    option, _ = await _sold(studio, replace(MONTHLY, after_expiration=AfterExpiration.EXPIRE))
    into = Conversion(target, UnusedAtConversion.FORFEIT)
    converts = replace(MONTHLY, after_expiration=AfterExpiration.CONVERT, conversion=into)
    await studio.do(migrate_passes, MigratePasses(option, "all convert", terms=converts))
    await studio.advance(studio.began + 40 * DAY)
    assert len(await charges(studio)) == 1


async def test_what_was_planned_since_a_move_is_not_overwritten_by_the_way_back(studio: Studio) -> None:
    target = await studio.option()
    option, pass_id = await _sold(studio)
    moving = MigratePasses(option, "x", terms=replace(DEARER, after_expiration=AfterExpiration.EXPIRE))
    made = await run(studio.runtime, studio.business_id, OWNER, migrate_passes, moving, key="move")
    assert made is not None
    await studio.do(schedule_conversion, ScheduleConversion(pass_id, target))
    back = await studio.do(revert_migration, RevertMigration(made.operation_id, "sorry"))
    assert back.figures["skipped"][str(pass_id)]["code"] == "DEPENDED_ON"
    await studio.do(cancel_conversion, CancelConversion(pass_id))
    back = await studio.do(revert_migration, RevertMigration(made.operation_id, "sorry"))
    assert back.passes == [pass_id]
    row = (await studio.fetch("SELECT after_expiration, conversion_option_id FROM passes WHERE id = $1", pass_id))[0]
    assert dict(row) == {"after_expiration": "RENEW", "conversion_option_id": None}


async def test_visits_booked_before_the_terms_allowed_less_stay_paid(studio: Studio) -> None:
    option, pass_id = await _sold(studio)
    booked = await studio.book([studio.began + n * HOUR for n in (1, 3, 5)], pass_id=pass_id)
    once_a_day = replace(MONTHLY, restrictions=(Restriction(1, RestrictionPer.DAY),))
    told = await studio.do(migrate_passes, MigratePasses(option, "once a day", terms=once_a_day))
    assert told.passes == [pass_id]
    assert booked.figures["paid"] == 3
    paid = await studio.fetch("SELECT count(*) AS visits FROM visits WHERE pass_id = $1", pass_id)
    assert paid[0]["visits"] == 3
