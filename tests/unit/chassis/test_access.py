"""Who may pass, and what those are told who may not."""

import asyncio
import json
import time
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter

from chassis.access import AccessTokens, CurrentPrincipal, OptionalPrincipal, Principal, requires
from chassis.http import create_http_app
from chassis.settings import ServiceSettings
from chassis.signing import KeySet, TokenInvalid, create_key, sign
from support.waiting import wait_until

router = APIRouter()


@router.get("/me")
async def me(principal: CurrentPrincipal) -> dict[str, object]:
    return {"subject": principal.subject, "roles": sorted(principal.roles), "name": principal.name}


@router.get("/anyone")
async def anyone(principal: OptionalPrincipal) -> str | None:
    return principal.subject if principal else None


@router.get("/managers")
async def managers(manager: Annotated[Principal, requires("manager", "director")]) -> str:
    return manager.subject


@pytest.fixture(scope="module")
def key():
    return create_key()


@pytest.fixture
def settings(tmp_path) -> ServiceSettings:
    return ServiceSettings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        amqp_url="amqp://127.0.0.1:1",
        access_token_jwks=str(tmp_path / "keys.jwks"),
        access_log=False,
    )


@pytest.fixture
def app(settings):
    return create_http_app(
        title="T", description="", version="1", settings=settings, routers=[router], problem_table={}
    )


@pytest.fixture
async def client(app, key, tmp_path):
    (tmp_path / "keys.jwks").write_text(json.dumps(key.public_set()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        yield client


def _bearer(key, **claims) -> dict[str, str]:
    values = {
        "iss": "https://rowlock.local",
        "aud": "rowlock",
        "sub": "paula",
        "exp": time.time() + 60,
        "roles": ["clerk"],
    }
    return {"Authorization": f"Bearer {sign(values | claims, key, 'at+jwt')}"}


async def test_a_token_names_its_principal(client, key):
    response = await client.get("/me", headers=_bearer(key, name="Paula P."))
    assert response.json() == {"subject": "paula", "roles": ["clerk"], "name": "Paula P."}


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Basic abc", "Bearer nonsense", "Bearer a.b.c"]
)
async def test_nobody_is_told_to_sign_in(client, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await client.get("/me", headers=headers)
    assert (response.status_code, response.json()["type"]) == (401, "/problems/unauthenticated")
    assert response.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"aud": "x"}, {"iss": "x"}, {"sub": ""}, {"sub": 3}, {"roles": "x"}]
)
async def test_a_token_that_is_not_good_is_refused_even_where_none_is_needed(client, key, claims):
    for path in ("/me", "/anyone"):
        assert (await client.get(path, headers=_bearer(key, **claims))).status_code == 401


async def test_a_public_route_needs_no_token_and_knows_its_bearer(client, key):
    assert (await client.get("/anyone")).json() is None
    assert (await client.get("/anyone", headers=_bearer(key))).json() == "paula"


async def test_a_role_is_required(client, key):
    refused = await client.get("/managers", headers=_bearer(key))
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert (await client.get("/managers", headers=_bearer(key, roles=["director"]))).status_code == 200
    assert (await client.get("/managers")).status_code == 401


async def test_keys_that_cannot_be_read_are_503_until_they_can(client, key, tmp_path):
    (tmp_path / "keys.jwks").rename(tmp_path / "away")
    response = await client.get("/me", headers=_bearer(key))
    assert (response.status_code, response.json()["type"]) == (503, "/problems/access-keys-unavailable")
    (tmp_path / "away").rename(tmp_path / "keys.jwks")

    async def readable() -> bool:
        return (await client.get("/me", headers=_bearer(key))).status_code == 200

    await wait_until(readable)


async def test_an_address_of_keys_that_is_none_is_503(client, app, key, settings):
    nowhere = settings.model_copy(update={"access_token_jwks": "http://127.0.0.1:port/jwks"})
    app.state.access_tokens = AccessTokens(nowhere)
    response = await client.get("/me", headers=_bearer(key))
    assert (response.status_code, response.json()["type"]) == (503, "/problems/access-keys-unavailable")


