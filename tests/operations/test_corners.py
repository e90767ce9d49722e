"""Corners that random play found: each was once answered wrongly, or with an error of the store."""

from datetime import timedelta

from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.queries.invariants import check_business
from models.rules.due import next_due
from models.rules.status import RetryPolicy
from models.rules.terms import Renewal, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    ConversionTiming,
    PassKind,
    PeriodUnit,
    RenewalTrigger,
    ValidityRule,
)
from tests.studio import MONTH, Studio

WEEK = Validity(ValidityRule.PERIOD, 1, PeriodUnit.WEEK)


async def in_order(studio: Studio) -> bool:
    """Say whether no invariant is broken."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        return await check_business(reader) == []


async def test_a_renewal_is_counted_from_the_first_visit_even_where_an_earlier_one_was_booked_later(
    studio: Studio,
) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 3_000, 5, WEEK, activation=Activation.ON_FIRST_VISIT))
    await studio.book([studio.began + timedelta(days=6)], pass_id=pass_id)
    await studio.book([studio.began + timedelta(days=1)], pass_id=pass_id)

    await studio.do(renew_pass, RenewPass(pass_id))

    first, second = (await studio.facts(pass_id)).windows
    assert first.first_day == studio.began.date() + timedelta(days=1)
    assert second.starts_at == first.ends_at
    assert await in_order(studio)


async def test_a_period_bought_ahead_never_begins_once_the_pass_is_converted(studio: Studio) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 3_000, 5, MONTH))
    await studio.do(renew_pass, RenewPass(pass_id))
    target = await studio.option()

    await studio.do(convert_pass, ConvertPass(pass_id, target, ConversionTiming.NOW_FREE))

    first, second = (await studio.facts(pass_id)).windows
    assert first.ends_at == second.starts_at == second.ends_at == studio.began
    assert await in_order(studio)


async def test_a_period_bought_ahead_begins_before_it_can_be_renewed_on_depletion(studio: Studio) -> None:
    terms = Terms(
        PassKind.SESSION,
        3_000,
        2,
        MONTH,
        after_expiration=AfterExpiration.RENEW,
        renewal=Renewal(RenewalTrigger.FIRST_OF_BOTH, booked_counts_as_depleted=True),
    )
    pass_id = await studio.sell(terms)
    await studio.do(renew_pass, RenewPass(pass_id))
    await studio.book([studio.began + timedelta(days=days) for days in (1, 2, 35, 36)], pass_id=pass_id)
    facts = await studio.facts(pass_id)
    second = facts.windows[1]

    due = next_due(facts, RetryPolicy(), studio.began)
    assert second.starts_at is not None
    await studio.advance(second.starts_at + timedelta(hours=1))

    assert due is not None
    assert due.at == second.starts_at
    assert len((await studio.facts(pass_id)).periods) == 3
    assert await in_order(studio)
