"""An account was erased: nothing more goes to it, and no record names it."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from notifications.domain.mails import MailState
from notifications.metrics import mails_ended
from notifications.storage import mails
from notifications.storage.mails import Unnamed


async def skip_mails_of_account(tx: Transaction, *, account_id: UUID, now: datetime) -> Unnamed:
    """Gives how many mails were left unsent, and how many records named the account.

    A mail that comes to us later is not sent either: its owner answers that the person is gone.
    """
    found = await mails.skip_mails_of_account(tx, account_id=account_id, now=now)
    mails_ended(tx, MailState.SKIPPED, number=found.unsent)
    return found
