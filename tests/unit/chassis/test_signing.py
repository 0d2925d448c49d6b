"""A token is taken only from the right issuer, for us, of the right kind, in its time."""

import base64
import json
import stat
import time

import pytest

from chassis.signing import (
    KeySet,
    KeySetUnavailable,
    KeyUnknown,
    SigningKey,
    TokenExpired,
    TokenInvalid,
    create_key,
    sign,
    verify,
)

KEY = create_key()
NOW = 1_800_000_000


def _claims(**changes):
    return {"iss": "https://issuer", "aud": "us", "sub": "paula", "exp": NOW + 60} | changes


def _verify(token: str, keys: KeySet | None = None):
    return verify(token, keys or KEY.key_set(), "at+jwt", "us", "https://issuer", now=NOW)


def test_a_good_token_gives_its_claims():
    assert _verify(sign(_claims(), KEY, "at+jwt"))["sub"] == "paula"
    assert _verify(sign(_claims(aud=["them", "us"]), KEY, "at+jwt"))["sub"] == "paula"


@pytest.mark.parametrize(
    ("changes", "typ"),
    [
        ({"iss": "https://other"}, "at+jwt"),
        ({"aud": "them"}, "at+jwt"),
        ({"aud": None}, "at+jwt"),
        ({"exp": None}, "at+jwt"),
        ({"exp": "soon"}, "at+jwt"),
        ({"nbf": NOW + 60}, "at+jwt"),
        ({}, "hold+jwt"),
        ({}, "JWT"),
    ],
)
def test_a_token_that_is_not_for_us_is_refused(changes, typ):
    with pytest.raises(TokenInvalid):
        _verify(sign(_claims(**changes), KEY, typ))


def test_an_expired_token_says_what_it_was():
    with pytest.raises(TokenExpired) as raised:
        _verify(sign(_claims(exp=NOW), KEY, "at+jwt"))
    assert raised.value.claims["sub"] == "paula"


def test_a_stranger_cannot_sign():
    with pytest.raises(KeyUnknown):
        _verify(sign(_claims(), create_key(), "at+jwt"))


def _encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("a.b.c", id="three letters"),
        pytest.param("ą.b.c", id="not ASCII"),
        pytest.param("x" * 20_000, id="too long"),
        pytest.param(f"{_encoded({'alg': 'none', 'typ': 'at+jwt'})}.{_encoded(_claims())}.", id="alg none"),
        pytest.param(
            f"{_encoded({'alg': 'HS256', 'typ': 'at+jwt', 'kid': KEY.kid})}.{_encoded(_claims())}.AAAA",
            id="alg HS256",
        ),
        pytest.param(f"{_encoded([])}.{_encoded(_claims())}.AAAA", id="a header that is a list"),
    ],
)
def test_what_is_no_token_is_refused(token):
    with pytest.raises(TokenInvalid):
        _verify(token)


def test_changed_claims_break_the_signature():
    header, _, signature = sign(_claims(), KEY, "at+jwt").split(".")
    with pytest.raises(TokenInvalid):
        _verify(f"{header}.{_encoded(_claims(sub='peter'))}.{signature}")


def test_a_key_survives_its_file_which_only_its_owner_can_read(tmp_path):
    path = tmp_path / "key.jwk"
    KEY.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    loaded = SigningKey.load(path)
    assert loaded.kid == KEY.kid
    assert _verify(sign(_claims(), loaded, "at+jwt"))
    assert "d" not in loaded.public_set()["keys"][0]


def test_a_rotated_key_is_found_after_a_reload(tmp_path):
    path, new = tmp_path / "keys.jwks", create_key()
    path.write_text(json.dumps(KEY.public_set()))
    keys = KeySet.load(str(path))
    token = sign(_claims(), new, "at+jwt")
    with pytest.raises(KeyUnknown):
        _verify(token, keys)
    path.write_text(json.dumps({"keys": KEY.public_set()["keys"] + new.public_set()["keys"]}))
    keys.reload()
    assert _verify(token, keys)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"keys": [3]}', '{"keys": [{"kty": "OKP"}]}'])
def test_a_file_that_is_no_key_set_is_unavailable(tmp_path, content):
    path = tmp_path / "keys.jwks"
    path.write_text(content)
    with pytest.raises(KeySetUnavailable):
        KeySet.load(str(path))
    with pytest.raises(KeySetUnavailable):
        KeySet.load(str(tmp_path / "none"))


def test_the_clock_is_the_default_now():
    token = sign(_claims(exp=time.time() + 60), KEY, "at+jwt")
    assert verify(token, KEY.key_set(), "at+jwt", "us", "https://issuer")
