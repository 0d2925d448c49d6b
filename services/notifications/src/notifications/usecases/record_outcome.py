"""Writes down what came of an attempt: that a mail was sent, skipped, given up or is to be tried again."""

from dataclasses import dataclass
from datetime import datetime

from chassis.backoff import backoff_s
from chassis.database import Transaction
from notifications.domain.mails import ClaimedMail, MailState
from notifications.domain.outcomes import GivenUp, Outcome, Postponed, Sent, Skipped
from notifications.metrics import mails_ended
from notifications.storage.mails import end_as_given_up, end_as_sent, end_as_skipped, postpone


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a mail that was not sent is tried again: first after `retry_s`, then after twice as long
    each time up to `retry_s_max`, until it has waited for `give_up_s`.
    """

    retry_s: float
    retry_s_max: float
    give_up_s: float


async def record_outcome(
    tx: Transaction, mail: ClaimedMail, *, outcome: Outcome, patience: Patience, now: datetime
) -> MailState | None:
    """The mail's state after this attempt; None when a later claim has it, and decides."""
    state = await _record(tx, mail, outcome=outcome, patience=patience, now=now)
    mails_ended(tx, state)
    return state


async def _record(
    tx: Transaction, mail: ClaimedMail, *, outcome: Outcome, patience: Patience, now: datetime
) -> MailState | None:
    match outcome:
        case Sent():
            await end_as_sent(tx, mail_id=mail.mail_id, now=now)
            return MailState.SENT
        case Skipped(reason):
            return await end_as_skipped(tx, mail, reason=reason, now=now)
        case GivenUp(failure, smtp_code):
            return await end_as_given_up(tx, mail, failure=failure, smtp_code=smtp_code, now=now)
        case Postponed(failure, smtp_code):
            pause_s = backoff_s(mail.claims, first_s=patience.retry_s, most_s=patience.retry_s_max)
            return await postpone(
                tx,
                mail,
                failure=failure,
                smtp_code=smtp_code,
                pause_s=pause_s,
                give_up_s=patience.give_up_s,
            )
