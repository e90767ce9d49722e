"""Pages of lists, in both directions, and what is not a page."""

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest

from models.operations.catalogue import CreateClient, create_client
from tests.schema.conftest import OWNER, Ask, Refusal, gid
from tests.studio import Studio

_VISITS = """query ($first: Int, $after: String, $last: Int, $before: String) {
  visits(first: $first, after: $after, last: $last, before: $before) {
    totalCount edges { cursor node { id } } nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
_CLIENTS = """query ($first: Int, $after: String, $search: String) {
  clients(first: $first, after: $after, search: $search) { totalCount nodes { name } pageInfo { endCursor } } }"""


@pytest.fixture
async def seven(studio: Studio) -> list[str]:
    """Book seven visits, two of them at the same instant; return their ids in order."""
    starts = [studio.began + timedelta(days=day) for day in range(1, 7)]
    visits = (await studio.book(starts)).visits
    other = (await studio.do(create_client, CreateClient("Zoe"))).rows["client"]
    twin = (await studio.book([starts[2]], client=other)).visits[0]
    return [gid("Visit", each) for each in (*visits[:3], twin, *visits[3:])]


async def _page(ask: Ask, studio: Studio, **arguments: Any) -> Any:
    return (await ask(studio, OWNER, _VISITS, **arguments))["visits"]


async def test_pages_forwards_meet_every_item_once_in_order(studio: Studio, ask: Ask, seven: list[str]) -> None:
    met: list[str] = []
    after, more = None, True
    while more:
        page = await _page(ask, studio, first=2, after=after)
        assert page["totalCount"] == 7
        assert page["pageInfo"]["hasPreviousPage"] is bool(met)
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        met += [node["id"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert met == seven


async def test_pages_backwards_meet_every_item_once_in_the_same_order(
    studio: Studio, ask: Ask, seven: list[str]
) -> None:
    met: list[str] = []
    before, more = None, True
    while more:
        page = await _page(ask, studio, last=3, before=before)
        assert page["pageInfo"]["hasNextPage"] is bool(met)
        met = [node["id"] for node in page["nodes"]] + met
        before, more = page["pageInfo"]["startCursor"], page["pageInfo"]["hasPreviousPage"]

    assert met == seven


async def test_a_page_may_lie_between_two_cursors_and_may_be_empty(studio: Studio, ask: Ask, seven: list[str]) -> None:
    cursors = [edge["cursor"] for edge in (await _page(ask, studio, first=7))["edges"]]

    between = await _page(ask, studio, first=10, after=cursors[1], before=cursors[4])
    nothing = await _page(ask, studio, first=0)

    assert [node["id"] for node in between["nodes"]] == seven[2:4]
    assert nothing["nodes"] == []
    assert nothing["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


async def test_twenty_items_come_where_no_number_is_given(studio: Studio, ask: Ask) -> None:
    await studio.book([studio.began + timedelta(days=day) for day in range(1, 26)])

    page = await _page(ask, studio)

    assert (len(page["nodes"]), page["totalCount"], page["pageInfo"]["hasNextPage"]) == (20, 25, True)


async def test_names_are_paged_by_whatever_letters_they_have(studio: Studio, ask: Ask) -> None:
    names = ["Ångström", "zoë", "Ann", "O'Hara", "Ann", "李"]
    for name in names:
        await studio.do(create_client, CreateClient(name))
    met: list[str] = []
    after = None
    for _ in range(8):
        page = (await ask(studio, OWNER, _CLIENTS, first=1, after=after))["clients"]
        met += [node["name"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"] or after

    found = (await ask(studio, OWNER, _CLIENTS, first=10, search="HAR"))["clients"]

    assert sorted(met) == sorted([*names, "Ann"])
    assert (found["totalCount"], found["nodes"]) == (1, [{"name": "O'Hara"}])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": 101}, "INVALID_INPUT PAGE_TOO_LARGE"),
        ({"last": 101}, "INVALID_INPUT PAGE_TOO_LARGE"),
        ({"first": -1}, "QUANTITY_OUT_OF_RANGE"),
        ({"first": 1, "last": 1}, "INVALID_INPUT"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    studio: Studio, refusal: Refusal, arguments: dict[str, int], code: str
) -> None:
    extensions = await refusal(studio, OWNER, _VISITS, **arguments)

    assert extensions["code"] in code.split()
    assert extensions["remedy"]


def _forged(*parts: Any) -> str:
    return urlsafe_b64encode(json.dumps(parts).encode()).decode()


_BAD = [
    "",
    "x",
    "====",
    "é",
    "null",
    "\0",
    "a" * 3_000,
    _forged(),
    _forged("visits"),
    _forged("visits", 1),
    _forged("passes", "0190aaaa-0000-7000-8000-000000000000"),
    _forged("visits", "2026-01-01", "0190aaaa-0000-7000-8000-000000000000"),
    _forged("visits", 10**30, "0190aaaa-0000-7000-8000-000000000000"),
    _forged("visits", True, "0190aaaa-0000-7000-8000-000000000000"),
    _forged("visits", 1, "0190aaaa"),
    _forged("visits", 1, None),
    _forged("visits", 1, "0190aaaa-0000-7000-8000-000000000000", 1),
    urlsafe_b64encode(b'{"visits": 1}').decode(),
    urlsafe_b64encode(b"[" * 1_000).decode(),
    urlsafe_b64encode(b'["visits"').decode(),
]


@pytest.mark.parametrize("cursor", _BAD)
@pytest.mark.parametrize("side", ["after", "before"])
async def test_a_malformed_cursor_has_one_answer(studio: Studio, refusal: Refusal, cursor: str, side: str) -> None:
    extensions = await refusal(studio, OWNER, _VISITS, **{side: cursor})

    assert (extensions["code"], extensions["path"]) == ("INVALID_CURSOR", [side])


async def test_a_name_cursor_with_signs_no_name_has_is_refused(studio: Studio, refusal: Refusal) -> None:
    for name in ("a\0b", "\ud800"):
        cursor = _forged("clients", name, "0190aaaa-0000-7000-8000-000000000000")
        assert (await refusal(studio, OWNER, _CLIENTS, after=cursor))["code"] == "INVALID_CURSOR"


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800"])
async def test_what_no_text_can_hold_is_not_looked_for(studio: Studio, refusal: Refusal, text: str) -> None:
    assert (await refusal(studio, OWNER, _CLIENTS, search=text))["code"] == "INVALID_INPUT"
    document = "query ($verb: String) { operations(verb: $verb) { nodes { id } } }"
    assert (await refusal(studio, OWNER, document, verb=text))["path"] == ["verb"]
