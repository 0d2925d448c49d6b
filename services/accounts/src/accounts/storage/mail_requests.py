"""Mails that somebody is to get, and the links in them that work once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import RowMapping

from accounts.domain.mails import LinkInvalid, MailKind
from accounts.storage.tables import accounts, mail_requests
from chassis.database import Snapshot, Transaction
from chassis.ids import new_id


@dataclass(frozen=True, kw_only=True, slots=True)
class MailRequest:
    """Of an account, or of an invitation; `password_hash` is what a verification confirms."""

    mail_request_id: UUID
    kind: MailKind
    account_id: UUID | None
    invitation_id: UUID | None
    password_hash: str | None
    expires_at: datetime


async def add_mail_request(
    tx: Transaction,
    *,
    kind: MailKind,
    good_for_s: int,
    now: datetime,
    account_id: UUID | None = None,
    invitation_id: UUID | None = None,
    password_hash: str | None = None,
) -> UUID:
    """Insert a request and give its id; the message that leads to the mail is the caller's to send."""
    mail_request_id = new_id()
    await tx.execute(
        insert(mail_requests).values(
            mail_request_id=mail_request_id,
            kind=kind,
            account_id=account_id,
            invitation_id=invitation_id,
            password_hash=password_hash,
            created_at=now,
            expires_at=now + timedelta(seconds=good_for_s),
        )
    )
    return mail_request_id


async def find_mail_request(
    connection: Snapshot | Transaction, *, mail_request_id: UUID, kind: MailKind | None = None
) -> MailRequest | None:
    """A request whose mail may be sent and whose link works; None when it is used up, over or gone."""
    statement = select(*_COLUMNS).where(_is_good(mail_request_id))
    row = (await connection.execute(statement)).mappings().one_or_none()
    if row is None or (kind is not None and row["kind"] != kind):
        return None
    return _mail_request(row)


async def is_of_first_registration(tx: Transaction, *, account_id: UUID, password_hash: str) -> bool:
    """Whether the password came with the registration that made the account; False when that is forgotten."""
    first = (
        select(mail_requests.c.mail_request_id)
        .join(accounts, accounts.c.account_id == mail_requests.c.account_id)
        .where(
            accounts.c.account_id == account_id,
            mail_requests.c.password_hash == password_hash,
            mail_requests.c.created_at == accounts.c.created_at,
        )
    )
    return (await tx.execute(first)).first() is not None


async def use_mail_request(tx: Transaction, *, mail_request_id: UUID, kind: MailKind) -> MailRequest:
    """Use up a link; of two at once one wins. Raises LinkInvalid."""
    statement = (
        update(mail_requests)
        .where(_is_good(mail_request_id), mail_requests.c.kind == kind)
        .values(used_at=func.clock_timestamp())
        .returning(*_COLUMNS)
    )
    row = (await tx.execute(statement)).mappings().one_or_none()
    if row is None:
        raise LinkInvalid
    return _mail_request(row)


async def void_links(tx: Transaction, *, account_id: UUID) -> None:
    """No link that was mailed to this account before works any more."""
    linking = (MailKind.EMAIL_VERIFICATION, MailKind.PASSWORD_RESET)
    await tx.execute(
        update(mail_requests)
        .where(
            mail_requests.c.account_id == account_id,
            mail_requests.c.kind.in_(linking),
            mail_requests.c.used_at.is_(None),
        )
        .values(used_at=func.clock_timestamp())
    )


async def delete_over(tx: Transaction, *, rows_max: int) -> int:
    """Forget some requests whose time is over; gives how many."""
    over = (
        select(mail_requests.c.mail_request_id)
        .where(mail_requests.c.expires_at < func.clock_timestamp())
        .limit(rows_max)
        .with_for_update(skip_locked=True)
    )
    statement = delete(mail_requests).where(mail_requests.c.mail_request_id.in_(over))
    return (await tx.execute(statement)).rowcount


_COLUMNS = (
    mail_requests.c.mail_request_id,
    mail_requests.c.kind,
    mail_requests.c.account_id,
    mail_requests.c.invitation_id,
    mail_requests.c.password_hash,
    mail_requests.c.expires_at,
)


def _is_good(mail_request_id: UUID) -> Any:
    return (
        (mail_requests.c.mail_request_id == mail_request_id)
        & mail_requests.c.used_at.is_(None)
        & (mail_requests.c.expires_at > func.clock_timestamp())
    )


def _mail_request(row: RowMapping) -> MailRequest:
    columns: dict[str, Any] = dict(row)
    columns["kind"] = MailKind(columns["kind"])
    return MailRequest(**columns)
