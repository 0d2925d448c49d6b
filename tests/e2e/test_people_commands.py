"""`rowlock keys rotate`, `rowlock erase` and `rowlock retention` on a system that is running."""

import asyncio

import pytest

from support.stage.account import new_email


@pytest.fixture
async def bought(stage):
    """A guest with the right to a confirmed order of an event to come, and the order."""
    guest, email = stage.guest(), new_email()
    hold = await guest.hold(await stage.event(), "Stalls-1-1")
    order = await guest.order(hold, contact={"email": email, "name": "Jan Gość"})
    guest = guest.owning(order)
    return guest, await guest.finalize(order), email


async def test_keys_are_rotated_and_orders_go_on_being_read(stage, system, bought):
    guest, order, email = bought

    told = await asyncio.to_thread(system.rowlock, "keys", "rotate", "--grace-s", "1")

    for service in ("accounts", "catalog", "orders"):
        assert f"{service}: dropped data key " in told
    assert email == (await guest.read_order(order))["contact"]["email"]


async def test_a_person_is_erased_from_every_service_and_told_what_is_kept(stage, system, bought):
    guest, order, email = bought

    told = (await asyncio.to_thread(system.rowlock, "erase", email, "--yes")).splitlines()

    kept = [
        line for line in told if line.startswith(f"orders kept  order {order['order_id']}, sealed, until ")
    ]
    assert len(kept) == 1
    assert {line.split()[0] for line in told} >= {"accounts", "orders"}
    assert "confirmed" == (await guest.read_order(order))["state"], "the tickets are valid still"
    assert email not in "\n".join(told)


def test_retention_tells_what_is_left(system):
    assert "due to be shredded" in system.rowlock("retention", "report")
    assert "attendees shredded now" in system.rowlock("retention", "run")
