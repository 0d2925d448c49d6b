"""Hold tokens and the keys that verify them, which may be away for a while."""

import asyncio
import json
import time
from uuid import uuid4

import pytest

from chassis.problems import ProblemError
from chassis.signing import KeySet, create_key, sign
from orders.api.hold_tokens import HoldTokens, HoldTokensInvalid
from orders.settings import Settings

KEY, UNKNOWN_KEY = create_key(), create_key()


@pytest.fixture
def jwks(tmp_path):
    path = tmp_path / "hold-tokens.jwks"
    path.write_text(json.dumps(KEY.public_set()))
    return path


@pytest.fixture
def tokens(jwks) -> HoldTokens:
    return HoldTokens(
        Settings(
            database_url="postgresql://nobody@127.0.0.1:1/none",
            amqp_url="amqp://nobody@127.0.0.1:1/none",
            hold_token_jwks=str(jwks),
        )
    )


def _token(key) -> str:
    claims = {
        "iss": "rowlock-reservation",
        "aud": "rowlock-orders",
        "exp": int(time.time()) + 60,
        "hold_id": str(uuid4()),
        "event_id": str(uuid4()),
        "seats": [["0-0", "Stalls"]],
    }
    return sign(claims, key, "hold+jwt")


async def test_a_key_rotated_in_is_found(tokens, jwks) -> None:
    tokens._keys.reload_every_s = 0
    await tokens.holds([_token(KEY)])
    jwks.write_text(json.dumps(UNKNOWN_KEY.public_set()))
    (hold,) = await tokens.holds([_token(UNKNOWN_KEY)])
    assert [seat.seat_id for seat in hold.seats] == ["0-0"]


async def test_an_unknown_key_is_503_while_the_keys_cannot_be_read(tokens, jwks) -> None:
    await tokens.holds([_token(KEY)])
    jwks.unlink()
    tokens._keys.reload_every_s = 0.2
    await asyncio.sleep(0.25)
    for _ in range(2):
        with pytest.raises(ProblemError) as refused:
            await tokens.holds([_token(UNKNOWN_KEY)])
        assert (refused.value.spec.status, refused.value.headers) == (503, {"Retry-After": "2"})
    (hold,) = await tokens.holds([_token(KEY)])
    assert hold.hold_id


async def test_names_of_unknown_keys_do_not_make_us_read_the_set_over_and_over(
    tokens, jwks, monkeypatch
) -> None:
    readings = []
    monkeypatch.setattr(KeySet, "reload", lambda _keys: readings.append(1))
    tokens._keys.reload_every_s = 0.2
    await tokens.holds([_token(KEY)])
    await asyncio.sleep(0.25)
    results = await asyncio.gather(
        *(tokens.holds([_token(UNKNOWN_KEY)]) for _ in range(5)), return_exceptions=True
    )
    assert {type(result) for result in results} == {HoldTokensInvalid}
    assert len(readings) == 1
