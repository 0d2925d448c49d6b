"""A process whose database has fallen silent says within seconds that it is not ready."""

import time

from sqlalchemy.engine import make_url

from chassis.database import Database
from chassis.readiness import CHECK_TIMEOUT_S, failing_checks
from support.tcp_proxy import tcp_proxy


async def test_a_silent_database_is_told_in_time_again_and_again(parcels_url):
    address = make_url(parcels_url)
    assert address.host
    async with tcp_proxy(address.host, address.port or 5432) as proxy:
        db = Database(address.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False))
        assert await failing_checks({"database": db.ping}) == []
        proxy.fall_silent()
        for _ in range(3):
            began = time.monotonic()
            assert await failing_checks({"database": db.ping}) == ["database"]
            assert time.monotonic() - began < CHECK_TIMEOUT_S + 1.5
        await proxy.refuse()
        await proxy.open()
        assert await failing_checks({"database": db.ping}) == [], "and is ready again with it"
        await db.close()


async def test_a_check_that_raises_fails_and_others_do_not():
    async def good() -> None: ...

    async def bad() -> None:
        raise RuntimeError("no")

    assert await failing_checks({"good": good, "bad": bad}) == ["bad"]
