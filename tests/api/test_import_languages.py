"""What is wrong with a file reads in three languages, alike in GraphQL, as CSV over HTTP and at the command line."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import create_app
from api.findings import COLUMNS
from models.operations.create_business import create_api_key
from models.rules.terms import Terms
from models.rules.values import Language, PassKind, Role
from models.runtime import open_runtime
from models.settings import Settings
from schema.ids import encode
from tests.api.importing import IMPORT, TAGS, Row, ask, command, in_graphql, of_csv, over_http, owners, sent, speak
from tests.api.serving import bearer
from tests.imported import staged_clients
from tests.studio import MONTH, Studio

TEN = Terms(PassKind.SESSION, 15_000, 10, MONTH)
FILES = {
    "clients": "id,name,email,home_location\n"
    "c1,Ann,ann@x.org,\n"
    "c1,Bob,ann@x.org,Atlantis\n"
    "c2,,{text} 2026-01-02,\n"
    f'c3,"A\tB",,{"x" * 201}\n'
    f"c4,{'x' * 200} Bee,,\n",
    "options": "id,name,kind,price,quantity,terms\n"
    "o1,Ten,shoes,free,1.5,\n"
    "o2,,session,-1,-2,[]\n"
    "o3,Nothing,session,5,,\n"
    "o4,Odd,,,,{\n"
    'o5,Terms,,,,"{""kind"": 4}"\n'
    "o6,Much,session,5,9000000,\n",
    "passes": "id,client,option,sold_on,first_day,last_day,granted,remaining,forfeited,auto_renew\n"
    "p1,,,,,,,,,\n"
    "p2,nobody,Nothing,,,,,,,\n"
    "p3,k1,Ten,2026-01-10,,2026-01-01,,11,,perhaps\n"
    "p4,k1,Ten,2026-13-40,,,10,,,\n"
    "p5,k1,Ten,2090-01-01,,,10,8,4,yes\n"
    "p6,k1,Ten,1903-01-01,,,2000000,1,,\n"
    "p7,k1,Ten,01/02/2026,,,,1,,\n"
    "p10,k1,Ten,01/13/2026,,,,1,,\n"
    "p11,k1,Ten,14/01/2026,,,,1,,\n"
    "p8,k1,Ten,13/01/2026,,,,1,,\n"
    "p9,k1,Twice,,,,,,,\n",
    "visits": "id,client,service,location,starts_at,ends_at,state,pass\n"
    "v1,k1,,,,,,\n"
    "v2,k1,Dance,Atlantis,2026-01-02 08:00,,asleep,\n"
    "v3,k1,Yoga,,2026-01-02,,booked,\n"
    "v4,k1,Yoga,,2026-01-02 08:00,2026-04-02 08:00,booked,\n"
    "v5,k1,Yoga,,2027-01-02 08:00,,attended,\n"
    "v6,k1,Yoga,,2026-01-02 25:00,,attended,nothing\n"
    "v7,k1,Yoga,,2026-01-03 08:00,,attended,nothing\n"
    "v8,k1,Yoga,,0001-01-01T00:00+14:00,,attended,\n"
    "v9,k1,Yoga,,2026-01-04 08:00,,attended,\n"
    "v10,k1,Yoga,,2026-01-04 08:00,,attended,\n",
}
"""By kind, a file in which nearly everything is wrong."""

KINDS = "SESSION, UNLIMITED, DURATION, DAY, TIME"
SAID = {
    ("clients", 3, "email", "LINE_WARNING"): (
        "Another client has the address ann@x.org.",
        "Un autre client a la même adresse\u00a0: ann@x.org.",
        "Otro cliente tiene la misma dirección: ann@x.org.",
    ),
    ("clients", 4, "name", "LINE_MISSING"): (
        "name is missing.",
        "Il manque\u00a0: nom (name).",
        "Falta: nombre (name).",
    ),
    ("clients", 4, "email", "LINE_UNREADABLE"): (
        "email: “{text} 2026-01-02” is no email address.",
        "adresse électronique (email)\u00a0: «\u00a0{text} 2026-01-02\u00a0» n'est pas une adresse électronique.",
        "correo electrónico (email): «{text} 2026-01-02» no es una dirección de correo electrónico.",
    ),
    ("options", 2, "kind", "LINE_UNREADABLE"): (
        f"kind: “SHOES” is none of {KINDS}.",
        f"type de pass (kind)\u00a0: «\u00a0SHOES\u00a0» ne figure pas parmi\u00a0: {KINDS}.",
        f"tipo de bono (kind): «SHOES» no figura entre: {KINDS}.",
    ),
    ("options", 4, "quantity", "LINE_CONTRADICTS"): (
        "A SESSION pass needs a quantity.",
        "Un pass à séances (SESSION) demande une quantité.",
        "Un bono de sesiones (SESSION) necesita una cantidad.",
    ),
    ("passes", 5, "sold_on", "LINE_UNREADABLE"): (
        "sold_on: “2026-13-40” is no date.",
        "date de vente (sold_on)\u00a0: «\u00a02026-13-40\u00a0» n'est pas une date.",
        "fecha de venta (sold_on): «2026-13-40» no es una fecha.",
    ),
    ("passes", 6, "remaining", "LINE_CONTRADICTS"): (
        "12 are left or forfeited of 10.",
        "Unités restantes ou perdues\u00a0: 12, plus que les 10 accordées.",
        "Unidades restantes o perdidas: 12, más que las 10 concedidas.",
    ),
    ("visits", 3, "location", "LINE_UNKNOWN"): (
        "There is no location Atlantis.",
        "Introuvable\u00a0: lieu «\u00a0Atlantis\u00a0».",
        "No existe: centro «Atlantis».",
    ),
    ("visits", 6, "state", "LINE_CONTRADICTS"): (
        "It is ATTENDED, and has not begun yet.",
        "La visite n'a pas encore commencé, et ne peut donc pas être dans cet état\u00a0: effectuée.",
        "La visita aún no ha comenzado, así que no puede estar en este estado: realizada.",
    ),
}
"""Some of what is said, word for word."""


@pytest.fixture
async def http(settings: Settings, studio: Studio) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with an owner's key of a studio that knows one client and sells three options."""
    for name in ("Ten", "Twice", "Twice"):
        await studio.option(TEN, name)
    async with owners(settings, studio) as client:
        known = await sent(client, "clients", "id,name\nk1,Kim\n")
        done = await ask(client, IMPORT, id=known.json()["importId"], key="k")
        assert done["importStudio"]["userErrors"] == []
        yield client


