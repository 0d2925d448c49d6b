"""Sessions and their refresh tokens.

Whoever uses a session locks its row first, so that a refresh and the end of the session follow one
another; a refresh token is used by one conditional UPDATE, so that of two at the same instant one wins.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from accounts.domain.sessions import RefreshToken, Session, SessionLimits
from accounts.storage.sealed import DEVICE
from accounts.storage.tables import refresh_tokens, sessions
from chassis.database import Snapshot, Transaction
from chassis.sealing import Sealer

REFRESH_TOKEN_BYTES = 32
_SESSION = (
    sessions.c.session_id,
    sessions.c.account_id,
    sessions.c.authenticated_at,
    sessions.c.last_used_at,
    sessions.c.ends_at,
)


def token_hash(token: str) -> bytes:
    """What is stored of a refresh token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


async def add_session(tx: Transaction, *, sealer: Sealer, session: Session, device_name: str | None) -> None:
    """Insert a new session, without a refresh token yet."""
    device = {"device_name": device_name}
    await tx.execute(
        insert(sessions).values(
            session_id=session.session_id,
            account_id=session.account_id,
            sealed=await sealer.seal_json(device, place=DEVICE.place, row=str(session.session_id)),
            authenticated_at=session.authenticated_at,
            last_used_at=session.last_used_at,
            ends_at=session.ends_at,
        )
    )


async def add_refresh_token(
    tx: Transaction, *, session: Session, limits: SessionLimits, now: datetime
) -> RefreshToken:
    """A new token of the session, good until it is used or over; never longer than the session."""
    token = secrets.token_urlsafe(REFRESH_TOKEN_BYTES)
    expires_at = min(now + timedelta(seconds=limits.refresh_token_s), session.ends_at)
    await tx.execute(
        insert(refresh_tokens).values(
            token_sha256=token_hash(token), session_id=session.session_id, expires_at=expires_at
        )
    )
    return RefreshToken(token=token, expires_at=expires_at)


async def session_of_token(connection: Snapshot, *, token_sha256: bytes) -> UUID | None:
    """The session a refresh token belongs to, used or not."""
    statement = select(refresh_tokens.c.session_id).where(refresh_tokens.c.token_sha256 == token_sha256)
    return await connection.scalar(statement)


async def lock_session(
    tx: Transaction, *, session_id: UUID, account_id: UUID | None = None
) -> Session | None:
    """Lock a session that is not over, and is `account_id`'s if that is given."""
    statement = select(*_SESSION).where(
        sessions.c.session_id == session_id, sessions.c.ends_at > func.clock_timestamp()
    )
    if account_id is not None:
        statement = statement.where(sessions.c.account_id == account_id)
    row = (await tx.execute(statement.with_for_update(key_share=True))).mappings().one_or_none()
    return Session(**row) if row else None


async def use_refresh_token(tx: Transaction, *, token_sha256: bytes) -> bool:
    """Use up a token whose session is locked; False when it was used before or is over."""
    statement = (
        update(refresh_tokens)
        .where(
            refresh_tokens.c.token_sha256 == token_sha256,
            refresh_tokens.c.used_at.is_(None),
            refresh_tokens.c.expires_at > func.clock_timestamp(),
        )
        .values(used_at=func.clock_timestamp())
        .returning(refresh_tokens.c.session_id)
    )
    return (await tx.execute(statement)).first() is not None


async def was_used(tx: Transaction, *, token_sha256: bytes) -> bool:
    """Whether a token that cannot be used was used before, rather than over."""
    statement = select(refresh_tokens.c.used_at.is_not(None)).where(
        refresh_tokens.c.token_sha256 == token_sha256
    )
    return bool(await tx.scalar(statement))


async def touch_session(tx: Transaction, *, session_id: UUID, at: datetime) -> None:
    """Remember when a session was last used."""
    # Not backwards: clocks of replicas differ.
    last_used_at = func.greatest(sessions.c.last_used_at, at)
    await tx.execute(
        update(sessions).where(sessions.c.session_id == session_id).values(last_used_at=last_used_at)
    )


async def delete_session(tx: Transaction, *, session_id: UUID, account_id: UUID | None = None) -> bool:
    """End a session, of `account_id` if that is given; False when there is none."""
    statement = delete(sessions).where(sessions.c.session_id == session_id)
    if account_id is not None:
        statement = statement.where(sessions.c.account_id == account_id)
    return (await tx.execute(statement.returning(sessions.c.session_id))).first() is not None


async def delete_sessions(
    tx: Transaction, *, account_id: UUID, but: UUID | None = None, newest: int = 0
) -> None:
    """End the sessions of an account, except `but` and the `newest` ones last used."""
    kept = (
        select(sessions.c.session_id)
        .where(sessions.c.account_id == account_id)
        .order_by(sessions.c.last_used_at.desc(), sessions.c.session_id.desc())
        .limit(newest)
    )
    statement = delete(sessions).where(
        sessions.c.account_id == account_id, sessions.c.session_id.not_in(kept)
    )
    if but is not None:
        statement = statement.where(sessions.c.session_id != but)
    await tx.execute(statement)


async def delete_ended(tx: Transaction, *, rows_max: int) -> int:
    """Forget some sessions and refresh tokens whose time is over; gives how many."""
    total = 0
    for table, key, ends_at in (
        (sessions, sessions.c.session_id, sessions.c.ends_at),
        (refresh_tokens, refresh_tokens.c.token_sha256, refresh_tokens.c.expires_at),
    ):
        over = (
            select(key)
            .where(ends_at < func.clock_timestamp())
            .limit(rows_max)
            .with_for_update(skip_locked=True)
        )
        total += (await tx.execute(delete(table).where(key.in_(over)))).rowcount
    return total
