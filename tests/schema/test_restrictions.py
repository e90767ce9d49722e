"""The attendance restrictions of a pass, as its readers see them."""

from dataclasses import replace
from datetime import timedelta

from models.operations.catalogue import CreateClient, create_client
from models.rules.policies import Restriction, Rollover
from models.rules.terms import Terms
from models.rules.values import Language, PassKind, RestrictionCycle, RestrictionPer, ServiceCategory
from schema.schema import schema
from tests.schema.conftest import OWNER, Ask, context_of, gid, stand_at
from tests.schema.test_statement_counts import statements
from tests.studio import MONTH, Studio

_ASK = """query ($id: ID!) { pass(id: $id) { restrictions {
  restriction { visitsMax per cycle categories rollover { unitsMax cycles } }
  rule limit carried used booked remaining cycleFirstDay cycleLastDay freesOn freesAt
  full { code message remedy } } } }"""
_MANY = "{ passes(first: 100) { nodes { id restrictions { rule limit carried used booked remaining freesAt } } } }"
UNLIMITED = Terms(PassKind.UNLIMITED, 9_000, validity=MONTH)
TWICE_A_WEEK = Restriction(2, RestrictionPer.WEEK, rollover=Rollover(1))
GYM = Restriction(1, RestrictionPer.MONTH, RestrictionCycle.PASS, categories=frozenset({ServiceCategory.GYM_VISIT}))


async def test_a_pass_shows_what_its_restrictions_still_allow(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(replace(UNLIMITED, restrictions=(TWICE_A_WEEK, GYM)))
    await stand_at(studio, studio.began + timedelta(days=3))
    await studio.book([studio.began + timedelta(days=day) for day in (4, 5)], pass_id=pass_id)

    weekly, monthly = (await ask(studio, OWNER, _ASK, id=gid("Pass", pass_id)))["pass"]["restrictions"]

    assert weekly.pop("restriction") == {
        "visitsMax": 2,
        "per": "WEEK",
        "cycle": "CALENDAR",
        "categories": None,
        "rollover": {"unitsMax": 1, "cycles": 1},
    }
    assert weekly == {
        "rule": "Visits to all services are limited to 2 a week, by the calendar. "
        "What a week leaves unused, at most 1, can be used in the next one.",
        "limit": 2,
        "carried": 1,
        "used": 0,
        "booked": 2,
        "remaining": 1,
        "cycleFirstDay": "2026-02-02",
        "cycleLastDay": "2026-02-08",
        "freesOn": "2026-02-09",
        "freesAt": "2026-02-08T23:00:00+00:00",
        "full": None,
    }
    assert monthly["restriction"]["categories"] == ["GYM_VISIT"]
    assert monthly["rule"] == (
        "Visits to services of this kind are limited to 1 a month, counted from the first day of the pass."
    )
    assert (monthly["cycleFirstDay"], monthly["cycleLastDay"]) == ("2026-01-31", "2026-02-27")
    assert (monthly["booked"], monthly["remaining"]) == (0, 1)

    await studio.book([studio.began + timedelta(days=6)], pass_id=pass_id)
    weekly = (await ask(studio, OWNER, _ASK, id=gid("Pass", pass_id)))["pass"]["restrictions"][0]
    assert (weekly["booked"], weekly["remaining"]) == (3, 0)
    assert weekly["full"]["code"] == "RESTRICTION_REACHED"
    assert weekly["full"]["message"] == (
        "Visits to all services are limited to 3 in the week from 2026-02-02 to 2026-02-08, and 3 are taken."
    )
    assert weekly["full"]["remedy"].startswith("Book on or after 2026-02-09,")


async def test_the_reason_why_not_says_which_restriction_and_until_when(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(replace(UNLIMITED, restrictions=(Restriction(1, RestrictionPer.DAY),)))
    await studio.book([studio.began + timedelta(days=1)], pass_id=pass_id)
    visit = {
        "clientId": gid("Client", studio.client),
        "serviceId": gid("Service", studio.service),
        "locationId": gid("Location", studio.location),
        "startsAt": (studio.began + timedelta(days=1, hours=3)).isoformat(),
        "endsAt": (studio.began + timedelta(days=1, hours=4)).isoformat(),
    }
    document = """query ($visit: ProposedVisitInput) {
      eligiblePasses(visit: $visit) { pays reasons { code message remedy } } }"""

    (answer,) = (await ask(studio, OWNER, document, visit=visit))["eligiblePasses"]

    assert not answer["pays"]
    assert answer["reasons"] == [
        {
            "code": "RESTRICTION_REACHED",
            "message": "Visits to all services are limited to 1 in the day from 2026-02-01 to 2026-02-01, "
            "with 1 taken already.",
            "remedy": "Book on or after 2026-02-02, cancel a booked visit, or pay with another pass.",
        }
    ]


async def test_rules_are_told_in_the_readers_language(studio: Studio) -> None:
    pass_id = await studio.sell(replace(UNLIMITED, restrictions=(TWICE_A_WEEK,)))
    rules = []
    for language in (Language.FR, Language.ES):
        async with await context_of(studio, OWNER, language) as context:
            found = await schema.execute(_ASK, variable_values={"id": gid("Pass", pass_id)}, context_value=context)
        assert found.data is not None
        rules.append(found.data["pass"]["restrictions"][0]["rule"])
    assert "2 visites au plus par semaine" in rules[0]
    assert "por semana" in rules[1]
    assert "peut servir" in rules[0]
    assert "se puede usar" in rules[1]


async def test_a_pass_without_restrictions_shows_none(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(UNLIMITED)
    assert (await ask(studio, OWNER, _ASK, id=gid("Pass", pass_id)))["pass"]["restrictions"] == []


async def test_before_its_start_a_pass_shows_the_cycle_of_its_first_day(studio: Studio, ask: Ask) -> None:
    later = replace(UNLIMITED, restrictions=(replace(TWICE_A_WEEK, cycle=RestrictionCycle.PASS),))
    pass_id = await studio.sell(later)
    await stand_at(studio, studio.began - timedelta(days=20))
    (found,) = (await ask(studio, OWNER, _ASK, id=gid("Pass", pass_id)))["pass"]["restrictions"]
    assert (found["cycleFirstDay"], found["cycleLastDay"]) == ("2026-01-31", "2026-02-06")


async def test_a_hundred_restricted_passes_cost_as_many_statements_as_two(studio: Studio) -> None:
    """The passes, the terms of their versions, and the five of their facts; terms once read are remembered."""
    option_terms = replace(UNLIMITED, restrictions=(TWICE_A_WEEK,))
    counts = []
    for more in (2, 98):
        for number in range(more):
            client = (await studio.do(create_client, CreateClient(f"Client {more} {number}"))).rows["client"]
            pass_id = await studio.sell(option_terms, client=client)
            await studio.book([studio.began + timedelta(days=1)], client=client, pass_id=pass_id)
        counts.append(await statements(studio, _MANY))
    assert counts == [7, 7]
    assert await statements(studio, _MANY) == 6
