"""The language of an answer, over real HTTP: the header decides, else the business, else English."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from models.errors import Refused
from models.operations.change_pass import DeactivatePass, deactivate_pass
from models.operations.create_business import create_api_key
from models.operations.holds import PlaceHold, place_hold
from models.operations.renew_pass import RenewPass, renew_pass
from models.rules.language import day_in
from models.rules.terms import Terms
from models.rules.values import AfterExpiration, Language, PassKind, PaymentMethod, Role, TestCard
from models.runtime import Runtime
from models.settings import Settings
from models.tables.tenants import businesses
from models.tables.visits import visits
from schema.ids import encode
from tests.api.serving import bearer, served
from tests.studio import MONTH, Studio

BOOK = """mutation($input: BookVisitsInput!) { bookVisits(input: $input) {
    userErrors { code message remedy path } unpaid { refusals { reasons { code message remedy } } } } }"""
PASSES = """{ passes { nodes { nextEvents { kind sentence } explanation { code message remedy } } } }"""
CLAIM = """query($id: ID!) { visit(id: $id) { claim { explanation } } }"""
WORDS = {
    "en": "There is no such service.",
    "fr": "Introuvable\u00a0: prestation.",
    "es": "No existe: servicio.",
}


@pytest.fixture
async def client(settings: Settings, runtime: Runtime, studio: Studio) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a real server, with the key of a member of staff."""
    key = await create_api_key(runtime, studio.business_id, Role.STAFF, "key")
    async with served(settings, runtime) as served_client:
        served_client.headers.update(bearer(key))
        yield served_client


async def _speak(studio: Studio, language: Language) -> None:
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.execute(businesses.update().values(language=language))


def _booking(studio: Studio, key: str, **changed: Any) -> dict[str, Any]:
    starts = studio.began + timedelta(days=1)
    visit = {
        "serviceId": encode("Service", studio.service),
        "locationId": encode("Location", studio.location),
        "startsAt": starts.isoformat(),
        "endsAt": (starts + timedelta(hours=1)).isoformat(),
    }
    given = {"idempotencyKey": key, "clientId": encode("Client", studio.client), "visits": [visit | changed]}
    return {"query": BOOK, "variables": {"input": given}}


async def _post(client: httpx2.AsyncClient, body: dict[str, Any], language: str | None) -> httpx2.Response:
    headers = {} if language is None else {"Accept-Language": language}
    answer = await client.post("/graphql", json=body, headers=headers)
    assert answer.headers["vary"] == "Accept, Accept-Language"
    return answer


async def test_the_same_refused_booking_reads_in_three_languages(client: httpx2.AsyncClient, studio: Studio) -> None:
    body = _booking(studio, str(uuid4()), serviceId=encode("Service", uuid4()))
    remedies = set()
    for tag, message in WORDS.items():
        answer = await _post(client, body, f"{tag}-XX, de;q=0.9")
        (error,) = answer.json()["data"]["bookVisits"]["userErrors"]
        assert (error["code"], error["message"]) == ("NOT_FOUND", message)
        assert answer.headers["content-language"] == tag
        remedies.add(error["remedy"])
    assert len(remedies) == 3


async def test_a_language_that_is_none_of_ours_is_answered_as_the_business_speaks(
    client: httpx2.AsyncClient, studio: Studio
) -> None:
    body = _booking(studio, str(uuid4()), serviceId=encode("Service", uuid4()))

    async def said(language: str | None) -> str:
        answer = await _post(client, body, language)
        return str(answer.json()["data"]["bookVisits"]["userErrors"][0]["message"])

    assert [await said(each) for each in (None, "de", "xx-YY;q=0.3")] == [WORDS["en"]] * 3
    await _speak(studio, Language.ES)
    assert [await said(each) for each in (None, "de", "*", "fr;q=0")] == [WORDS["es"]] * 4
    assert await said("fr, es;q=0.5") == WORDS["fr"]


async def test_an_owner_chooses_the_language_of_the_business(
    client: httpx2.AsyncClient, runtime: Runtime, studio: Studio
) -> None:
    key = await create_api_key(runtime, studio.business_id, Role.OWNER, "key")
    body = {
        "query": "mutation($input: SetPoliciesInput!) { setPolicies(input: $input) { userErrors { message } } }",
        "variables": {"input": {"idempotencyKey": str(uuid4()), "language": "FR"}},
    }
    answer = await client.post("/graphql", json=body, headers=bearer(key))
    assert answer.json()["data"]["setPolicies"]["userErrors"] == []

    answer = await client.post("/graphql", json={"query": "{ business { language } }"})
    assert answer.json()["data"]["business"]["language"] == "FR"
    assert answer.headers["content-language"] == "fr"


