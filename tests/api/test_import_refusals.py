"""A file that cannot be taken in at all is told in three languages, alike over HTTP and at the command line."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from models.settings import Settings
from schema.ids import encode
from tests.api.importing import TAGS, command, owners, sent
from tests.studio import Studio

ENCODINGS = "utf-8, utf-16, windows-1252, iso-8859-1, iso-8859-15, mac-roman"
FIELDS = "ref, name, first_name, last_name, email, home_location"
TITLES = "id, name, email, home_location"


@pytest.fixture
async def http(settings: Settings, studio: Studio) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with an owner's key."""
    async with owners(settings, studio) as client:
        yield client


@pytest.fixture
def _here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.operator.settings", lambda: settings)
    monkeypatch.setattr("api.cli._join_servers", lambda **_: None)


@pytest.mark.parametrize(
    ("query", "body", "said"),
    [
        (
            {"preset": "shoes"},
            "id,name\n1,Ann\n",
            (
                "A preset is one of own, mindbody, wellnessliving, punchpass.",
                "Le modèle est l'un des suivants\u00a0: own, mindbody, wellnessliving, punchpass.",
                "El modelo es uno de los siguientes: own, mindbody, wellnessliving, punchpass.",
            ),
        ),
        (
            {"mapping": "[clients.columns]\nshoe = 'x'"},
            "id,name\n1,Ann\n",
            (
                f"The mapping fills “shoe”, which is no field of such a file; its fields are {FIELDS}.",
                (
                    f"La correspondance remplit «\u00a0shoe\u00a0», qui n'est pas un champ d'un tel fichier\u202f; ses "
                    f"champs sont\u00a0: {FIELDS}."
                ),
                f"La correspondencia rellena «shoe», que no es un campo de un archivo así; sus campos son: {FIELDS}.",
            ),
        ),
        (
            {"mapping": "[clients.columns]\nname ="},
            "id,name\n1,Ann\n",
            (
                "The mapping is no TOML: Invalid value (at end of document).",
                "La correspondance n'est pas du TOML\u00a0: Invalid value (at end of document).",
                "La correspondencia no es TOML: Invalid value (at end of document).",
            ),
        ),
        (
            {},
            "shoe\n1\n",
            (
                f"The columns do not fit: none of {TITLES} is among its titles shoe.",
                (
                    f"Les colonnes ne conviennent pas\u00a0: aucun de ces titres\u00a0: {TITLES}, ne figure parmi les "
                    "siens\u00a0: shoe."
                ),
                f"Las columnas no encajan: ninguno de estos títulos: {TITLES}, figura entre los suyos: shoe.",
            ),
        ),
        (
            {},
            'id,name\n1,"Ann\n',
            (
                "Line 2 is no line of a table: a quotation mark is opened in it and never closed.",
                "La ligne 2 n'est pas une ligne de tableau\u00a0: un guillemet y est ouvert et jamais fermé.",
                "La línea 2 no es una línea de tabla: en ella se abren unas comillas que nunca se cierran.",
            ),
        ),
        (
            {},
            'id,name\n1,"Ann"x\n',
            (
                "Line 2 is no line of a table: a closing quotation mark is followed by more text.",
                "La ligne 2 n'est pas une ligne de tableau\u00a0: un guillemet fermant y est suivi d'autre texte.",
                "La línea 2 no es una línea de tabla: en ella hay más texto tras unas comillas de cierre.",
            ),
        ),
        (
            {},
            "id,name\n1,Ann,more\n",
            (
                "Line 2 is no line of a table: it has 3 cells under 2 titles.",
                "La ligne 2 n'est pas une ligne de tableau\u00a0: cellules\u00a0: 3, pour des titres au nombre de 2.",
                "La línea 2 no es una línea de tabla: tiene más celdas (3) que títulos (2).",
            ),
        ),
        (
            {},
            f"id,name\n1,{'x' * 30_000}\n",
            (
                "Line 2 is no line of a table: it has a cell of more than 20000 characters.",
                "La ligne 2 n'est pas une ligne de tableau\u00a0: une de ses cellules dépasse 20\u202f000 caractères.",
                "La línea 2 no es una línea de tabla: una de sus celdas supera los 20.000 caracteres.",
            ),
        ),
        (
            {"encoding": "klingon"},
            "id,name\n1,Ann\n",
            (
                f"An encoding is one of {ENCODINGS}.",
                f"L'encodage est l'un des suivants\u00a0: {ENCODINGS}.",
                f"La codificación es una de las siguientes: {ENCODINGS}.",
            ),
        ),
        (
            {},
            "id,name\n1,A\0n\n",
            (
                "Line 2 is not utf-8: byte 12 of the file is NUL.",
                "La ligne 2 n'est pas en utf-8\u00a0: l'octet 12 du fichier est NUL.",
                "La línea 2 no está en utf-8: el byte 12 del archivo es NUL.",
            ),
        ),
    ],
)
@pytest.mark.usefixtures("_here")
async def test_a_file_that_cannot_be_taken_in_is_told_in_the_language(
    http: httpx2.AsyncClient, studio: Studio, tmp_path: Path, query: dict[str, str], body: str, said: tuple[str, ...]
) -> None:
    """Over HTTP and at the command line, with the remedy."""
    path, mapping = tmp_path / "bad.csv", tmp_path / "mapping.toml"
    path.write_bytes(body.encode())
    given = ["import", "clients", str(path), "--business", encode("Business", studio.business_id)]
    if "mapping" in query:
        mapping.write_text(query["mapping"], encoding="utf-8")
    options = {"mapping": str(mapping)} if "mapping" in query else query
    for tag, sentence in zip(TAGS, said, strict=True):
        answer = await sent(http, "clients", body, tag, **query)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["message"]) == (422, sentence)
        asked = [each for name, value in options.items() for each in (f"--{name}", value)]
        done = await command(*given, *asked, "--language", tag)
        assert done.exit_code == 1
        assert f"{sentence} {error['extensions']['remedy']}" in done.output


EXPORTED = {"en": "Rows: ", "fr": "Lignes\u00a0: ", "es": "Filas: "}
NOT_EMPTY = {
    "en": "The business already has locations. Restore an export into a business that was just opened.",
    "fr": "L'établissement contient déjà des données\u00a0: lieux. Restaurez une exportation dans",
    "es": "El negocio ya tiene datos: centros. Restaure una exportación en",
}
NO_EXPORT = {
    "en": "The file cannot be read: it is no whole export: it has no sessionpass.json that can be read.",
    "fr": "l'exportation n'est pas complète\u00a0: elle n'a pas de sessionpass.json lisible.",
    "es": "El archivo no se puede leer: la exportación no está completa: no tiene un sessionpass.json legible.",
}


@pytest.mark.usefixtures("_here")
async def test_an_export_that_does_not_go_back_is_told_in_the_language(studio: Studio, tmp_path: Path) -> None:
    """As is an export that was written."""
    business = ["--business", str(studio.business_id)]
    (tmp_path / "nothing").mkdir()
    for tag in TAGS:
        done = await command("export", *business, "--out", str(tmp_path / tag), "--language", tag)
        assert (done.exit_code, EXPORTED[tag] in done.output) == (0, True), done.output
        done = await command("restore", str(tmp_path / tag), *business, "--language", tag)
        assert (done.exit_code, NOT_EMPTY[tag] in done.output) == (1, True), done.output
        done = await command("restore", str(tmp_path / "nothing"), *business, "--language", tag)
        assert (done.exit_code, NO_EXPORT[tag] in done.output) == (1, True), done.output
