"""Every forgery of an access token that RFC 8725 warns of is refused, by a service that takes EdDSA and
by one that takes an OpenID Connect provider's algorithms as well.

Tokens are put together by hand here: no library would make most of them.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from fastapi import APIRouter
from joserfc.jwk import OctKey, OKPKey, RSAKey

from chassis.access import CurrentPrincipal
from chassis.http import create_http_app
from chassis.settings import ServiceSettings

router = APIRouter()


@router.get("/me")
async def me(principal: CurrentPrincipal) -> str:
    return principal.subject


OURS: Any = OKPKey.generate_key("Ed25519", {"kid": "ours"})
RSA: Any = RSAKey.generate_key(2048, {"kid": "rsa"})
STRANGER: Any = OKPKey.generate_key("Ed25519", {"kid": "stranger"})
KEY_SET = {"keys": [OURS.as_dict(private=False), RSA.as_dict(private=False)]}
EVERY_ALGORITHM = "EdDSA,RS256,PS256,ES256"


@pytest.fixture(params=["EdDSA", EVERY_ALGORITHM], ids=["eddsa", "any-provider"])
async def client(request, tmp_path):
    (tmp_path / "keys.jwks").write_text(json.dumps(KEY_SET))
    settings = ServiceSettings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        amqp_url="amqp://127.0.0.1:1",
        access_token_jwks=str(tmp_path / "keys.jwks"),
        access_token_algorithms=request.param,
        access_log=False,
    )
    app = create_http_app(
        title="T", description="", version="1", settings=settings, routers=[router], problem_table={}
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        yield client


def encoded(part: object) -> str:
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(**changes):
    good = {"iss": "https://rowlock.local", "aud": "rowlock", "sub": "paula", "exp": time.time() + 60}
    return {key: value for key, value in (good | changes).items() if value is not None}


def header(**changes):
    return {"alg": "EdDSA", "typ": "at+jwt", "kid": "ours"} | changes


def signed(head, body, key=OURS) -> str:
    text = f"{encoded(head)}.{encoded(body)}"
    return f"{text}.{encoded(key.private_key.sign(text.encode()))}"


def hmac_signed(head, body, secret: bytes, digest="sha256") -> str:
    text = f"{encoded(head)}.{encoded(body)}"
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), digest))}"


def rsa_signed(head, body) -> str:
    text = f"{encoded(head)}.{encoded(body)}"
    signature = RSA.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{encoded(signature)}"


def tampered(token: str, **changes) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{encoded(claims(**changes))}.{signature}"


def cut(token: str, chars: int) -> str:
    return token[:-chars]


def pem(key) -> bytes:
    return key.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def der(key) -> bytes:
    return key.public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def raw(key) -> bytes:
    return key.public_key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def jwk(key) -> bytes:
    return json.dumps(key.as_dict(private=False)).encode()


FORGERIES = {
    "nothing": "",
    "not a token": "nonsense",
    "two parts": f"{encoded(header())}.{encoded(claims())}",
    "five parts, as if encrypted": ".".join([encoded(header()), "", "", encoded(claims()), ""]),
    "header that is a list": f"{encoded([])}.{encoded(claims())}.AAAA",
    "header without alg": signed({"typ": "at+jwt", "kid": "ours"}, claims()),
    "alg none": f"{encoded(header(alg='none'))}.{encoded(claims())}.",
    "alg None in capitals": f"{encoded(header(alg='NoNe'))}.{encoded(claims())}.",
    "alg none with a good signature": signed(header(alg="none"), claims()),
    "alg that is a list": signed(header(alg=["EdDSA"]), claims()),
    "alg in lower case": signed(header(alg="eddsa"), claims()),
    "another algorithm than the key's": signed(header(alg="RS256"), claims()),
    "EdDSA by the name of an RSA key": signed(header(kid="rsa"), claims()),
    "HS256 with the Ed25519 public key's bytes": hmac_signed(header(alg="HS256"), claims(), raw(OURS)),
    "HS256 with the Ed25519 public key as PEM": hmac_signed(header(alg="HS256"), claims(), pem(OURS)),
    "HS256 with the Ed25519 public key as JWK": hmac_signed(header(alg="HS256"), claims(), jwk(OURS)),
    "HS512 with the Ed25519 public key": hmac_signed(header(alg="HS512"), claims(), raw(OURS), "sha512"),
    "HS256 with the RSA public key as PEM": hmac_signed(header(alg="HS256", kid="rsa"), claims(), pem(RSA)),
    "HS256 with the RSA public key as DER": hmac_signed(header(alg="HS256", kid="rsa"), claims(), der(RSA)),
    "HS256 with the RSA public key as JWK": hmac_signed(header(alg="HS256", kid="rsa"), claims(), jwk(RSA)),
    "HS256 with no secret": hmac_signed(header(alg="HS256"), claims(), b""),
    "empty signature": f"{encoded(header())}.{encoded(claims())}.",
    "signature of nothing": f"{encoded(header())}.{encoded(claims())}.{encoded(bytes(64))}",
    "signature cut short": cut(signed(header(), claims()), 4),
    "claims changed": tampered(signed(header(), claims()), sub="peter"),
    "roles added": tampered(signed(header(), claims()), roles=["operator"]),
    "header changed": encoded(header(extra=1)) + signed(header(), claims())[len(encoded(header())) :],
    "a stranger's key": signed(header(), claims(), STRANGER),
    "an unknown key": signed(header(kid="stranger"), claims(), STRANGER),
    "no kid among several keys": signed({"alg": "EdDSA", "typ": "at+jwt"}, claims()),
    "kid that is a list": signed(header(kid=["ours"]), claims()),
    "kid that is a path": signed(header(kid="../../../dev/null"), claims(), STRANGER),
    "its own key in the header": signed(header(jwk=STRANGER.as_dict(private=False)), claims(), STRANGER),
    "its own key, signed by ours": signed(header(jwk=OURS.as_dict(private=False)), claims()),
    "its own key set's address": signed(header(jku="https://evil.example/jwks"), claims(), STRANGER),
    "a key set's address, signed by ours": signed(header(jku="https://evil.example/jwks"), claims()),
    "a certificate's address": signed(header(x5u="https://evil.example/x.pem"), claims()),
    "a critical extension": signed(header(crit=["exp"], exp=1), claims()),
    "an unknown critical extension": signed(header(crit=["rowlock"], rowlock=True), claims()),
    "a payload as it is (b64)": signed(header(b64=False, crit=["b64"]), claims()),
    "another issuer": signed(header(), claims(iss="https://evil.example")),
    "issuer with a slash more": signed(header(), claims(iss="https://rowlock.local/")),
    "no issuer": signed(header(), claims(iss=None)),
    "another audience": signed(header(), claims(aud="elsewhere")),
    "audience that only contains ours": signed(header(), claims(aud="rowlock-orders")),
    "a list of other audiences": signed(header(), claims(aud=["a", "b"])),
    "no audience": signed(header(), claims(aud=None)),
    "a hold token": signed(header(typ="hold+jwt"), claims()),
    "an id token": signed(header(typ="JWT"), claims()),
    "no type": signed({"alg": "EdDSA", "kid": "ours"}, claims()),
    "expired": signed(header(), claims(exp=time.time() - 1)),
    "no expiry": signed(header(), claims(exp=None)),
    "expiry that is text": signed(header(), claims(exp="2099-01-01")),
    "expiry that is true": signed(header(), claims(exp=True)),
    "not valid yet": signed(header(), claims(nbf=time.time() + 600)),
    "no subject": signed(header(), claims(sub=None)),
    "an empty subject": signed(header(), claims(sub="")),
    "a subject too long for a key": signed(header(), claims(sub="x" * 256)),
    "a subject with a NUL": signed(header(), claims(sub="pau\0la")),
    "claims that are a list": signed(header(), [1, 2]),
    "claims that are no JSON": signed(header(), b"{"),
    "deeply nested claims": signed(header(), b"[" * 20_000),
    "too long": signed(header(), claims(padding="x" * 40_000)),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_token_is_refused(client, forgery):
    answer = await client.get("/me", headers={"Authorization": f"Bearer {FORGERIES[forgery]}"})

    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert answer.headers["www-authenticate"].startswith('Bearer realm="rowlock"')


async def test_the_same_token_unforged_is_taken(client):
    answer = await client.get("/me", headers={"Authorization": f"Bearer {signed(header(), claims())}"})

    assert (answer.status_code, answer.json()) == (200, "paula")


async def test_headers_that_ask_for_nothing_are_ignored(client):
    token = signed(header(x5t="abc", whatever=1, typ="application/AT+JWT"), claims(whatever=1))

    assert (await client.get("/me", headers={"Authorization": f"Bearer {token}"})).status_code == 200


async def test_a_token_by_an_algorithm_that_is_not_named_is_refused_though_its_key_is_known(client, request):
    token = rsa_signed(header(alg="RS256", kid="rsa"), claims())
    answer = await client.get("/me", headers={"Authorization": f"Bearer {token}"})

    named = "any-provider" in request.node.name
    assert answer.status_code == (200 if named else 401)


async def test_a_secret_in_a_key_set_verifies_nothing(client, tmp_path):
    secret = OctKey.generate_key(256, {"kid": "secret", "alg": "HS256"})
    (tmp_path / "keys.jwks").write_text(json.dumps({"keys": [*KEY_SET["keys"], secret.as_dict()]}))
    token = hmac_signed(header(alg="HS256", kid="secret"), claims(), secret.raw_value)

    assert (await client.get("/me", headers={"Authorization": f"Bearer {token}"})).status_code == 401


def test_the_forgeries_are_of_the_real_thing():
    """A forgery that is refused for a slip of this file would prove nothing."""
    text, _, signature = FORGERIES["HS256 with the RSA public key as PEM"].rpartition(".")
    expected = hmac.new(pem(RSA), text.encode(), hashlib.sha256).digest()
    assert encoded(expected) == signature
