"""Access tokens that are not to be believed: each is right in everything but one thing."""

import hmac
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwk, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

Json = dict[str, Any]
Forgery = Callable[[OKPKey, Json], str]
"""Makes a token of the issuer's own key, as if it had leaked, and of claims that are right."""


def sign(key: OKPKey, claims: Json, **header: Any) -> str:
    """As the issuer signs, but for what `header` says. By hand: libraries refuse to make what is wrong."""
    header = {"alg": "EdDSA", "typ": "at+jwt", "kid": key.kid} | header
    return _compact(header, claims, key.private_key.sign)  # pyright: ignore[reportAttributeAccessIssue,reportOptionalMemberAccess] - an Ed25519 key


def _compact(header: Json, claims: Json, signature_of: Callable[[bytes], bytes]) -> str:
    signed = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
    return f"{signed}.{_b64(signature_of(signed.encode()))}"


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _without_algorithm(name: str) -> Forgery:
    return lambda key, claims: _compact({"alg": name, "typ": "at+jwt", "kid": key.kid}, claims, lambda _: b"")


def _with_hmac_of(secret: Callable[[OKPKey], bytes]) -> Forgery:
    """Signed with HS256, the secret being what everybody can read: the public key."""

    def forge(key: OKPKey, claims: Json) -> str:
        header = {"alg": "HS256", "typ": "at+jwt", "kid": key.kid}
        return _compact(header, claims, lambda signed: hmac.digest(secret(key), signed, "sha256"))

    return forge


def _with_own_key(
    make: Callable[[], jwk.Key], algorithm: str, *, claimed_kid: bool, embedded: bool
) -> Forgery:
    """Signed with the forger's key, under the issuer's key id or inside the token for all to believe."""

    def forge(key: OKPKey, claims: Json) -> str:
        own = make()
        header: Json = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid if claimed_kid else "forged"}
        if embedded:
            header["jwk"] = own.as_dict(private=False)
        return jwt.encode(header, claims, own, algorithms=[algorithm])

    return forge


def _claiming(**changes: Any) -> Forgery:
    return lambda key, claims: sign(key, claims | changes)


def _leaving_out(name: str) -> Forgery:
    return lambda key, claims: sign(key, {claim: value for claim, value in claims.items() if claim != name})


def _tampered(part: int) -> Forgery:
    """One character in the middle of a part is another one."""

    def forge(key: OKPKey, claims: Json) -> str:
        parts = sign(key, claims).split(".")
        text = parts[part]
        at = len(text) // 2
        parts[part] = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        return ".".join(parts)

    return forge


def _promoted(key: OKPKey, claims: Json) -> str:
    """The signature of a buyer's token under the claims of an operator."""
    header, _, signature = sign(key, claims).split(".")
    claims = claims | {"roles": ["operator", "organizer"]}
    return f"{header}.{_b64(json.dumps(claims).encode())}.{signature}"


def _stranger() -> OKPKey:
    return OKPKey.generate_key("Ed25519")


FORGERIES: Mapping[str, Forgery] = {
    "without a signature, alg none": _without_algorithm("none"),
    "without a signature, alg None": _without_algorithm("None"),
    "without a signature, alg EdDSA": _without_algorithm("EdDSA"),
    "without its signature": lambda key, claims: sign(key, claims).rpartition(".")[0] + ".",
    "HS256 under the public key": _with_hmac_of(lambda key: key.public_key.public_bytes_raw()),
    "HS256 under the public key in PEM": _with_hmac_of(lambda key: key.as_pem(private=False)),
    "HS256 under the public JWK": _with_hmac_of(lambda key: json.dumps(key.as_dict(private=False)).encode()),
    "HS256 under the x of the public JWK": _with_hmac_of(
        lambda key: str(key.as_dict(private=False)["x"]).encode()
    ),
    "RS256 under the issuer's key id": _with_own_key(
        lambda: RSAKey.generate_key(2048), "RS256", claimed_kid=True, embedded=False
    ),
    "ES256 under the issuer's key id": _with_own_key(
        lambda: ECKey.generate_key("P-256"), "ES256", claimed_kid=True, embedded=False
    ),
    "another's key": _with_own_key(_stranger, "EdDSA", claimed_kid=False, embedded=False),
    "another's key under the issuer's key id": _with_own_key(
        _stranger, "EdDSA", claimed_kid=True, embedded=False
    ),
    "another's key inside the token": _with_own_key(_stranger, "EdDSA", claimed_kid=False, embedded=True),
    "RS256, the key inside the token": _with_own_key(
        lambda: RSAKey.generate_key(2048), "RS256", claimed_kid=True, embedded=True
    ),
    "a key to be fetched": lambda key, claims: sign(key, claims, jku="http://127.0.0.1:9/jwks.json"),
    "a header that must be understood": lambda key, claims: sign(key, claims, crit=["mind"], mind="this"),
    "typ JWT": lambda key, claims: sign(key, claims, typ="JWT"),
    "typ of a hold token": lambda key, claims: sign(key, claims, typ="hold+jwt"),
    "no typ": lambda key, claims: sign(key, claims, typ=""),
    "another's audience": _claiming(aud="somebody-else"),
    "audience of hold tokens": _claiming(aud="rowlock-orders"),
    "no audience": _leaving_out("aud"),
    "another's issuer": _claiming(iss="https://somebody-else.example"),
    "no issuer": _leaving_out("iss"),
    "expired": _claiming(exp=int(time.time()) - 3600),
    "without an end": _leaving_out("exp"),
    "not yet good": _claiming(nbf=int(time.time()) + 3600),
    "of nobody": _leaving_out("sub"),
    "header tampered with": _tampered(0),
    "claims tampered with": _tampered(1),
    "signature tampered with": _tampered(2),
    "promoted to operator": _promoted,
    "no token at all": lambda key, claims: secrets.token_urlsafe(32),
}
