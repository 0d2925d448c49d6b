"""The mails: recorded once a cause, claimed by one worker at a time, and what became of them.

A claim is a lease: it moves `due_at` ahead, so a mail whose worker vanished is due again by itself,
on the database's clock. What a later claim has decided is not overwritten by an earlier one, with
one exception: a mail that was sent was sent.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text, update

from chassis.database import Transaction
from chassis.ids import new_id
from chassis.statements import RawConnection, Statement
from chassis.tracing import origin_columns
from notifications.domain.mails import Cause, ClaimedMail, Failure, MailKind, MailState, SkipReason
from notifications.storage.tables import mails

# The oldest due mail that nobody else is just taking. One at a time, because a lease must outlast
# what is done under it. now(), not clock_timestamp(): the index can stop at what does not change while
# the statement runs, and thousands of mails that wait for their next attempt are not looked at.
_CLAIM = Statement("""
UPDATE notifications.mails
SET claims = claims + 1, due_at = clock_timestamp() + make_interval(secs => :lease_s)
WHERE mail_id = (
    SELECT mail_id FROM notifications.mails
    WHERE state = 'waiting' AND due_at <= now()
    ORDER BY due_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING mail_id, kind, cause_id, cause_version, account_id, orders_found, claims, edition, waiting_since,
    traceparent, request_id
""")

# Given up when it has waited too long: decided in the statement, on the clock that set `waiting_since`.
_POSTPONE = text("""
UPDATE notifications.mails
SET reason = :reason,
    smtp_code = :smtp_code,
    due_at = clock_timestamp() + make_interval(secs => :pause_s),
    state = CASE WHEN over THEN 'given_up' ELSE 'waiting' END,
    ended_at = CASE WHEN over THEN clock_timestamp() END
FROM (SELECT waiting_since < clock_timestamp() - make_interval(secs => :give_up_s) AS over
      FROM notifications.mails WHERE mail_id = :mail_id) AS patience
WHERE mail_id = :mail_id AND state = 'waiting' AND claims = :claims
RETURNING state
""")

_ADD = Statement("""
INSERT INTO notifications.mails (mail_id, kind, cause_id, cause_version, account_id, orders_found, state,
    caused_at, waiting_since, due_at, traceparent, request_id)
VALUES (:mail_id, :kind, :cause_id, :cause_version, :account_id, :orders_found, :waiting,
    :now, clock_timestamp(), clock_timestamp(), :traceparent, :request_id)
ON CONFLICT DO NOTHING
""")

_SENT = Statement("""
UPDATE notifications.mails SET state = :sent, reason = NULL, smtp_code = NULL, ended_at = :now
WHERE mail_id = :mail_id
""")

_FORGET = text("""
DELETE FROM notifications.mails WHERE mail_id IN (
    SELECT mail_id FROM notifications.mails
    WHERE ended_at < clock_timestamp() - make_interval(secs => :keep_s)
    LIMIT :mails_max
    FOR UPDATE SKIP LOCKED
)
""")


class Unnamed(NamedTuple):
    """How many mails to an erased account were left unsent, and how many records named it."""

    unsent: int
    unnamed: int


async def add_mail(tx: Transaction, cause: Cause, *, now: datetime) -> bool:
    """Record a mail, due at once; False when its cause has one already."""
    added = await _ADD.run(
        tx,
        mail_id=new_id(),
        kind=cause.kind,
        cause_id=cause.cause_id,
        cause_version=cause.version,
        account_id=cause.account_id,
        orders_found=cause.orders_found,
        waiting=MailState.WAITING,
        now=now,
        **origin_columns(),
    )
    return added.rows_changed == 1


async def claim_mail(tx: Transaction | RawConnection, *, lease_s: float) -> ClaimedMail | None:
    """The mail that is due longest, for `lease_s`; None when none is due."""
    row = await (await _CLAIM.run(tx, lease_s=lease_s)).first()
    return None if row is None else _claimed(row)


async def end_as_sent(tx: Transaction, *, mail_id: UUID, now: datetime) -> None:
    """A server took it. Also when another claim has decided otherwise meanwhile: the record is true."""
    await _SENT.run(tx, mail_id=mail_id, sent=MailState.SENT, now=now)


async def end_as_skipped(
    tx: Transaction, mail: ClaimedMail, *, reason: SkipReason, now: datetime
) -> MailState | None:
    """Nobody should get it. None: another's claim now."""
    return await _end(tx, mail, state=MailState.SKIPPED, reason=reason, smtp_code=None, now=now)


async def end_as_given_up(
    tx: Transaction, mail: ClaimedMail, *, failure: Failure, smtp_code: int | None, now: datetime
) -> MailState | None:
    """It cannot be sent. None: another's claim now."""
    return await _end(tx, mail, state=MailState.GIVEN_UP, reason=failure, smtp_code=smtp_code, now=now)


async def postpone(
    tx: Transaction,
    mail: ClaimedMail,
    *,
    failure: Failure,
    smtp_code: int | None,
    pause_s: float,
    give_up_s: float,
) -> MailState | None:
    """Due after `pause_s`, or given up when it has waited for `give_up_s`. None: another's claim now."""
    values = {
        "mail_id": mail.mail_id,
        "claims": mail.claims,
        "reason": failure,
        "smtp_code": smtp_code,
        "pause_s": pause_s,
        "give_up_s": give_up_s,
    }
    state = (await tx.execute(_POSTPONE, values)).scalar_one_or_none()
    return None if state is None else MailState(state)


async def skip_mails_of_account(tx: Transaction, *, account_id: UUID, now: datetime) -> Unnamed:
    """Let nothing more go to an erased account, and keep no record that names it."""
    waiting = (mails.c.account_id == account_id) & (mails.c.state == MailState.WAITING)
    ended = {"state": MailState.SKIPPED, "reason": SkipReason.ACCOUNT_ERASED, "ended_at": now}
    unsent = (await tx.execute(update(mails).where(waiting).values(ended))).rowcount
    nameless = {"account_id": None, "traceparent": None, "request_id": None}
    unname = update(mails).where(mails.c.account_id == account_id).values(nameless)
    return Unnamed(unsent, (await tx.execute(unname)).rowcount)


async def open_again(tx: Transaction, *, mail_id: UUID) -> MailState | None:
    """Let a mail that ended wait again, as a new edition; gives its state before, None for no such mail.

    One that is waiting is only made due at once.
    """
    one = mails.c.mail_id == mail_id
    before = (await tx.execute(select(mails.c.state).where(one).with_for_update())).scalar_one_or_none()
    if before is None:
        return None
    values: dict[str, Any] = {"due_at": func.clock_timestamp()}
    if before != MailState.WAITING:
        values |= {
            "state": MailState.WAITING,
            "edition": mails.c.edition + 1,
            "waiting_since": func.clock_timestamp(),
            "ended_at": None,
            "reason": None,
            "smtp_code": None,
        }
    await tx.execute(update(mails).where(one).values(values))
    return MailState(before)


async def forget_mails(tx: Transaction, *, keep_s: int, mails_max: int) -> int:
    """Delete some records of mails that ended longer than `keep_s` ago; gives how many."""
    return (await tx.execute(_FORGET, {"keep_s": keep_s, "mails_max": mails_max})).rowcount


async def _end(
    tx: Transaction, mail: ClaimedMail, *, state: MailState, reason: str, smtp_code: int | None, now: datetime
) -> MailState | None:
    still_ours = (
        (mails.c.mail_id == mail.mail_id)
        & (mails.c.state == MailState.WAITING)
        & (mails.c.claims == mail.claims)
    )
    values = {"state": state, "reason": reason, "smtp_code": smtp_code, "ended_at": now}
    ended = update(mails).where(still_ours).values(values).returning(mails.c.state)
    return state if (await tx.execute(ended)).first() else None


def _claimed(row: Mapping[str, Any]) -> ClaimedMail:
    cause = Cause(
        kind=MailKind(row["kind"]),
        cause_id=row["cause_id"],
        version=row["cause_version"],
        account_id=row["account_id"],
        orders_found=row["orders_found"],
    )
    return ClaimedMail(
        mail_id=row["mail_id"],
        cause=cause,
        claims=row["claims"],
        edition=row["edition"],
        waiting_since=row["waiting_since"],
        traceparent=row["traceparent"],
        request_id=row["request_id"],
    )
