"""Any OpenID Connect provider stands in for accounts by settings: issuer, JWKS, audience, types,
algorithms, and the claims that carry roles."""

import json
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from pydantic import ValidationError

from chassis.access import AccessTokens, Principal
from chassis.settings import ServiceSettings
from chassis.signing import KeySet, KeySetUnavailable, TokenInvalid

ISSUER = "https://id.example/realms/shop"
THEATRE = UUID("0192f0c1-0000-7000-8000-000000000001")
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig", "alg": "RS256"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig"})


@pytest.fixture
def tokens_of(tmp_path):
    """AccessTokens of a service whose settings name a provider with these keys."""

    def make(*keys, **settings) -> AccessTokens:
        file = tmp_path / "provider.jwks"
        documents = [key if isinstance(key, dict) else key.as_dict(private=False) for key in keys]
        file.write_text(json.dumps({"keys": documents}))
        provider = {
            "database_url": "postgresql://nobody@127.0.0.1:1/none",
            "amqp_url": "amqp://127.0.0.1:1",
            "access_token_jwks": str(file),
            "access_token_issuer": ISSUER,
            "access_token_audience": "shop-api",
            "access_token_types": "at+jwt, JWT",
            "access_token_algorithms": "RS256, ES256",
            "access_token_roles_claim": "realm_access.roles",
        }
        return AccessTokens(ServiceSettings(**provider | settings))  # pyright: ignore[reportArgumentType]

    return make


def unbound(key, kid: str):
    """The same key without what says what it is for, as one who breaks the rule would use it."""
    document = key.as_dict(private=True)
    return type(key).import_key({k: v for k, v in document.items() if k not in ("use", "alg")} | {"kid": kid})


def token(key: Any = RSA, algorithm: str = "RS256", typ: str = "JWT", **changes: Any) -> str:
    claims = {
        "iss": ISSUER,
        "aud": ["account", "shop-api"],
        "sub": "f:7c1e:ada",
        "exp": int(time.time()) + 60,
        "realm_access": {"roles": ["organizer", "offline_access"]},
    }
    return jwt.encode({"alg": algorithm, "kid": key.kid, "typ": typ}, claims | changes, key, [algorithm])


async def test_a_provider_that_signs_with_rsa_and_nests_its_roles_is_taken(tokens_of):
    principal = await tokens_of(RSA, EC).principal(token())

    assert principal == Principal("f:7c1e:ada", frozenset({"organizer", "offline_access"}))


async def test_a_provider_that_signs_with_a_curve_is_taken(tokens_of):
    principal = await tokens_of(RSA, EC).principal(token(EC, "ES256", typ="at+jwt"))

    assert principal.subject == "f:7c1e:ada"


async def test_roles_may_be_in_a_claim_whose_name_has_dots(tokens_of):
    tokens = tokens_of(RSA, access_token_roles_claim="https://shop.example/roles")
    roles: dict[str, Any] = {"https://shop.example/roles": ["operator"]}
    principal = await tokens.principal(token(**roles))

    assert principal.roles == {"operator"}


@pytest.mark.parametrize(
    "changes", [{"realm_access": {}}, {"realm_access": None}, {"realm_access": ["organizer"]}]
)
async def test_who_has_no_roles_there_has_none(tokens_of, changes):
    assert (await tokens_of(RSA).principal(token(**changes, roles=["operator"]))).roles == frozenset()


async def test_roles_that_are_text_are_refused(tokens_of):
    with pytest.raises(TokenInvalid):
        await tokens_of(RSA).principal(token(realm_access={"roles": "operator"}))


async def test_rights_within_organizations_come_from_the_claim_that_is_named(tokens_of):
    tokens = tokens_of(RSA, access_token_organizations_claim="shop.organizations")
    granted = {str(THEATRE): ["organizer"], str(THEATRE).upper()[:-1] + "2": ["entrance_staff"]}
    principal = await tokens.principal(token(shop={"organizations": granted}))

    assert principal.organizations_as("organizer") == {THEATRE}
    assert principal.organizations_as("entrance_staff") == {UUID(int=THEATRE.int + 1)}
    assert principal.organizations_as("operator") == frozenset()


@pytest.mark.parametrize(
    "organizations",
    [
        ["acme"],
        "acme",
        {"acme": {"id": "42"}},
        {"acme": ["organizer"]},
        {str(THEATRE): "organizer"},
        {"": []},
        None,
    ],
)
async def test_what_another_provider_calls_organizations_gives_no_right(tokens_of, organizations):
    principal = await tokens_of(RSA).principal(token(organizations=organizations))

    assert principal.organizations_as("organizer") == frozenset()


