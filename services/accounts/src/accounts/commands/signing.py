"""`rowlock token` and `rowlock keys rotate-signing`: what is done with the signing keys of accounts."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer

from accounts.api.key_ring import KeyRing
from accounts.commands.process import Process, command, work_with
from accounts.domain.roles import MEMBER_ROLES, Role
from accounts.settings import Settings
from accounts.storage.signing_keys import note_long_token
from accounts.usecases.issue_access_token import TokenTerms, sign_claims
from accounts.usecases.rotate_signing_key import rotate_signing_key
from chassis.clock import utc_now
from chassis.signing import SigningKey

LIFETIME_S = 900
LIFETIME_S_MAX = 30 * 24 * 3600
CLIENT_ID = "rowlock-cli"

keys = typer.Typer(no_args_is_help=True)


@keys.command("rotate-signing")
def rotate_signing() -> None:
    """Publish a new key that access tokens will be signed with; nobody is logged out."""

    async def work(process: Process) -> tuple[str, datetime]:
        ahead_s = process.settings.signing_key_publish_ahead_s
        return await process.db.run(
            lambda tx: rotate_signing_key(tx, sealer=process.sealer, publish_ahead_s=ahead_s, now=utc_now())
        )

    kid, signs_at = command(work)
    typer.echo(f"key {kid} is published and signs from {signs_at:%Y-%m-%dT%H:%M:%SZ}")


def token(
    *,
    role: Annotated[list[Role], typer.Option(help="May be repeated.")],
    subject: Annotated[str, typer.Option(help="Whose token it is: any stable id.")] = "local-user",
    organization: Annotated[
        list[UUID] | None, typer.Option(help="Within which the roles are held; may be repeated.")
    ] = None,
    lifetime_s: Annotated[
        int, typer.Option(min=1, max=LIFETIME_S_MAX, help="Seconds it is valid.")
    ] = LIFETIME_S,
) -> None:
    """Print a signed access token, for a program or a try; people log in."""
    organizations = dict.fromkeys(organization or (), set(role) & MEMBER_ROLES)
    work = _minting(subject, role, organizations, lifetime_s)
    typer.echo(command(work))


def mint(
    *,
    subject: str,
    roles: Collection[str],
    organizations: Mapping[UUID, Collection[str]] | None = None,
    lifetime_s: int = LIFETIME_S,
    settings: Settings | None = None,
) -> str:
    """The same for a program. Settings come from the environment unless given; blocks."""
    return work_with(_minting(subject, roles, organizations or {}, lifetime_s), settings)


def load_signing_key(settings: Settings | None = None) -> SigningKey:
    """The key that signs now, for a program that makes many tokens. Blocks."""
    return work_with(lambda process: _key_ring(process).signing(now=utc_now()), settings)


def _minting(
    subject: str,
    roles: Collection[str],
    organizations: Mapping[UUID, Collection[str]],
    lifetime_s: int,
) -> Callable[[Process], Awaitable[str]]:
    async def work(process: Process) -> str:
        now = utc_now()
        key = await _key_ring(process).signing(now=now)
        # The key stays published as long as the token lives, also when keys are rotated meanwhile.
        ends_at = now + timedelta(seconds=lifetime_s)
        await process.db.run(lambda tx: note_long_token(tx, kid=key.kid, ends_at=ends_at))
        terms = TokenTerms(
            issuer=process.settings.access_token_issuer,
            audience=process.settings.access_token_audience,
            lifetime_s=lifetime_s,
        )
        return sign_claims(
            subject,
            roles=frozenset(map(Role, roles)),
            organizations={one: frozenset(map(Role, held)) for one, held in organizations.items()},
            terms=terms,
            key=key,
            now=now,
            client_id=CLIENT_ID,
        )

    return work


def _key_ring(process: Process) -> KeyRing:
    return KeyRing(
        process.db,
        process.sealer,
        read_every_s=process.settings.signing_key_read_every_s,
        over_s=process.settings.signing_key_over_s,
    )
