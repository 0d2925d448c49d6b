"""Opens a session for somebody who has just proved their password."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.domain.account import Credentials, CredentialsWrong, Rights
from accounts.domain.sessions import RefreshToken, Session, SessionLimits
from accounts.storage.accounts import fingerprint_of, lock_credentials, save_password
from accounts.storage.rights import rights_of
from accounts.storage.sessions import add_refresh_token, add_session, delete_sessions
from chassis.database import Transaction
from chassis.ids import new_id
from chassis.sealing import Sealer


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenSession:
    """A session with what its tokens are made of."""

    session: Session
    refresh_token: RefreshToken
    rights: Rights
    email_fingerprint: str


async def open_session(
    tx: Transaction,
    *,
    sealer: Sealer,
    proven: Credentials,
    new_password_hash: str | None,
    device_name: str | None,
    limits: SessionLimits,
    now: datetime,
) -> OpenSession:
    """Open a session; `new_password_hash` replaces a hash made with weaker parameters.

    Raises CredentialsWrong when the account is gone or its password was changed since it was proved.
    """
    account = await lock_credentials(tx, account_id=proven.account_id)
    if account != proven:
        raise CredentialsWrong
    if new_password_hash is not None:
        await save_password(tx, account_id=proven.account_id, password_hash=new_password_hash)
    await delete_sessions(tx, account_id=proven.account_id, newest=limits.sessions_max - 1)
    session = Session(
        session_id=new_id(),
        account_id=proven.account_id,
        authenticated_at=now,
        last_used_at=now,
        ends_at=now + timedelta(seconds=limits.session_s_max),
    )
    await add_session(tx, sealer=sealer, session=session, device_name=device_name)
    return await renewed(tx, session=session, limits=limits, now=now)


async def renewed(tx: Transaction, *, session: Session, limits: SessionLimits, now: datetime) -> OpenSession:
    """The session with a new refresh token, and the rights its account has at this moment."""
    return OpenSession(
        session=session,
        refresh_token=await add_refresh_token(tx, session=session, limits=limits, now=now),
        rights=await rights_of(tx, account_id=session.account_id),
        email_fingerprint=await fingerprint_of(tx, account_id=session.account_id),
    )
