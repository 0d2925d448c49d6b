"""Messages leave through here, in the transaction of the state they tell of."""

from catalog.storage.tables import OUTBOX
from chassis.database import Transaction
from messages.base import Message


async def enqueue(tx: Transaction, *messages: Message) -> None:
    """Send `messages` when `tx` commits, at least once each."""
    await OUTBOX.enqueue(tx, *messages)
