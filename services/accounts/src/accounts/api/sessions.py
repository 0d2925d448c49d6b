"""Logging in, staying logged in, logging out."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.api import problems
from accounts.api.credentials import proven_credentials
from accounts.api.dependencies import AtDesk, Desk, Me
from accounts.api.schemas import LoginIn, RefreshIn, SessionOpenedOut, SessionOut, SessionsOut
from accounts.domain.sessions import RefreshTokenInvalid, RefreshTokenReused
from accounts.queries.me import sessions_of
from accounts.storage.sessions import session_of_token, token_hash
from accounts.usecases.end_session import end_all_sessions, end_session, end_stolen_session
from accounts.usecases.issue_access_token import issue_access_token
from accounts.usecases.open_session import OpenSession, open_session
from accounts.usecases.refresh_session import refresh_session
from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.http import Db, SnapshotConn
from chassis.idempotency import IdempotentWrite
from chassis.logs import get_logger
from chassis.problems import TOO_MANY_REQUESTS, problem_responses
from chassis.signing import SigningKey

router = APIRouter(prefix="/sessions", tags=["sessions"])
log = get_logger()

# Tokens in an answer: no cache keeps them (RFC 6749, 5.1).
_NOT_CACHED = {"Cache-Control": "no-store"}


@router.post(
    "",
    status_code=201,
    response_model=SessionOpenedOut,
    summary="Log in",
    responses=problem_responses(problems.CREDENTIALS_WRONG, TOO_MANY_REQUESTS, problems.PASSWORDS_BUSY),
)
async def post_session(
    body: LoginIn, write: IdempotentWrite, request: Request, desk: AtDesk, db: Db
) -> Response:
    """An e-mail that is not registered, one that is not verified and a wrong password get one and the
    same answer, after the same work.
    """
    email_fingerprint = desk.fingerprints.email(body.email)
    await desk.limits.take("login", request, identity=email_fingerprint)
    proven = await proven_credentials(db, desk.passwords, email_fingerprint, body.password)
    new_hash = await desk.passwords.rehash(body.password, proven.password_hash)
    now = utc_now()
    key = await desk.keys.signing(now=now)

    async def work(tx: Transaction) -> SessionOpenedOut:
        opened = await open_session(
            tx,
            sealer=desk.sealer,
            proven=proven,
            new_password_hash=new_hash,
            device_name=body.device_name,
            limits=desk.session_limits,
            now=now,
        )
        return _opened(opened, desk, key, now)

    return await write.once(work, status=201, headers=_NOT_CACHED, scope=email_fingerprint)


@router.post(
    "/refresh",
    response_model=SessionOpenedOut,
    summary="Get the next pair of tokens",
    responses=problem_responses(problems.REFRESH_TOKEN_INVALID, TOO_MANY_REQUESTS),
)
async def post_refresh(
    body: RefreshIn, write: IdempotentWrite, request: Request, desk: AtDesk, db: Db
) -> Response:
    """A refresh token is good once: used again, it ends its session, because one of the two who used it
    stole it. The very same request again (the same Idempotency-Key) gets the same answer.
    """
    await desk.limits.take("refresh", request)
    token_sha256 = token_hash(body.refresh_token)
    async with db.snapshot() as connection:
        session_id = await session_of_token(connection, token_sha256=token_sha256)
    if session_id is None:
        raise RefreshTokenInvalid
    now = utc_now()
    key = await desk.keys.signing(now=now)

    async def work(tx: Transaction) -> SessionOpenedOut:
        opened = await refresh_session(
            tx, session_id=session_id, token_sha256=token_sha256, limits=desk.session_limits, now=now
        )
        return _opened(opened, desk, key, now)

    try:
        return await write.once(work, headers=_NOT_CACHED, scope=str(session_id))
    except RefreshTokenReused:
        # In a transaction of its own: the one that found out is rolled back with its refusal.
        await db.run(lambda tx: end_stolen_session(tx, session_id=session_id))
        log.warning("refresh_token_used_twice", session_id=str(session_id))
        raise RefreshTokenInvalid from None


@router.get("", summary="List your sessions")
async def get_sessions(me: Me, connection: SnapshotConn, desk: AtDesk) -> SessionsOut:
    """Every login that goes on, the one used last first."""
    rows = await sessions_of(connection, sealer=desk.sealer, account_id=me.account_id)
    items = [SessionOut.model_validate(row | {"current": row["session_id"] == me.session_id}) for row in rows]
    return SessionsOut(items=items)


@router.delete("", status_code=204, summary="Log out everywhere")
async def delete_all_sessions(me: Me, write: IdempotentWrite) -> Response:
    """Ends every session of the account, this one included."""
    return await write.once(lambda tx: end_all_sessions(tx, account_id=me.account_id), status=204)


@router.delete(
    "/current",
    status_code=204,
    summary="Log out here",
    responses=problem_responses(problems.SESSION_OVER, problems.SESSION_NOT_FOUND),
)
async def delete_current_session(me: Me, write: IdempotentWrite) -> Response:
    """Ends the session of the access token."""
    session_id = me.live_session
    return await write.once(
        lambda tx: end_session(tx, session_id=session_id, account_id=me.account_id), status=204
    )


@router.delete(
    "/{session_id}",
    status_code=204,
    summary="End one of your sessions",
    responses=problem_responses(problems.SESSION_NOT_FOUND),
)
async def delete_one_session(session_id: UUID, me: Me, write: IdempotentWrite) -> Response:
    """Another's session is not found."""
    return await write.once(
        lambda tx: end_session(tx, session_id=session_id, account_id=me.account_id), status=204
    )


def _opened(opened: OpenSession, desk: Desk, key: SigningKey, now: datetime) -> SessionOpenedOut:
    return SessionOpenedOut(
        access_token=issue_access_token(opened, terms=desk.token_terms, key=key, now=now),
        expires_in_s=desk.token_terms.lifetime_s,
        refresh_token=opened.refresh_token.token,
        refresh_expires_at=opened.refresh_token.expires_at,
        session_id=opened.session.session_id,
    )
