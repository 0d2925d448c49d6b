"""The parts under the tests are real, and each test finds them clean."""

import aio_pika
import psycopg

from support.waiting import wait_until


async def test_postgresql_is_the_version_we_ship(admin_database_url):
    with psycopg.connect(admin_database_url) as connection:
        assert connection.info.server_version >= 180000


async def test_the_broker_answers(amqp_url):
    async with await aio_pika.connect(amqp_url) as connection:
        assert not connection.is_closed


async def test_wait_until_returns_what_the_condition_gave():
    answers = iter([0, None, "ready"])
    assert await wait_until(lambda: next(answers), deadline_s=1) == "ready"
