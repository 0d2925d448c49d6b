"""Old records of mails are deleted; the inbox and the owners keep their causes from coming again."""

from chassis.database import Transaction
from notifications.storage import mails


async def forget_mails(tx: Transaction, *, keep_s: int, mails_max: int) -> int:
    """Delete at most `mails_max` records of mails that ended `keep_s` ago; gives how many."""
    return await mails.forget_mails(tx, keep_s=keep_s, mails_max=mails_max)