async def test_a_verified_token_is_remembered_until_it_expires(settings, key, monkeypatch):
    checks = []

    def count(token, *rest):
        checks.append(token)
        return {"sub": "paula", "exp": time.time() + 0.2}

    monkeypatch.setattr("chassis.key_source.verify", count)
    tokens = AccessTokens(settings, key.key_set())
    for _ in range(5):
        await tokens.principal("token")
    assert len(checks) == 1
    await asyncio.sleep(0.25)
    await tokens.principal("token")
    assert len(checks) == 2


@pytest.fixture
def read_again_at_once(settings, monkeypatch) -> ServiceSettings:
    """Settings of a service that takes every key set for old, and may read it again at any time."""
    monkeypatch.setattr("chassis.key_source.REFRESH_EVERY_S", 0)
    return settings.model_copy(update={"jwks_reload_every_s": 0})


async def test_a_verified_token_is_forgotten_when_its_key_is_withdrawn(read_again_at_once, key, tmp_path):
    file = tmp_path / "keys.jwks"
    file.write_text(json.dumps(key.public_set()))
    tokens = AccessTokens(read_again_at_once)
    token = _bearer(key)["Authorization"].removeprefix("Bearer ")
    assert (await tokens.principal(token)).subject == "paula"
    assert (await tokens.principal(token)).subject == "paula"
    file.write_text(json.dumps(create_key().public_set()))

    async def refused() -> bool:
        try:
            await tokens.principal(token)
        except TokenInvalid:
            return True
        return False

    await wait_until(refused)


async def test_a_token_verified_while_its_key_was_being_withdrawn_is_verified_again(
    settings, key, monkeypatch
):
    answers = iter([{"sub": "paula", "exp": time.time() + 60}, TokenInvalid("signed by an unknown key")])
    keys = key.key_set()

    def verify_as_the_key_is_withdrawn(*_):
        keys.generation += 1
        answer = next(answers)
        if isinstance(answer, TokenInvalid):
            raise answer
        return answer

    monkeypatch.setattr("chassis.key_source.verify", verify_as_the_key_is_withdrawn)
    tokens = AccessTokens(settings, keys)
    await tokens.principal("token")
    with pytest.raises(TokenInvalid):
        await tokens.principal("token")


async def test_a_verified_token_is_remembered_when_the_same_keys_are_read_again(
    read_again_at_once, key, tmp_path, monkeypatch
):
    checks, reads = [], []

    def count_checks(token, *_):
        checks.append(token)
        return {"sub": "paula", "exp": time.time() + 60}

    def count_reads(keys: KeySet) -> None:
        reload(keys)
        reads.append(keys)

    reload = KeySet.reload
    monkeypatch.setattr(KeySet, "reload", count_reads)
    monkeypatch.setattr("chassis.key_source.verify", count_checks)
    (tmp_path / "keys.jwks").write_text(json.dumps(key.public_set()))
    tokens = AccessTokens(read_again_at_once)

    async def read_twice_again() -> bool:
        await tokens.principal("token")
        return len(reads) >= 2

    await wait_until(read_twice_again)
    assert checks == ["token"]


async def test_remembered_tokens_are_bounded(settings, key, monkeypatch):
    monkeypatch.setattr(
        "chassis.key_source.verify", lambda token, *_: {"sub": token, "exp": time.time() + 60}
    )
    monkeypatch.setattr("chassis.access.CACHED_TOKENS_MAX", 10)
    tokens = AccessTokens(settings, key.key_set())
    for number in range(50):
        await tokens.principal(str(number))
    assert len(tokens._verified) == 10


async def test_openapi_says_which_routes_are_secured(client):
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert paths["/me"]["get"]["security"] == [{"accessToken": []}]
    assert paths["/anyone"]["get"]["security"] == [{}, {"accessToken": []}]
    assert {"401", "403"} <= set(paths["/managers"]["get"]["responses"])
