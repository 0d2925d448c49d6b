"""Stored answers of one person's writes: whose they are is told by their scope."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction

# A scope is the account, its e-mail's fingerprint (before anybody is logged in), one of its sessions
# (a refresh) or one of its mails (a link).
_FORGET = text("""
DELETE FROM accounts.idempotency
WHERE scope IN (CAST(:account_id AS text), :email_fingerprint)
   OR scope IN (SELECT session_id::text FROM accounts.sessions WHERE account_id = CAST(:account_id AS uuid))
   OR scope IN (SELECT mail_request_id::text FROM accounts.mail_requests
                WHERE account_id = CAST(:account_id AS uuid))
""")


async def forget_answers(tx: Transaction, *, account_id: UUID | None, email_fingerprint: str) -> None:
    """Delete them, before the account, if there is one, is deleted."""
    scope = None if account_id is None else str(account_id)
    await tx.execute(_FORGET, {"account_id": scope, "email_fingerprint": email_fingerprint})
