"""A relay in the process that answers requests: what a request has committed is on its way at once.

The workers' relays would find it too, when they next poll. They remain the net under this one, which
therefore does not poll: it sends what this process commits, and whatever else it finds while doing so.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.database import Database
from chassis.messaging.broker import Broker
from chassis.outbox import Outbox
from chassis.relay import Relay
from chassis.settings import ServiceSettings

STOP_S_MAX = 2.0
_POLL_MS = 3_600_000


class RequestRelay:
    """Sends what the requests of this process commit to `outbox`, while `running`."""

    def __init__(self, settings: ServiceSettings, db: Database, outbox: Outbox) -> None:
        self._broker = Broker(settings.amqp_url, name=f"{settings.service_name}-api")
        self._relay = Relay(db, outbox, self._broker, _POLL_MS)
        db.on_messages(self._relay.wake)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send until the block ends, and then what is there; a broker that is away keeps nobody waiting."""
        sending = asyncio.create_task(self._relay.run())
        try:
            yield
        finally:
            self._relay.stop()
            await asyncio.wait([sending], timeout=STOP_S_MAX)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await self._broker.close()
