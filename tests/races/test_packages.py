"""Of many sales of a package that may be sold once one wins whole, and credit is never spent twice."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

from models.errors import Refused
from models.operations.packages import CreatePackage, create_package
from models.operations.renew_package import RenewPackage, renew_package
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.run import Verb
from models.operations.sell_package import SellPackage, sell_package
from models.operations.sell_pass import SellPass, sell_pass
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.policies import Offer
from models.rules.terms import Terms
from models.rules.values import PassKind
from tests.packaged import CARD, starter_sold, starter_terms
from tests.studio import Studio

AT_ONCE = 20


async def tried(studio: Studio, verb: Verb, command: Any) -> Code | None:
    """Carry out a verb; return why not. Who waited too long is told to come back, and does."""
    for _ in range(20):
        try:
            await studio.do(verb, command)
        except Refused as refused:
            if refused.code is not Code.TRY_AGAIN:
                return refused.code
        else:
            return None
    raise AssertionError("twenty times the queue was too long")


async def in_order(studio: Studio) -> bool:
    """See that nothing is wrong in the books."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        return await check_business(reader) == []


async def test_twenty_sales_of_a_package_for_one_client(studio: Studio) -> None:
    terms = replace(await starter_terms(studio), offer=Offer(per_client_max=1))
    package = (await studio.do(create_package, CreatePackage("Starter", terms))).rows["package"]
    command = SellPackage(studio.client, package, *CARD)
    answers = Counter(await asyncio.gather(*(tried(studio, sell_package, command) for _ in range(AT_ONCE))))

    assert answers == {None: 1, Code.OFFER_LIMIT_REACHED: AT_ONCE - 1}
    assert (await studio.fetch("SELECT count(*) FROM passes"))[0][0] == 2
    assert (await studio.fetch("SELECT count(*) FROM gateway_charges"))[0][0] == 1
    assert await in_order(studio)


async def test_twenty_sales_spend_the_credit_once(studio: Studio) -> None:
    await starter_sold(studio)
    option = await studio.option(Terms(PassKind.SESSION, 300, 1))
    command = SellPass(studio.client, option, *CARD, use_credit=True)
    answers = await asyncio.gather(*(tried(studio, sell_pass, command) for _ in range(AT_ONCE)))

    assert answers == [None] * AT_ONCE
    spent = await studio.fetch("SELECT sum(credit_minor), sum(amount_minor) FROM orders WHERE purpose = 'SALE'")
    assert tuple(spent[0]) == (1_000, AT_ONCE * 300 - 1_000)
    assert (await studio.fetch("SELECT sum(amount_minor) FROM client_credits"))[0][0] == 0
    assert await in_order(studio)


async def test_a_package_and_its_parts_renewed_at_once_renew_once(studio: Studio) -> None:
    sold = await starter_sold(studio)
    whole = RenewPackage(sold.rows["packageSale"], *CARD, use_credit=True)
    acts: list[tuple[Verb, Any]] = [(renew_package, whole)] * 8
    acts += [(renew_pass, RenewPass(each, *CARD, use_credit=True)) for each in sold.passes] * 4
    answers = await asyncio.gather(*(tried(studio, verb, command) for verb, command in acts))

    assert {*answers} <= {None, Code.HAS_SUCCESSOR, Code.PAYMENT_IN_PROGRESS}
    counted = await studio.fetch("SELECT pass_id, count(*) AS periods FROM periods GROUP BY 1")
    assert {row["periods"] for row in counted} <= {1, 2}
    assert 2 in {row["periods"] for row in counted}
    assert await in_order(studio)
