"""Ends sessions: here, on another device, or everywhere. Their refresh tokens are over at once, their
access tokens within ACCESS_TOKEN_S.
"""

from uuid import UUID

from accounts.domain.sessions import SessionNotFound
from accounts.storage.sessions import delete_session, delete_sessions
from chassis.database import Transaction


async def end_session(tx: Transaction, *, session_id: UUID, account_id: UUID) -> None:
    """End one session of the account. Raises SessionNotFound."""
    if not await delete_session(tx, session_id=session_id, account_id=account_id):
        raise SessionNotFound


async def end_all_sessions(tx: Transaction, *, account_id: UUID) -> None:
    """End every session of the account."""
    await delete_sessions(tx, account_id=account_id)


async def end_stolen_session(tx: Transaction, *, session_id: UUID) -> None:
    """End a session one of whose refresh tokens was used twice."""
    await delete_session(tx, session_id=session_id)
