"""What goes on around a forecast: others book, nothing rings, and a business may live in real time."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from models.errors import Refused
from models.operations.forecast import forecast
from models.operations.forecast_command import Forecast, SupposedVisit
from models.rules.codes import Code
from models.rules.forecast import ForecastKind
from models.rules.terms import Renewal, Terms
from models.rules.values import AfterExpiration, PassKind, RenewalTrigger
from models.runtime import Runtime
from tests.studio import MONTH, OWNER, Studio, open_studio

_DAY = timedelta(days=1)
_DEPLETING = Terms(
    PassKind.SESSION,
    9_900,
    2,
    MONTH,
    after_expiration=AfterExpiration.RENEW,
    renewal=Renewal(RenewalTrigger.FIRST_OF_BOTH),
)


def _weekly(studio: Studio, pass_id: UUID, visits: int = 8) -> Forecast:
    starts = [studio.began + _DAY * (7 * week + 1) for week in range(visits)]
    supposed = (SupposedVisit(studio.service, studio.location, at, at + timedelta(hours=1)) for at in starts)
    return Forecast(pass_id, studio.began + _DAY * (7 * visits + 5), tuple(supposed))


async def test_who_books_meanwhile_books(studio: Studio) -> None:
    """Forecasts and bookings of the same pass wait for each other; only a forecast ever gives way."""
    pass_id = await studio.sell()
    asked = _weekly(studio, pass_id, 12)

    async def play() -> Code | None:
        try:
            await forecast(studio.runtime, studio.business_id, OWNER, asked)
        except Refused as refused:
            return refused.code
        return None

    async def book(number: int) -> int:
        booked = await studio.book([studio.began + _DAY * number + timedelta(hours=2)], pass_id=pass_id)
        paid: int = booked.figures["paid"]
        return paid

    answers = await asyncio.gather(*(book(number) for number in range(1, 9)), *(play() for _ in range(4)))
    assert answers[:8] == [1] * 8
    assert set(answers[8:]) <= {None, Code.TRY_AGAIN}
    assert (await studio.balances(pass_id))["booked"] == 8


async def test_in_real_time_it_charges_nobody_and_rings_no_doorbell(runtime: Runtime) -> None:
    rung = []

    async def ring(business_id: UUID) -> None:
        rung.append(business_id)

    studio = await open_studio(replace(runtime, ring=ring), None)
    pass_id = await studio.sell(_DEPLETING)
    rung.clear()
    before = await studio.fingerprint()
    told = await forecast(studio.runtime, studio.business_id, OWNER, _weekly(studio, pass_id))
    assert await studio.fingerprint() == before
    assert rung == []
    assert told.count(ForecastKind.RENEWS) == 4
    assert told.charged_minor == 4 * 9_900
    await studio.book([studio.began + _DAY], pass_id=pass_id)
    assert len(await studio.fetch("SELECT FROM gateway_charges")) == 1
