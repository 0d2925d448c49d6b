"""How many messages wait in a consumer's queue and in its dead letter queue, asked of the broker itself."""

import asyncio

from aio_pika.abc import AbstractChannel, AbstractConnection

from chassis.logs import get_logger
from chassis.messaging.connection import broker_errors, open_channel
from chassis.messaging.consumer_metrics import DEAD, WAITING
from chassis.messaging.topology import dead_queue_name
from chassis.publishing import BrokerUnavailable

ANSWER_TIMEOUT_S = 2.0
GOOD_FOR_S = 20.0
"""Of a figure; the consumer asks every few seconds."""

log = get_logger()


class QueueDepths:
    """Asks over a channel of its own: a queue that is not there, or does not answer, costs the consumer
    nothing but this figure.
    """

    def __init__(self, connection: AbstractConnection, *, consumer: str) -> None:
        self._connection = connection
        self._consumer = consumer
        self._channel: AbstractChannel | None = None

    async def look(self, *, waiting: int) -> None:
        """Tell how many are `waiting`, as the broker just said, and how many are dead."""
        WAITING.tell({(self._consumer,): waiting}, good_for_s=GOOD_FOR_S)
        try:
            with broker_errors():
                DEAD.tell({(self._consumer,): await self._dead_letters()}, good_for_s=GOOD_FOR_S)
        except BrokerUnavailable as error:
            log.info("dead_letters_not_counted", consumer=self._consumer, error=str(error))

    async def _dead_letters(self) -> int:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            if self._channel is None or self._channel.is_closed:
                self._channel = await open_channel(self._connection, confirms=False)
            queue = await self._channel.declare_queue(dead_queue_name(self._consumer), passive=True)
        return queue.declaration_result.message_count or 0
