"""Only who holds a current key is answered, as the one the key was made for."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request

from api.auth import Authenticator
from models.errors import Unauthenticated
from models.operations.create_business import create_api_key
from models.queries import tenants
from models.rules.values import Role
from models.runtime import Runtime
from models.settings import Settings
from tests.api.serving import bearer, served
from tests.studio import Studio, open_studio


def _request(header: str | None) -> Request:
    headers = [] if header is None else [(b"authorization", header.encode())]
    return Request({"type": "http", "method": "POST", "path": "/graphql", "headers": headers})


async def _revoke_all(studio: Studio) -> None:
    """Revoke every key, as the tables' owner would."""
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.exec_driver_sql("UPDATE api_keys SET revoked_at = now()")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Count how often a key was looked up."""
    calls: list[Any] = []
    look_up = tenants.key_owner

    async def counted(*args: Any) -> Any:
        calls.append(args)
        return await look_up(*args)

    monkeypatch.setattr(tenants, "key_owner", counted)
    return calls


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nope",
        "Bearer sp_unknown",
        "Basic sp_x",
        f"Bearer sp_{'x' * 5000}",
        "sp_x",
    ],
)
async def test_without_a_known_key_nobody_is_found(runtime: Runtime, header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await Authenticator(runtime).caller(_request(header))


@pytest.mark.parametrize("role", [Role.OWNER, Role.STAFF, Role.PARTNER, Role.CLIENT])
async def test_a_key_speaks_for_its_role_in_its_business(studio: Studio, role: Role) -> None:
    client_id = studio.client if role is Role.CLIENT else None
    key = await create_api_key(studio.runtime, studio.business_id, role, "key", client_id)

    caller = await Authenticator(studio.runtime).caller(_request(f"bearer   {key} "))

    assert (caller.owner.role, caller.owner.client_id) == (role, client_id)
    assert caller.business.id == caller.owner.business_id == studio.business_id


async def test_a_key_is_looked_up_once_in_two_seconds_and_a_test_clock_is_never_old(
    studio: Studio, found: list[Any]
) -> None:
    key = await create_api_key(studio.runtime, studio.business_id, Role.STAFF, "key")
    authenticator = Authenticator(studio.runtime)

    first = await authenticator.caller(_request(f"Bearer {key}"))
    later = studio.began + timedelta(days=1)
    await studio.advance(later)
    second = await authenticator.caller(_request(f"Bearer {key}"))

    assert len(found) == 1
    assert first.business.test_clock_at == studio.began
    assert second.business.test_clock_at == later


async def test_a_business_in_real_time_is_remembered_with_its_key(runtime: Runtime, found: list[Any]) -> None:
    studio = await open_studio(runtime, None)
    key = await create_api_key(runtime, studio.business_id, Role.STAFF, "key")
    authenticator = Authenticator(runtime)

    callers = [await authenticator.caller(_request(f"Bearer {key}")) for _ in range(3)]

    assert len(found) == 1
    assert callers[0] is callers[1] is callers[2]


async def test_a_revoked_key_stops_working_within_two_seconds(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.REMEMBERED_SECONDS", 0.0)
    key = await create_api_key(studio.runtime, studio.business_id, Role.STAFF, "key")
    authenticator = Authenticator(studio.runtime)
    await authenticator.caller(_request(f"Bearer {key}"))
    await _revoke_all(studio)
    with pytest.raises(Unauthenticated):
        await authenticator.caller(_request(f"Bearer {key}"))


async def test_only_so_many_keys_are_remembered(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.REMEMBERED_MAX", 2)
    keys = [await create_api_key(studio.runtime, studio.business_id, Role.STAFF, "key") for _ in range(3)]
    authenticator = Authenticator(studio.runtime)
    for key in keys:
        await authenticator.caller(_request(f"Bearer {key}"))
    assert len(authenticator._callers) == 2


async def test_over_http_a_missing_key_is_401_with_code_remedy_and_challenge(
    settings: Settings, runtime: Runtime, studio: Studio
) -> None:
    key = await create_api_key(runtime, studio.business_id, Role.STAFF, "key")
    async with served(settings, runtime) as client:
        for headers in ({}, bearer("sp_unknown")):
            answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            error = answer.json()["errors"][0]
            assert error["extensions"]["code"] == "UNAUTHENTICATED"
            assert error["message"]
            assert error["extensions"]["remedy"]
        answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=bearer(key))
        assert answer.json() == {"data": {"__typename": "Query"}}
        introspection = {"query": "{ __schema { queryType { name } } }"}
        assert (await client.post("/graphql", json=introspection)).status_code == 401
        assert (await client.get("/graphql", headers={"Accept": "text/html"})).status_code == 200