@pytest.mark.parametrize(
    "header", [";;;", "q=1", "fr;q=", "fr;q=-1", "fr;q=1e999", "\xff\xfe", "," * 5_000, "x" * 5_000, "*-*;q=*", "fr;"]
)
async def test_a_header_that_says_nothing_does_no_harm(client: httpx2.AsyncClient, header: str) -> None:
    answer = await client.post(
        "/graphql", json={"query": "{ __typename }"}, headers=[(b"accept-language", header.encode("latin-1"))]
    )
    assert answer.status_code == 200
    assert answer.headers["content-language"] in WORDS


async def test_what_never_reaches_graphql_is_told_in_the_language_too(
    client: httpx2.AsyncClient, studio: Studio
) -> None:
    async def told(language: str, **request: Any) -> tuple[int, str, str, str]:
        headers = {"Accept-Language": language} | request.pop("headers", {})
        answer = await client.request(request.pop("method", "POST"), "/graphql", headers=headers, **request)
        (error,) = answer.json()["errors"]
        assert answer.headers["content-language"] == language
        assert answer.headers["vary"] == "Accept, Accept-Language"
        return answer.status_code, error["extensions"]["code"], error["message"], error["extensions"]["remedy"]

    assert await told("fr", headers={"Authorization": "Bearer sp_nobody"}, json={}) == (
        401,
        "UNAUTHENTICATED",
        "La clé d'API manque ou n'est pas valable.",
        "Envoyez l'en-tête «\u00a0Authorization: Bearer sp_…\u00a0» avec une clé en cours de validité.",
    )
    correct = "Corrija el valor y envíelo de nuevo."
    assert await told("es", content=b"{", headers={"Content-Type": "application/json"}) == (
        400,
        "INVALID_INPUT",
        "Eso no es JSON.",
        correct,
    )
    assert (await told("es", method="PUT"))[:3] == (405, "INVALID_INPUT", "GraphQL se consulta con GET o POST.")
    deep = "{ a" + "{ a" * 20 + " }" * 21
    assert (await told("fr", json={"query": deep}))[1:3] == (
        "TOO_COMPLEX",
        "La demande est trop lourde\u00a0: elle est imbriquée sur plus de 16 niveaux.",
    )
    assert (await told("es", json={"query": "{ nothing }"}))[3] == correct
    several = "query A { __typename } query B { __typename }"
    assert (await told("es", json={"query": several}))[2].startswith("El documento tiene varias operaciones")
    thing = 'query { pass(id: "no") { id } }'
    assert (await told("fr", json={"query": thing}))[1:3] == (
        "INVALID_ID",
        "Cet identifiant n'est pas du type attendu\u00a0: pass.",
    )


async def test_why_and_why_not_and_what_comes_read_in_the_language(client: httpx2.AsyncClient, studio: Studio) -> None:
    sold = await studio.sell()
    booked = await studio.book([studio.began + timedelta(days=1)], pass_id=sold)
    said = {}
    for tag in WORDS:
        answer = await _post(client, {"query": CLAIM, "variables": {"id": encode("Visit", booked.visits[0])}}, tag)
        said[tag] = answer.json()["data"]["visit"]["claim"]["explanation"]
    assert said["en"].endswith("pays: somebody named it for this visit.")
    assert said["fr"].endswith("paie\u00a0: quelqu'un l'a désigné pour cette visite.")
    assert said["es"].endswith("paga: alguien lo indicó para esta visita.")

    await studio.do(deactivate_pass, DeactivatePass(sold, "No longer used"))
    month = await studio.sell(Terms(PassKind.UNLIMITED, 9_900, validity=MONTH))
    last = (await studio.facts(month)).windows[-1].last_day
    assert last is not None
    for tag, unusable, comes in (
        ("en", "The pass is deactivated.", f"Its last day is {last}."),
        ("fr", "Le pass est désactivé.", f"Son dernier jour est le {day_in(Language.FR, last)}."),
        ("es", "El bono está desactivado.", f"Su último día es el {day_in(Language.ES, last)}."),
    ):
        nodes = (await _post(client, {"query": PASSES}, tag)).json()["data"]["passes"]["nodes"]
        assert {node["explanation"]["message"] for node in nodes if node["explanation"]} == {unusable}
        assert comes in {event["sentence"] for node in nodes for event in node["nextEvents"]}


