"""Exchanges a refresh token for the next one. A token that comes twice betrays that it was stolen."""

from datetime import datetime
from uuid import UUID

from accounts.domain.sessions import RefreshTokenInvalid, RefreshTokenReused, SessionLimits
from accounts.storage.sessions import lock_session, touch_session, use_refresh_token, was_used
from accounts.usecases.open_session import OpenSession, renewed
from chassis.database import Transaction


async def refresh_session(
    tx: Transaction, *, session_id: UUID, token_sha256: bytes, limits: SessionLimits, now: datetime
) -> OpenSession:
    """Use up the token of the session and give the next one.

    Raises RefreshTokenInvalid; or RefreshTokenReused, after which the caller ends the session in a
    transaction of its own, because this one is rolled back.
    """
    session = await lock_session(tx, session_id=session_id)
    if session is None:
        raise RefreshTokenInvalid
    if not await use_refresh_token(tx, token_sha256=token_sha256):
        if await was_used(tx, token_sha256=token_sha256):
            raise RefreshTokenReused(session_id)
        raise RefreshTokenInvalid
    await touch_session(tx, session_id=session_id, at=now)
    return await renewed(tx, session=session, limits=limits, now=now)
