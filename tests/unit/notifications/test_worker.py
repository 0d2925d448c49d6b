"""The worker does not start without what each mail needs."""

import pytest

from chassis.internal_client import InternalKeyUnusable
from notifications.settings import Settings
from notifications.worker import create_worker


async def test_a_worker_that_could_ask_no_owner_does_not_start() -> None:
    settings = Settings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        amqp_url="amqp://nobody@127.0.0.1:1/none",
        smtp_url="smtp://127.0.0.1:1",
        mail_from="tickets@rowlock.example",
        internal_api_key="",
    )

    with pytest.raises(InternalKeyUnusable, match="INTERNAL_API_KEY is not set"):
        await create_worker(settings).run()
