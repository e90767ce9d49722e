"""What the terms of an option name must exist and be opened, and no conversion goes round in a circle."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.catalogue import (
    CreatePurchaseOption,
    CreateService,
    RevisePurchaseOption,
    create_purchase_option,
    create_service,
    revise_purchase_option,
)
from models.rules.codes import Code
from models.rules.policies import Restriction
from models.rules.terms import Access, Conversion, Terms
from models.rules.values import AfterExpiration, RestrictionPer, ServiceCategory
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH)


def into(target: UUID) -> Terms:
    """Terms that convert into the target."""
    return replace(MONTHLY, after_expiration=AfterExpiration.CONVERT, conversion=Conversion(target))


async def wrong(studio: Studio, terms: Terms) -> list[tuple[Code, str]]:
    """Create an option that must be refused; return the codes and paths."""
    before = await studio.fingerprint()
    with pytest.raises(Refused) as refused:
        await studio.do(create_purchase_option, CreatePurchaseOption("Bad", terms))
    assert await studio.fingerprint() == before
    return [(each.reason.code, ".".join(each.path)) for each in refused.value.problems]


async def chain(studio: Studio, names: Sequence[str]) -> list[UUID]:
    """Make options of which each converts into the next; the last expires."""
    made: list[UUID] = []
    for name in reversed(names):
        made.append(await studio.option(into(made[-1]) if made else MONTHLY, name))
    return made[::-1]


async def test_a_restriction_names_services_that_exist_and_that_the_pass_opens(studio: Studio) -> None:
    event = (await studio.do(create_service, CreateService("Gala", ServiceCategory.EVENT))).rows["service"]
    yoga = Access(service_ids=frozenset({studio.service}))

    def restricting(access: Access, *services: UUID, categories: frozenset[ServiceCategory] | None = None) -> Terms:
        each = Restriction(1, RestrictionPer.DAY, service_ids=frozenset(services) or None, categories=categories)
        return replace(MONTHLY, access=access, restrictions=(each,))

    assert await wrong(studio, restricting(Access(), uuid4())) == [
        (Code.NOT_FOUND, "terms.restrictions.0.serviceIds"),
    ]
    assert await wrong(studio, restricting(yoga, event)) == [
        (Code.TERMS_CONTRADICT, "terms.restrictions.0.serviceIds"),
    ]
    events = frozenset({ServiceCategory.EVENT})
    assert await wrong(studio, restricting(yoga, categories=events)) == [
        (Code.TERMS_CONTRADICT, "terms.restrictions.0.categories"),
    ]
    await studio.option(restricting(yoga, studio.service, categories=frozenset({ServiceCategory.CLASS})))
    await studio.option(restricting(Access(categories=events), event))
    await studio.option(restricting(Access(), event, studio.service))


@pytest.mark.parametrize("names", ["AB", "ABCD"])
async def test_options_do_not_convert_in_a_circle(studio: Studio, names: str) -> None:
    first, *_, last = await chain(studio, names)
    before = await studio.fingerprint()

    with pytest.raises(Refused) as refused:
        await studio.do(revise_purchase_option, RevisePurchaseOption(last, 1, "Last", into(first)))

    assert await studio.fingerprint() == before
    (problem,) = refused.value.problems
    assert (problem.reason.code, problem.path) == (
        Code.CONVERSION_CIRCLE,
        ("terms", "conversion", "targetOptionId"),
    )
    circle = " → ".join(["Last", *names[:-1], "Last"])
    assert circle in problem.reason.message


async def test_a_chain_that_ends_is_no_circle_and_neither_is_one_that_was_broken(studio: Studio) -> None:
    first, second = await chain(studio, "AB")
    third = await studio.option(MONTHLY, "C")
    await studio.do(revise_purchase_option, RevisePurchaseOption(second, 1, "B", into(third)))
    assert (
        await studio.refused(revise_purchase_option, RevisePurchaseOption(third, 1, "C", into(first)))
        is Code.CONVERSION_CIRCLE
    )

    await studio.do(revise_purchase_option, RevisePurchaseOption(second, 2, "B", MONTHLY))

    await studio.do(revise_purchase_option, RevisePurchaseOption(third, 1, "C", into(first)))


async def test_revisions_at_the_same_time_close_no_circle_together(studio: Studio) -> None:
    for attempt in range(5):
        options = [await studio.option(MONTHLY, f"{attempt}{each}") for each in "ABC"]
        commands = [
            RevisePurchaseOption(option, 1, f"{attempt}{index}", into(options[(index + 1) % 3]))
            for index, option in enumerate(options)
        ]
        answers = await asyncio.gather(
            *(studio.do(revise_purchase_option, command) for command in commands), return_exceptions=True
        )
        refused = [each for each in answers if isinstance(each, Refused)]
        assert [each.code for each in refused] == [Code.CONVERSION_CIRCLE]
        assert len(answers) == 3
