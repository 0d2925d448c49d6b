"""Several replicas send refunds, and some end in the middle: each is sent once, no faster than is allowed."""

import asyncio
import time
import uuid
from typing import Any

import pytest
from integration.orders.money import MoneyScene

from chassis import failpoints
from orders.clients.payment_provider import ProviderRefund


class KilledHere(BaseException):
    """The process ends, as by kill -9."""


@pytest.mark.parametrize("point", ["orders.refund.claimed", "orders.refund.sent"])
async def test_whoever_is_killed_on_the_way_leaves_it_to_the_next_one(money: MoneyScene, point: str) -> None:
    paid = await money.cancelled()

    def die(name: str) -> None:
        raise KilledHere(name)

    failpoints.arm(point, act=die)
    try:
        with pytest.raises(KilledHere):
            await money.job(refund_retry_s=60.0).run()
    finally:
        failpoints.disarm()
    assert await money.refund_state(paid) == "pending"
    assert await money.job().run() == 0  # its lease is not over

    await money.make_due()
    await money.job().run()

    assert (await money.refund_state(paid), len(money.provider.refunds)) == ("settled", 1)


async def test_replicas_share_the_refunds_and_none_is_sent_twice(money: MoneyScene) -> None:
    paid = [await money.cancelled() for _ in range(12)]
    replicas = [money.job(saga_batch_orders=3) for _ in range(4)]

    done = await asyncio.gather(*(replica.run() for replica in replicas))

    assert sum(done) == 12
    assert [await money.refund_state(each) for each in paid] == ["settled"] * 12
    assert (len(money.provider.refunds), await money.refunded_entries()) == (12, 12)


async def test_all_replicas_together_keep_to_the_pace(money: MoneyScene) -> None:
    for _ in range(9):
        await money.cancelled()
    replicas = [money.job(refunds_per_s=4.0) for _ in range(3)]
    began = time.monotonic()

    await asyncio.gather(*(replica.run() for replica in replicas))

    # Four at once, the others at four a second.
    assert time.monotonic() - began >= 1.2
    assert len(money.provider.refunds) == 9


async def test_one_whose_turn_does_not_come_is_left_until_its_lease_ends(money: MoneyScene) -> None:
    paid = [await money.cancelled() for _ in range(2)]
    hurried = [money.job(refunds_per_s=0.5, payment_timeout_s=0.2) for _ in range(2)]

    await asyncio.gather(*(replica.run() for replica in hurried))

    assert sorted([await money.refund_state(each) for each in paid]) == ["pending", "settled"]
    assert len(money.provider.refunds) == 1
    await money.make_due()
    await money.job().run()
    assert [await money.refund_state(each) for each in paid] == ["settled", "settled"]


async def test_one_that_breaks_the_job_does_not_keep_the_others(
    money: MoneyScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, kept = await money.cancelled(), await money.cancelled()
    broken_id, refund = await money.refund_id(broken.order_id), money.provider.refund

    async def refund_or_break(*, refund_id: uuid.UUID, **arguments: Any) -> ProviderRefund:
        if refund_id == broken_id:
            raise RuntimeError("a bug")
        return await refund(refund_id=refund_id, **arguments)

    monkeypatch.setattr(money.provider, "refund", refund_or_break)
    await money.job(refund_retry_s=60.0).run()

    assert [await money.refund_state(paid) for paid in (broken, kept)] == ["pending", "settled"]