async def test_why_a_visit_stays_unpaid_reads_in_the_language(client: httpx2.AsyncClient, studio: Studio) -> None:
    sold = await studio.sell(Terms(PassKind.SESSION, 1_500, 1))
    await studio.book([studio.began + timedelta(days=2)], pass_id=sold)
    for tag, why in (
        ("en", "The pass has 0 left and the visit needs 1."),
        ("fr", "Il reste 0 unité sur le pass et la visite en demande 1."),
        ("es", "Quedan 0 unidades en el bono y la visita necesita 1."),
    ):
        body = _booking(studio, str(uuid4()))
        body["variables"]["input"]["dryRun"] = True
        (unpaid,) = (await _post(client, body, tag)).json()["data"]["bookVisits"]["unpaid"]
        (reason,) = unpaid["refusals"][0]["reasons"]
        assert (reason["code"], reason["message"]) == ("NO_SESSIONS_LEFT", why)


async def test_what_the_system_notes_reads_in_the_language_and_what_people_note_as_they_wrote_it(
    client: httpx2.AsyncClient, studio: Studio
) -> None:
    sold = await studio.sell()
    starts = studio.began + timedelta(days=1)
    cancelled, kept = (await studio.book([starts, starts + timedelta(days=9)], pass_id=sold)).visits
    day = starts.date()
    await studio.do(place_hold, PlaceHold(sold, day, day))
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.execute(visits.update().where(visits.c.id == kept).values(note="2026-01-02"))
    document = "query($a: ID!, $b: ID!) { a: visit(id: $a) { note } b: visit(id: $b) { note } }"
    asked = {"query": document, "variables": {"a": encode("Visit", cancelled), "b": encode("Visit", kept)}}
    for tag, note in (
        ("en", "Cancelled by a hold"),
        ("fr", "Annulée par une suspension"),
        ("es", "Cancelada por una suspensión"),
    ):
        data = (await _post(client, asked, tag)).json()["data"]
        assert (data["a"]["note"], data["b"]["note"]) == (note, "2026-01-02")


async def test_what_the_gateway_said_reads_in_the_language_on_the_payment_too(
    client: httpx2.AsyncClient, studio: Studio
) -> None:
    sold = await studio.sell(Terms(PassKind.SESSION, 1_500, 1, MONTH, after_expiration=AfterExpiration.RENEW))
    bad = RenewPass(sold, PaymentMethod.TEST_CARD, TestCard.DECLINE)
    with pytest.raises(Refused):
        await studio.do(renew_pass, bad)
    document = "query($id: ID!) { pass(id: $id) { orders { payments { detail } } } }"
    asked = {"query": document, "variables": {"id": encode("Pass", sold)}}
    for tag, detail in (("en", "insufficient funds"), ("fr", "provision insuffisante"), ("es", "fondos insuficientes")):
        (declined, _) = (await _post(client, asked, tag)).json()["data"]["pass"]["orders"]
        assert declined["payments"] == [{"detail": detail}]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('visits(from: "2026-01-31")', "Un DateTime est un instant avec son décalage\u00a0: indiquez-le, par exemple"),
        ('visits(from: "2026-02-30T10:00:00Z")', "Ce DateTime n'existe pas dans le calendrier."),
    ],
)
async def test_a_value_that_is_no_instant_is_told_in_the_language(
    client: httpx2.AsyncClient, written: str, said: str
) -> None:
    """In a document as it stands; around a variable stand graphql-core's own English words."""
    answer = await _post(client, {"query": f"{{ {written} {{ nodes {{ id }} }} }}"}, "fr")
    (error,) = answer.json()["errors"]
    assert error["message"].startswith(said)


async def test_a_repeated_request_is_answered_in_the_language_of_the_repetition(
    client: httpx2.AsyncClient, studio: Studio
) -> None:
    option = await studio.option()
    given = {
        "idempotencyKey": str(uuid4()),
        "clientId": encode("Client", studio.client),
        "purchaseOptionId": encode("PurchaseOption", option),
        "payment": {"method": "TEST_CARD", "testCard": "DECLINE"},
    }
    body = {
        "query": "mutation($input: SellPassInput!) { sellPass(input: $input) { userErrors { code message } } }",
        "variables": {"input": given},
    }
    said = [(await _post(client, body, tag)).json()["data"]["sellPass"]["userErrors"][0] for tag in WORDS]
    assert {each["code"] for each in said} == {"PAYMENT_DECLINED"}
    assert [each["message"] for each in said] == [
        "The payment was declined: insufficient funds.",
        "Le paiement a été refusé\u00a0: provision insuffisante.",
        "El pago fue rechazado: fondos insuficientes.",
    ]
    charges = await studio.fetch("SELECT count(*) AS made FROM operations WHERE verb = 'sellPass'")
    assert charges[0]["made"] == 1
