"""What was given away goes back as nothing."""

from dataclasses import replace

from models.operations.holds import PlaceHold, place_hold
from models.rules.policies import HoldPolicy
from models.rules.values import PaymentMethod
from tests.operations.acts import DAY
from tests.operations.test_undo_dependents import undo
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, TEN_CLASSES, Studio


async def test_a_hold_whose_fee_was_given_away_pays_nothing_back(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=MONTH, hold_policy=HoldPolicy(fee_minor=700)))
    first = studio.began.date() + DAY
    free = PlaceHold(pass_id, first, first + 4 * DAY, payment_method=PaymentMethod.COMPLIMENTARY)
    await studio.do(place_hold, free)
    await undo(studio, await last_operation(studio))
    assert await studio.fetch("SELECT FROM refunds") == []
    assert (await studio.fetch("SELECT removed_at FROM holds"))[0]["removed_at"] is not None
