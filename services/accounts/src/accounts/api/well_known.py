"""What anybody may know of this issuer: its public keys, and where they are (RFC 8414)."""

from typing import Any

from fastapi import APIRouter, Response

from accounts.api.dependencies import AtDesk
from accounts.api.schemas import IssuerOut, KeySetOut
from chassis.clock import utc_now

router = APIRouter(prefix="/.well-known", tags=["keys"])


@router.get("/jwks.json", summary="Read the public keys of access tokens")
async def get_jwks(desk: AtDesk, response: Response) -> KeySetOut:
    """Keys that sign, that will sign soon, and that living tokens are signed with."""
    keys: list[dict[str, Any]] = await desk.keys.published(now=utc_now())
    # Shorter than SIGNING_KEY_PUBLISH_AHEAD_S: whoever kept the set has a new key before it signs.
    max_age_s = int(desk.settings.signing_key_publish_ahead_s / 2)
    response.headers["Cache-Control"] = f"public, max-age={max_age_s}"
    return KeySetOut(keys=keys)


@router.get("/oauth-authorization-server", summary="Read what this issuer is and does")
async def get_metadata(desk: AtDesk, response: Response) -> IssuerOut:
    """Authorization server metadata. It grants nothing by OAuth flows: one logs in at `/api/v1/sessions`."""
    response.headers["Cache-Control"] = "public, max-age=300"
    base = desk.settings.public_url.rstrip("/")
    return IssuerOut(
        issuer=desk.settings.access_token_issuer,
        jwks_uri=f"{base}/.well-known/jwks.json",
        service_documentation=f"{base}/docs/",
    )
