"""The operator's commands take ids as anything here shows them, and say which keys there are."""

import asyncio
from uuid import UUID

import pytest
from typer.testing import CliRunner

from api.cli import app
from models.queries import tenants
from models.rules.values import Language
from models.runtime import open_runtime
from models.settings import Settings
from schema.ids import encode

ROW = UUID("01a208de-7857-73eb-a2ee-7836f1b8bfe0")


@pytest.fixture(autouse=True)
def _no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli._join_servers", lambda **_: None)


def _said(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["create-key", *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    return " ".join(result.output.split())


@pytest.mark.parametrize("business", [str(ROW), encode("Business", ROW)])
def test_an_id_of_either_form_is_read_and_a_client_key_wants_its_client(business: str) -> None:
    assert "a CLIENT key names its client" in _said(business, "CLIENT")
    assert "a CLIENT key names its client" in _said(business, "STAFF", "--client", encode("Client", ROW))


@pytest.mark.parametrize("business", ["42", encode("Client", ROW)])
def test_what_is_no_id_of_a_business_is_refused(business: str) -> None:
    assert "is not the id of a business" in _said(business, "STAFF")


def test_there_are_no_keys_for_workers() -> None:
    assert "'WORKER' is not one of" in _said(str(ROW), "WORKER")


def test_a_business_speaks_one_of_our_languages() -> None:
    result = CliRunner().invoke(
        app, ["create-business", "Studio", "--zone", "Europe/Paris", "--language", "de"], env={"COLUMNS": "200"}
    )
    assert result.exit_code == 2
    assert "'de' is not one of 'en', 'fr', 'es'" in " ".join(result.output.split())


def test_an_operator_opens_a_business_that_speaks_french(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.operator.settings", lambda: settings)
    arguments = ["create-business", "Studio", "--zone", "Europe/Paris", "--language", "FR"]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    business_id = UUID(result.output.split()[1])

    async def spoken() -> Language:
        runtime = open_runtime(settings, pool_size=1)
        try:
            async with runtime.database.reading(business_id) as reader:
                business = await tenants.business(reader)
        finally:
            await runtime.close()
        assert business is not None
        return business.language

    assert asyncio.run(spoken()) is Language.FR
