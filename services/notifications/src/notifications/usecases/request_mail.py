"""Something happened that a person is to hear of."""

from datetime import datetime

from chassis.database import Transaction
from notifications.domain.mails import Cause
from notifications.storage.mails import add_mail


async def request_mail(tx: Transaction, *, cause: Cause, now: datetime) -> None:
    """Record the one mail of this cause; told again, it changes nothing."""
    await add_mail(tx, cause, now=now)
