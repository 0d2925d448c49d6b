"""What catalog listens to: message type -> use case."""

from catalog.usecases.record_availability import record_availability
from chassis.database import Transaction
from chassis.envelope import MessageMeta
from chassis.messaging import Consumer, on
from messages.reservation import AvailabilityChanged


def consumers() -> list[Consumer]:
    """Each consumer with what it listens to; its name is also that of its queue."""
    return [Consumer("catalog.availability", [on(AvailabilityChanged, _availability_changed)])]


async def _availability_changed(tx: Transaction, message: AvailabilityChanged, _meta: MessageMeta) -> None:
    await record_availability(tx, message=message)
