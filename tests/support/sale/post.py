"""A postman instead of a broker: the test decides when a message arrives, how often and in which order.

Messages leave the real outboxes and enter the real delivery code with its inbox, handler and
transaction; only RabbitMQ between them is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import MetaData, text

from chassis.clock import utc_now
from chassis.database import Database
from chassis.envelope import Envelope, MessageMeta
from chassis.inbox import Inbox
from chassis.messaging import Consumer
from chassis.messaging.delivery import Deliveries
from chassis.tables import inbox_table


@dataclass(frozen=True)
class Letter:
    """A message on its way to one consumer."""

    consumer: str
    message_type: str
    message_id: UUID
    body: bytes
    data: dict[str, Any]

    def __repr__(self) -> str:
        return f"{self.message_type} {self.data} for {self.consumer}"


@dataclass
class Delivery:
    """What aio-pika hands to the delivery code, as far as that looks at it."""

    body: bytes
    message_id: str
    routing_key: str
    headers: dict[str, Any] = field(default_factory=dict)
    settled: str = ""

    async def ack(self) -> None:
        self.settled = "acked"

    async def reject(self, *, requeue: bool) -> None:
        self.settled = "rejected"

    async def nack(self, *, requeue: bool) -> None:
        self.settled = "nacked"


class Post:
    """Collects what services sent and delivers it on request."""

    def __init__(self, databases: dict[str, Database], consumers: dict[str, Sequence[Consumer]]) -> None:
        self._databases = databases
        self._types = {
            consumer.name: set(consumer.message_types) for found in consumers.values() for consumer in found
        }
        self._deliveries = {
            consumer.name: _deliveries(service, consumer, databases[service])
            for service, found in consumers.items()
            for consumer in found
        }

    async def collect(self) -> list[Letter]:
        """Take everything out of the outboxes, as relays do: one letter for each consumer bound to it."""
        return [
            letter
            for service in self._databases
            for row in await self._take(service)
            for letter in self._letters(service, row)
        ]

    async def deliver(self, letter: Letter) -> None:
        """Hand the letter over; raises AssertionError unless its handler succeeded."""
        assert await self.try_to_deliver(letter), f"{letter} was left unanswered"

    async def try_to_deliver(self, letter: Letter) -> bool:
        """Hand the letter over; False when the process died before it answered."""
        delivery = Delivery(letter.body, str(letter.message_id), letter.message_type)
        deliveries = self._deliveries[letter.consumer]
        await deliveries.accept(delivery)  # pyright: ignore[reportArgumentType]
        await deliveries.drained()
        assert delivery.settled in {"acked", ""}, f"{letter} was {delivery.settled}"
        return delivery.settled == "acked"

    async def _take(self, service: str) -> Sequence[Any]:
        statement = text(
            f"WITH taken AS (DELETE FROM {service}.outbox RETURNING *) SELECT * FROM taken ORDER BY id"
        )
        async with self._databases[service].transaction() as tx:
            return (await tx.execute(statement)).all()

    def _letters(self, service: str, row: Any) -> list[Letter]:
        meta = MessageMeta(
            message_id=row.message_id,
            message_type=row.message_type,
            aggregate_id=str(row.aggregate_id),
            aggregate_version=row.aggregate_version,
            time=utc_now(),
            source=service,
        )
        body = Envelope(meta=meta, data=row.data).to_json()
        return [
            Letter(consumer, row.message_type, row.message_id, body, row.data)
            for consumer, types in self._types.items()
            if row.message_type in types
        ]


def _deliveries(service: str, consumer: Consumer, db: Database) -> Deliveries:
    return Deliveries(
        consumer=consumer.name,
        subscriptions=consumer._subscriptions,
        db=db,
        inbox=Inbox(inbox_table(MetaData(schema=service))),
        concurrency=1,
        delivery_limit=10,
    )
