"""Record how many seats of an event are left, as reservation counted them."""

from catalog.storage.listings import set_availability
from chassis.database import Transaction
from messages.reservation import AvailabilityChanged


async def record_availability(tx: Transaction, *, message: AvailabilityChanged) -> None:
    """Write the counts down, unless newer ones are there: messages come late and out of order."""
    await set_availability(
        tx,
        event_id=message.event_id,
        version=message.version,
        available=message.available,
        total=message.total,
        categories=[category.model_dump() for category in message.categories],
        as_of=message.counted_at,
    )