@pytest.fixture
def _here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.operator.settings", lambda: settings)
    monkeypatch.setattr("api.cli._join_servers", lambda **_: None)


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("kind", FILES)
async def test_a_bad_file_reads_in_three_languages_at_three_places(
    http: httpx2.AsyncClient, studio: Studio, tmp_path: Path, kind: str
) -> None:
    """The same lines, columns and codes everywhere, each with its sentence and remedy in the reader's language."""
    path, report = tmp_path / "bad.csv", tmp_path / "report.csv"
    path.write_text(FILES[kind], encoding="utf-8")
    taken = await sent(http, kind, FILES[kind])
    assert taken.status_code == 200, taken.text
    import_id = taken.json()["importId"]
    told: dict[str, list[Row]] = {}
    for tag in TAGS:
        told[tag] = await in_graphql(http, import_id, tag)
        assert await over_http(http, import_id, tag) == told[tag]
        given = ["import", kind, str(path), "--business", str(studio.business_id)]
        done = await command(*given, "--dry-run", "--language", tag, "--report", str(report))
        assert done.exit_code == 1, done.output
        assert of_csv(report.read_text("utf-8")) == told[tag]
        for line, _, _, _, message, remedy in told[tag]:
            where = {"en": f"line {line}:", "fr": f"ligne {line}\u00a0:", "es": f"línea {line}:"}[tag]
            assert f"{where} {message} {remedy}" in done.output
    assert [row[:4] for row in told["fr"]] == [row[:4] for row in told["en"]] == [row[:4] for row in told["es"]]
    for english, french, spanish in zip(*(told[tag] for tag in TAGS), strict=True):
        for at in (4, 5):
            assert len({english[at], french[at], spanish[at]}) == 3, english
    for (of, number, cell, code), sentences in SAID.items():
        if of == kind:
            for tag, sentence in zip(TAGS, sentences, strict=True):
                said = [row[4] for row in told[tag] if (row[0], row[2], row[3]) == (str(number), code, cell)]
                assert said == [sentence]


async def test_what_a_dry_run_refuses_is_told_in_the_language(http: httpx2.AsyncClient) -> None:
    import_id = (await sent(http, "clients", FILES["clients"])).json()["importId"]
    said = []
    for tag in TAGS:
        (error,) = (await ask(http, IMPORT, tag, id=import_id, key=tag, dryRun=True))["importStudio"]["userErrors"]
        said.append(error["message"])
    assert said == [
        "4 of 5 lines cannot be imported, the first is line 3.",
        "4 lignes sur 5 ne peuvent être importées, la première est la ligne 3.",
        "4 de 5 líneas no se pueden importar, la primera es la línea 3.",
    ]


