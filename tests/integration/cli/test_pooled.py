"""Status and doctor look through a pooler in transaction mode as they do without one, and know it is there."""

import asyncio

from chassis.inspection import PartState
from rowlock_cli.asking import answered
from rowlock_cli.looks.databases import look_at_database
from rowlock_cli.status.databases import postgres_statuses
from support.pgbouncer import pgbouncer, require_program
from support.schemas import ROLE_PASSWORD


async def test_a_pooler_is_noticed_and_hides_nothing(database_urls):
    direct_url = database_urls["orders"]
    with pgbouncer(
        require_program(), server_url=direct_url, passwords={"orders": ROLE_PASSWORD}, pool_size=1
    ) as bouncer:
        looks = [look_at_database("orders", url) for url in (direct_url, bouncer.through(direct_url))]
        direct, pooled = [await asyncio.to_thread(answered, look, deadline_s=60) for look in looks]

    assert (direct.is_pooled, pooled.is_pooled) == (False, True)
    assert pooled.server.server == direct.server.server, "the same server, by whatever address"
    assert pooled.server.lock_timeout == direct.server.lock_timeout == "2s"
    assert pooled.revisions == direct.revisions
    assert [status.state for status in postgres_statuses({"orders": pooled})] == [PartState.OK]
