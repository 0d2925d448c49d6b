"""An operator has a mail sent again."""

from uuid import UUID

from chassis.database import Transaction
from notifications.domain.mails import MailState
from notifications.storage.mails import open_again


class MailNotFound(Exception):
    """There is no mail with this id."""


async def resend_mail(tx: Transaction, *, mail_id: UUID) -> MailState:
    """Make it due now; gives its state before. A mail that ended becomes a new edition, no copy of the old.

    Its facts are asked for again, so a person who is gone gets nothing. Raises MailNotFound.
    """
    before = await open_again(tx, mail_id=mail_id)
    if before is None:
        raise MailNotFound(str(mail_id))
    return before
