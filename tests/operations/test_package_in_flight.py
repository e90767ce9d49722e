"""While the renewal of a package is being charged, nothing is due on any of its passes."""

import pytest

from models.errors import Refused
from models.operations.renew_package import RenewPackage, renew_package
from models.queries.invariants import check_business
from models.rules.values import PaymentMethod, TestCard
from tests.operations.acts import DAY
from tests.packaged import starter_sold
from tests.studio import Studio


async def test_no_part_of_a_package_is_due_while_its_renewal_has_no_answer(studio: Studio) -> None:
    sold = await starter_sold(studio)
    lost = RenewPackage(sold.rows["packageSale"], PaymentMethod.TEST_CARD, TestCard.TIMEOUT)

    with pytest.raises(Refused):
        await studio.do(renew_package, lost)

    due = await studio.fetch("SELECT next_due_kind FROM passes")
    assert [row["next_due_kind"] for row in due] == [None, None]
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
    await studio.advance(studio.began + DAY)
    assert len(await studio.fetch("SELECT FROM periods WHERE number = 2")) == 2
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
