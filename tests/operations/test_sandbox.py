"""A sandbox: copies of products and a client, a year played, and the business itself untouched."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.base import Actor
from models.operations.sandbox.open_sandbox import OpenSandbox, fill, open_and_fill
from models.operations.sandbox.play_sandbox import PlaySandbox, play, told
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.policies import Offer, Restriction
from models.rules.terms import Access, Conversion, Terms
from models.rules.values import AfterExpiration, PassKind, RestrictionPer, Role, SaleChannel, TestCard
from tests.operations.acts import DAY
from tests.studio import MONTH, OWNER, Studio

MONTHLY = Terms(PassKind.SESSION, 9_000, 8, MONTH, after_expiration=AfterExpiration.RENEW)


async def _open(studio: Studio, *options: UUID, key: str = "open") -> UUID:
    command = OpenSandbox("Try", options, studio.client)
    answer = await open_and_fill(studio.runtime, studio.business_id, OWNER, command, key=key)
    assert answer is not None
    return answer.changed.rows["sandbox"]


async def _play(studio: Studio, sandbox: UUID, days: int, **more: Any) -> None:
    command = PlaySandbox(sandbox, studio.began + days * DAY, **more)
    await play(studio.runtime, studio.business_id, OWNER, command, key=f"play {days}")


async def _inside(studio: Studio, sandbox: UUID) -> UUID:
    rows = await studio.fetch("SELECT sandbox_business_id FROM sandboxes WHERE id = $1", sandbox)
    return UUID(str(rows[0]["sandbox_business_id"]))


async def test_a_quarter_is_played_and_the_business_is_not_touched(studio: Studio) -> None:
    sandbox = await _open(studio, await studio.option(MONTHLY))
    before = [each for each in await studio.fingerprint() if each[0] != "operations"]
    await _play(studio, sandbox, 90)
    assert [each for each in await studio.fingerprint() if each[0] != "operations"] == before
    inside = await _inside(studio, sandbox)
    async with studio.runtime.database.reading(inside) as reader:
        events, sums = await told(reader)
        assert await check_business(reader) == []
        names = await reader.fetch("SELECT name, email FROM clients")
    assert [row["type"] for row in events].count("pass.renewed") == 3
    assert sums["charged"] == 36_000
    assert sums["visits"] >= 24
    assert names[0]["email"] is None


async def test_declined_charges_are_part_of_the_story(studio: Studio) -> None:
    sandbox = await _open(studio, await studio.option(MONTHLY))
    await _play(studio, sandbox, 20, card=TestCard.DECLINE, visits_a_week=1)
    async with studio.runtime.database.reading(await _inside(studio, sandbox)) as reader:
        _, sums = await told(reader)
    assert (sums["charged"], sums["paid"], sums["visits"]) == (0, 0, 3)


async def test_what_terms_name_is_copied_with_them(studio: Studio) -> None:
    target = await studio.option(MONTHLY)
    only = frozenset({studio.service})
    intro = Terms(
        PassKind.UNLIMITED,
        2_000,
        validity=MONTH,
        access=Access(service_ids=only, location_ids=frozenset({studio.location})),
        restrictions=(Restriction(2, RestrictionPer.WEEK, service_ids=only),),
        after_expiration=AfterExpiration.CONVERT,
        conversion=Conversion(target),
    )
    sandbox = await _open(studio, await studio.option(intro))
    copies = await fill(studio.runtime, studio.business_id, sandbox)
    assert len(copies) == 5, "a location, a service, two options and the client"
    await _play(studio, sandbox, 40)
    async with studio.runtime.database.reading(await _inside(studio, sandbox)) as reader:
        events, _ = await told(reader)
        assert len(await reader.fetch("SELECT 1 FROM purchase_options")) == 2
    assert "pass.converted" in [row["type"] for row in events]


async def test_a_repeated_request_opens_one_sandbox(studio: Studio) -> None:
    option = await studio.option(MONTHLY)
    assert await _open(studio, option) == await _open(studio, option)
    assert len(await studio.fetch("SELECT 1 FROM sandboxes")) == 1


async def _code(doing: Any) -> Code:
    with pytest.raises(Refused) as refused:
        await doing
    return refused.value.code


async def test_what_is_asked_of_a_sandbox_is_checked(studio: Studio, another_studio: Any) -> None:
    option = await studio.option(MONTHLY)
    sandbox = await _open(studio, option)
    other = await another_studio()
    runtime, ours = studio.runtime, studio.business_id

    async def opened(actor: Actor = OWNER, **change: Any) -> Code:
        command = replace(OpenSandbox("Try", (option,)), **change)
        return await _code(open_and_fill(runtime, ours, actor, command, key=str(uuid4())))

    async def played(business: UUID = ours, **change: Any) -> Code:
        command = replace(PlaySandbox(sandbox, studio.began + DAY), **change)
        return await _code(play(runtime, business, OWNER, command, key=str(uuid4())))

    assert await opened(option_ids=()) is Code.NOTHING_TO_DO
    assert await opened(option_ids=tuple(uuid4() for _ in range(21))) is Code.TOO_MANY
    assert await opened(option_ids=(await other.option(),)) is Code.NOT_FOUND
    assert await opened(client_id=other.client) is Code.NOT_FOUND
    assert await opened(name=" ") is Code.TEXT_OUT_OF_RANGE
    assert await opened(Actor(Role.CLIENT, client_id=studio.client)) is Code.FORBIDDEN
    assert await played(until=studio.began - timedelta(days=1)) is Code.DATE_OUT_OF_RANGE
    assert await played(until=studio.began + 900 * DAY) is Code.DATE_OUT_OF_RANGE
    assert await played(visits_a_week=15) is Code.QUANTITY_OUT_OF_RANGE
    assert await played(service_id=other.service) is Code.NOT_FOUND
    assert await played(other.business_id) is Code.NOT_FOUND


async def test_what_the_terms_name_goes_along_however_many_services_there_are(studio: Studio) -> None:
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute(
            """INSERT INTO services (business_id, id, name, category, created_at)
               SELECT $1, gen_random_uuid(), 'Early ' || n, 'CLASS', '2000-01-01' FROM generate_series(1, 200) n""",
            studio.business_id,
        )
    here, there = frozenset({studio.service}), frozenset({studio.location})
    terms = replace(MONTHLY, access=Access(service_ids=here, location_ids=there))
    sandbox = await _open(studio, await studio.option(terms))
    async with studio.runtime.database.reading(await _inside(studio, sandbox)) as reader:
        assert await reader.fetchval("SELECT count(*) FROM services") == 201


@pytest.mark.parametrize("year", [1, 1850, 2300, 9999])
async def test_a_sandbox_begins_where_a_clock_may_stand(studio: Studio, year: int) -> None:
    command = OpenSandbox("Try", (await studio.option(),), starts_at=datetime(year, 6, 1, tzinfo=UTC))
    with pytest.raises(Refused) as refused:
        await open_and_fill(studio.runtime, studio.business_id, OWNER, command, key="far")
    assert refused.value.code is Code.DATE_OUT_OF_RANGE


async def test_the_client_of_a_sandbox_may_buy_what_is_for_some_only(studio: Studio) -> None:
    offer = Offer(client_types=frozenset({"student"}), channels=frozenset({SaleChannel.DIRECT_LINK}))
    sandbox = await _open(studio, await studio.option(replace(MONTHLY, offer=offer)))
    await _play(studio, sandbox, 10)
    async with studio.runtime.database.reading(await _inside(studio, sandbox)) as reader:
        assert await reader.fetchval("SELECT count(*) FROM passes") == 1