async def test_what_our_own_issuer_says_besides_is_told(tokens_of):
    fingerprint = "ab" * 32
    principal = await tokens_of(RSA).principal(
        token(email_fingerprint=fingerprint, sid="s-1", auth_time=1_800_000_000, name="Ada")
    )

    assert (principal.email_fingerprint, principal.session_id) == (fingerprint, "s-1")
    assert (principal.authenticated_at, principal.name) == (1_800_000_000, "Ada")


async def test_claims_of_a_wrong_kind_are_as_if_they_were_not_there(tokens_of):
    principal = await tokens_of(RSA).principal(token(email_fingerprint=1, sid=[], auth_time=True, name={}))

    assert principal == Principal("f:7c1e:ada", principal.roles)


async def test_a_type_that_is_not_named_is_refused(tokens_of):
    with pytest.raises(TokenInvalid, match="another type"):
        await tokens_of(RSA).principal(token(typ="logout+jwt"))
    with pytest.raises(TokenInvalid, match="another type"):
        await tokens_of(RSA, access_token_types="at+jwt").principal(token(typ="JWT"))


@pytest.mark.parametrize("algorithms", ["ES256", "EdDSA", "PS256"])
async def test_an_algorithm_that_is_not_named_is_refused(tokens_of, algorithms):
    with pytest.raises(TokenInvalid, match="another algorithm"):
        await tokens_of(RSA, access_token_algorithms=algorithms).principal(token())


async def test_a_key_that_names_its_algorithm_verifies_no_other(tokens_of):
    with pytest.raises(TokenInvalid, match="another algorithm"):
        await tokens_of(RSA, access_token_algorithms="RS256,PS256").principal(
            token(unbound(RSA, "rsa-1"), "PS256")
        )


async def test_keys_of_no_use_are_passed_over(tokens_of):
    encrypting = RSAKey.generate_key(2048, {"kid": "enc", "use": "enc"})
    wrapping = RSAKey.generate_key(2048, {"kid": "wrap", "alg": "RSA-OAEP"})
    odd = {"kty": "EC", "crv": "secp256k1", "kid": "odd", "x": "AA", "y": "AA"}
    agreeing = OKPKey.generate_key("X25519", {"kid": "x"})
    secret = OctKey.generate_key(256, {"kid": "secret"})
    unheard_of = {"kty": "AKP", "alg": "ML-DSA-44", "kid": "new", "pub": "AA"}
    tokens = tokens_of(encrypting, wrapping, odd, agreeing, secret.as_dict(), unheard_of, RSA)

    assert (await tokens.principal(token())).subject == "f:7c1e:ada"
    for key in (encrypting, wrapping):
        with pytest.raises(TokenInvalid, match="unknown key"):
            await tokens.principal(token(unbound(key, str(key.kid))))


@pytest.mark.filterwarnings("ignore:Key size")
async def test_an_rsa_key_too_short_to_be_safe_verifies_nothing(tokens_of):
    short = RSAKey.generate_key(1024, {"kid": "short"})

    with pytest.raises(TokenInvalid, match="unknown key"):
        await tokens_of(RSA, short).principal(token(short))


@pytest.mark.parametrize("algorithms", ["HS256", "none", "", " , ", "EdDSA,HS256", "rs256"])
def test_a_service_that_is_told_to_take_an_unsafe_algorithm_does_not_start(tokens_of, algorithms):
    with pytest.raises(ValidationError, match="access_token_algorithms"):
        tokens_of(RSA, access_token_algorithms=algorithms)


def test_a_service_that_is_told_to_take_no_type_does_not_start(tokens_of):
    with pytest.raises(ValidationError, match="access_token_types"):
        tokens_of(RSA, access_token_types=" ,")


@pytest.fixture
def issuer():
    """A web server that answers with what is put into `document`."""
    document: list[bytes] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(document[0])

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 -- the library's name

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/jwks", document
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_key_set_is_read_over_http(issuer):
    url, document = issuer
    document.append(json.dumps({"keys": [RSA.as_dict(private=False)]}).encode())

    assert KeySet.load(url).find("rsa-1").algorithms == {"RS256"}


def test_an_endless_key_set_is_not_read_to_its_end(issuer, monkeypatch):
    monkeypatch.setattr("chassis.key_sets.DOCUMENT_BYTES_MAX", 1000)
    url, document = issuer
    document.append(json.dumps({"keys": [RSA.as_dict(private=False)], "padding": "x" * 1000}).encode())

    with pytest.raises(KeySetUnavailable):
        KeySet.load(url)
