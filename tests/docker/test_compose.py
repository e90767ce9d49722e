"""The compose file is well formed and says what the README promises. No container engine is needed."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.cli import app
from models.settings import Settings

DOCKER = Path(__file__).parents[2] / "docker"
OURS = ("api", "worker", "migrate")


@pytest.fixture
def services() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
    return read


def test_all_parts_are_there(services: dict[str, Any]) -> None:
    assert set(services) == {"postgres", "valkey", *OURS}
    assert services["postgres"]["image"] == "postgres:18"


def test_our_services_run_commands_that_exist(services: dict[str, Any]) -> None:
    commands = {command.name or (command.callback and command.callback.__name__) for command in app.registered_commands}
    assert {services[name]["command"][0] for name in OURS} == set(OURS)
    assert set(OURS) <= commands


def test_every_variable_is_a_setting(services: dict[str, Any]) -> None:
    known = {f"SESSIONPASS_{name}".upper() for name in Settings.model_fields} | {"DATABASE_URL", "REDIS_URL"}
    for name in OURS:
        assert set(services[name]["environment"]) <= known
        assert {"DATABASE_URL", "REDIS_URL"} <= set(services[name]["environment"])


def test_nothing_starts_before_what_it_needs(services: dict[str, Any]) -> None:
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("api", "worker"):
        needed = services[name]["depends_on"]
        assert needed["migrate"]["condition"] == "service_completed_successfully"
        assert needed["valkey"]["condition"] == "service_healthy"
    for name in ("postgres", "valkey"):
        assert services[name]["healthcheck"]["test"]


def test_only_the_api_is_published_and_only_to_this_machine(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert list(published) == ["api"]
    assert all(port.startswith("127.0.0.1:") for port in published["api"])


def test_no_password_is_written_down(services: dict[str, Any]) -> None:
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    for name in OURS:
        assert ":${POSTGRES_PASSWORD:?" in services[name]["environment"]["DATABASE_URL"]


def test_the_image_copies_what_exists_and_does_not_run_as_root() -> None:
    lines = (DOCKER / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1] not in {"root", "0"}
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in shlex.split(line)[1:-1]:
                assert (DOCKER.parent / source).exists(), source
    ignored = (DOCKER.parent / ".dockerignore").read_text().splitlines()
    assert not {"api", "models", "schema", "workers", "requirements.lock", "pyproject.toml", "LICENSE"} & set(ignored)
    images = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert all(":" in image and not image.endswith(":latest") for image in images)
