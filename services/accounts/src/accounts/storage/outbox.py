"""Sends messages with the transaction that changed the state they tell of."""

from accounts.storage.tables import OUTBOX
from chassis.database import Transaction
from messages.base import Message

__all__ = ["OUTBOX", "send"]


async def send(tx: Transaction, *messages: Message) -> None:
    """Commit the messages with `tx`; the relay publishes them at least once each."""
    await OUTBOX.enqueue(tx, *messages)
