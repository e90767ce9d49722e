"""The operator's commands take ids as anything here shows them, and say which keys there are."""

from uuid import UUID

import pytest
from typer.testing import CliRunner

from api.cli import app
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
