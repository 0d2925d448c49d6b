"""Which tokens open a door at the gateway, and what becomes of a session when one is stolen or a key changes."""

import asyncio
import json
import time
import uuid
from collections import Counter

import httpx
import pytest
from joserfc import jws

from support.forgery import FORGERIES, sign
from support.stage.person import API, Person, problem

EVENT = "01990000-0000-7000-8000-000000000001"
DOORS = [
    ("GET", "/accounts/me"),
    ("GET", "/organizer/events"),
    ("GET", f"/events/{EVENT}/blocked-seats"),
    ("POST", "/holds"),  # without a token it is a guest's door; a bad token must not make one a guest
    ("GET", "/orders"),
    ("POST", "/orders"),
]
ROUNDS, AT_ONCE = 5, 8
CALLERS = 6


@pytest.fixture(scope="module")
def right_claims():
    now = int(time.time())
    return {
        "iss": "https://rowlock.local",
        "aud": "rowlock",
        "sub": str(uuid.uuid4()),
        "client_id": "tests",
        "iat": now,
        "exp": now + 3600,
        "jti": str(uuid.uuid4()),
        "roles": ["buyer", "organizer"],
        "organizations": {EVENT: ["organizer"]},
    }


@pytest.mark.parametrize("kind", FORGERIES)
async def test_a_token_that_is_not_right_opens_no_door(stage, right_claims, kind):
    token = FORGERIES[kind](stage.system.signing_key, right_claims)
    for method, path in DOORS:
        answer = await knock(stage, method, path, token)
        assert [401, "unauthenticated"] == [answer.status_code, problem(answer)], f"{method} {path}"
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_that_is_right_opens_every_door(stage, right_claims):
    """Or the test above would prove nothing."""
    token = sign(stage.system.signing_key, right_claims)
    for method, path in DOORS[1:]:  # the first one is for accounts that exist
        assert 401 != (await knock(stage, method, path, token)).status_code, f"{method} {path}"


async def test_one_kind_of_token_is_not_taken_for_another(stage):
    holder, guest = await stage.register(), stage.guest()
    hold = await guest.hold(await stage.event(), "Stalls-1-1")
    order = await guest.order(hold)
    tokens = {
        "access": holder.token,
        "refresh": holder.refresh_token,
        "hold": hold["hold_token"],
        "order": order["order_access_token"],
    }
    for kind in ("refresh", "hold", "order"):
        for method, path in DOORS:
            assert 401 == (await knock(stage, method, path, tokens[kind])).status_code, f"{kind} at {path}"
    for kind in ("access", "refresh", "order"):
        bearer = stage.guest().holding({"hold_token": tokens[kind]})
        refused = await bearer.send("GET", f"/holds/{hold['hold_id']}")
        assert refused.status_code in (401, 404), kind
    for kind in ("access", "refresh", "hold"):
        bearer = stage.guest().owning({"order_access_token": tokens[kind]})
        assert 404 == (await bearer.send("GET", f"/orders/{order['order_id']}")).status_code, kind
        await bearer.write("POST", "/sessions/refresh", {"refresh_token": tokens["order"]}, expect=401)


async def test_a_refresh_token_used_twice_ends_the_session_it_was_stolen_from(stage):
    first = await stage.register()
    elsewhere = await first.log_in_again()
    second = await first.refresh()

    refused = await refresh(stage.gateway, first.refresh_token)
    assert [401, "refresh-token-invalid"] == [refused.status_code, problem(refused)]
    assert 401 == (await refresh(stage.gateway, second.refresh_token)).status_code, (
        "thief or owner: both are out"
    )
    await elsewhere.refresh()


async def test_the_same_refresh_sent_again_gets_the_same_answer(stage):
    """The answer was lost on its way: the client asks again under the same key, and is no thief."""
    first, key = await stage.register(), str(uuid.uuid4())
    answers = [await refresh(stage.gateway, first.refresh_token, key=key) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert 200 == (await refresh(stage.gateway, answers[0].json()["refresh_token"])).status_code


async def test_a_refresh_token_used_by_many_at_the_same_instant_is_used_once(stage):
    """On both replicas: what decides is the database."""
    replicas = [httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) for url in accounts_urls(stage)]
    assert len(replicas) == 2
    holder = await stage.register()
    try:
        for _ in range(ROUNDS):
            holder = await holder.log_in_again()
            sent = [refresh(replicas[n % 2], holder.refresh_token) for n in range(AT_ONCE)]
            answers = await asyncio.gather(*sent)
            statuses = Counter(answer.status_code for answer in answers)
            assert {200: 1, 401: AT_ONCE - 1} == statuses
            (won,) = [answer.json() for answer in answers if answer.is_success]
            assert 401 == (await refresh(stage.gateway, won["refresh_token"])).status_code
    finally:
        await asyncio.gather(*(replica.aclose() for replica in replicas))


async def test_nobody_is_logged_out_when_the_signing_key_changes(stage):
    holders = await asyncio.gather(*(stage.register() for _ in range(CALLERS)))
    before, statuses, signed_anew = await published_keys(stage), Counter[int](), asyncio.Event()

    async def keep_calling(holder) -> None:
        """Until some token is signed with the new key, and once more with it."""
        seen = False
        while not seen:
            seen = signed_anew.is_set()
            holder = await holder.refresh()
            for path in ("/accounts/me", "/orders"):
                statuses[(await stage.gateway.get(API + path, headers=bearer(holder.token))).status_code] += 1
            if key_of(holder.token) not in before:
                signed_anew.set()

    callers = asyncio.gather(*(keep_calling(holder) for holder in holders))
    await asyncio.to_thread(stage.system.rowlock, "keys", "rotate-signing")
    await asyncio.wait_for(callers, timeout=60)

    assert {200} == set(statuses)
    for holder in holders:  # their first tokens, signed with the old key
        await holder.get("/orders")
    assert before < await published_keys(stage), "the old key is still published"


async def knock(stage, method: str, path: str, token: str) -> httpx.Response:
    headers = bearer(token) | {"Idempotency-Key": str(uuid.uuid4())}
    body = {"event_id": EVENT, "seat_ids": ["A-1"]} if method == "POST" else None
    return await stage.gateway.request(method, API + path, json=body, headers=headers)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def refresh(client: httpx.AsyncClient, token: str, *, key: str | None = None) -> httpx.Response:
    return await Person(gateway=client).send("POST", "/sessions/refresh", {"refresh_token": token}, key=key)


def accounts_urls(stage) -> list[str]:
    ports = json.loads(stage.system.home.ports_file.read_text())
    return [f"http://127.0.0.1:{port}" for name, port in ports.items() if name.startswith("accounts-api-")]


async def published_keys(stage) -> set[str]:
    answer = (await stage.gateway.get("/.well-known/jwks.json")).raise_for_status()
    return {key["kid"] for key in answer.json()["keys"]}


def key_of(token: str) -> str:
    return jws.extract_compact(token.encode()).headers()["kid"]