@pytest.mark.usefixtures("_here")
async def test_the_command_line_speaks_as_the_business_does_where_nothing_is_asked_for(
    http: httpx2.AsyncClient, studio: Studio, tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("id,name\n1,\n2,Ann\n", encoding="utf-8")
    given = ["import", "clients", str(path), "--business", str(studio.business_id)]
    await speak(studio, Language.ES)
    told = (await command(*given)).output.split("\n")
    assert told[0] == "Líneas: 2. Codificación: utf-8."
    assert told[1].startswith("✗ línea 2: Falta: nombre (name). Rellene la celda")
    assert told[2] == "✗ 1 línea es errónea. No se ha cambiado nada."
    done = await command(*given, "--skip-bad-lines", "--language", "FR")
    assert done.exit_code == 0, done.output
    assert "✓ Lignes importées\u00a0: 1\u202f; omises\u00a0: 1." in done.output
    again = await command(*given)
    assert again.exit_code == 1
    assert "El mismo archivo ya se importó el " in again.output
    # Nobody is known by this id, so there is no language to take over.
    nobody = await command(*given[:-1], encode("Business", studio.client))
    assert nobody.exit_code == 1
    assert "There is no such business." in nobody.output


async def test_what_was_kept_as_a_whole_english_clause_still_reads(http: httpx2.AsyncClient, studio: Studio) -> None:
    """With its code, its remedy in the reader's language, and the clause as it was kept."""
    import_id = await staged_clients(studio)
    kept = [
        {"code": "LINE_UNREADABLE", "field": "email", "values": {"field": "email", "sentence": "'bo' is no address"}},
        {"code": "LINE_UNREADABLE", "field": None, "values": {"field": "kind or unit", "sentence": "'X' is none"}},
        {"code": "LINE_MISSING", "field": "name", "values": {"field": "name"}},
        {"code": "LINE_CONTRADICTS", "field": "ends_on", "values": {"sentence": "It ends on 2026-01-02, before"}},
    ]
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("UPDATE import_lines SET problems = $1::text::jsonb", json.dumps(kept))
    found = await in_graphql(http, encode("Import", import_id), "en")
    assert [row[4] for row in found] == [
        "email: 'bo' is no address.",
        "kind or unit: 'X' is none.",
        "name is missing.",
        "It ends on 2026-01-02, before.",
    ]
    found = await in_graphql(http, encode("Import", import_id), "fr")
    assert [row[4] for row in found] == [
        "adresse électronique (email)\u00a0: 'bo' is no address.",
        "kind or unit\u00a0: 'X' is none.",
        "Il manque\u00a0: nom (name).",
        "It ends on 2026-01-02, before.",
    ]
    assert found[0][5] == "Corrigez la cellule."


async def test_the_report_of_a_file_is_for_its_owner_alone(http: httpx2.AsyncClient, studio: Studio) -> None:
    """Others are refused as everywhere, in the language the business speaks where none is asked for."""
    import_id = encode("Import", await staged_clients(studio))
    address = f"/imports/{import_id}.csv"
    assert (await http.get(address)).text.splitlines() == [",".join(COLUMNS)]
    await speak(studio, Language.FR)
    staff = bearer(await create_api_key(studio.runtime, studio.business_id, Role.STAFF, "Key"))
    refused = await http.get(address, headers=staff)
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (403, "Cette clé n'en a pas le droit.")
    unknown = await http.get(f"/imports/{encode('Import', studio.client)}.csv")
    assert (unknown.status_code, unknown.json()["errors"][0]["message"]) == (404, "Introuvable\u00a0: importation.")
    shoe = await http.get("/imports/shoe.csv")
    assert (shoe.status_code, shoe.json()["errors"][0]["extensions"]["code"]) == (422, "INVALID_ID")
    nobody = await http.get(address, headers=bearer("sp_nobody"))
    assert nobody.status_code == 401
    report = await http.get("/reports/EXPIRED.csv", params={"firstDay": "soon"})
    assert report.json()["errors"][0]["message"] == "Un jour s'écrit comme 2026-11-23."


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en", "Passes that ended in the range, with what lapsed."),
        ("fr", "Pass terminés dans l'intervalle, avec ce qui a expiré."),
        ("es", "Bonos que terminaron en el intervalo, con lo que caducó."),
    ],
)
async def test_a_report_says_what_it_is_in_the_language(http: httpx2.AsyncClient, tag: str, said: str) -> None:
    document = '{ report(name: EXPIRED, firstDay: "2026-01-01", lastDay: "2026-01-31") { description } }'
    assert (await ask(http, document, tag))["report"]["description"] == said


async def test_whoever_reads_a_report_slowly_keeps_no_connection(
    settings: Settings, http: httpx2.AsyncClient, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.findings._LINES", 2)
    lines = "".join(f"k{number},\n" for number in range(10, 15))
    import_id = (await sent(http, "clients", f"id,name\n{lines}")).json()["importId"]
    others, body = 0, b""
    small = open_runtime(settings, pool_size=1)

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        return {}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal body, others
        body += message.get("body", b"")
        # The only connection there is would be waited for without end.
        async with asyncio.timeout(10), small.database.reading(studio.business_id):
            others += 1

    headers = [(name.lower().encode(), value.encode()) for name, value in http.headers.items()]
    path = f"/imports/{import_id}.csv"
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b"", "scheme": "http"}
    try:
        await create_app(settings, small)(scope, receive, send)
    finally:
        await small.close()

    assert [line.split(",")[0] for line in body.decode().splitlines()] == ["line", *"23456"]
    assert others > 4
