"""Replicas that come and go, and requests that must not arrive twice."""

import asyncio

import pytest

from support.waiting import wait_until

WRITES = ["POST", "PUT", "PATCH", "DELETE"]


def names_of(answers) -> set[str]:
    return {answer.text for answer in answers}


async def test_requests_are_spread_over_the_replicas(client, gateway):
    answers = [await client.get("/api/v1/events") for _ in range(10)]

    assert names_of(answers) == {"catalog-1", "catalog-2"}


async def test_a_replica_that_is_not_ready_gets_no_requests_until_it_is(client, gateway):
    first, second = gateway.replicas["catalog"]
    first.ready = False

    async def alone() -> bool:
        return names_of([await client.get("/api/v1/events") for _ in range(4)]) == {second.name}

    await wait_until(alone, deadline_s=10)
    first.ready = True

    async def both() -> bool:
        return len(names_of([await client.get("/api/v1/events") for _ in range(4)])) == 2

    await wait_until(both, deadline_s=10)


@pytest.mark.parametrize("method", ["GET", *WRITES])
async def test_a_replica_that_was_killed_costs_no_request(client, gateway, method):
    first, _ = gateway.replicas["catalog"]
    port = first.port
    await first.stop()
    try:
        # Its death is met by requests that may be sent again: a write under way on an old connection may not.
        await asyncio.gather(*(client.get("/api/v1/events") for _ in range(6)))
        answers = [await client.request(method, "/api/v1/events") for _ in range(6)]
    finally:
        first.port = port
        await first.start()

    assert [answer.status_code for answer in answers] == [200] * 6

    async def is_back() -> bool:
        return len(names_of([await client.get("/api/v1/events") for _ in range(4)])) == 2

    await wait_until(is_back, deadline_s=10)


@pytest.mark.parametrize("method", WRITES)
async def test_a_write_that_reached_a_replica_is_never_sent_again(client, gateway, method):
    for backend in gateway.replicas["catalog"]:
        backend.hang_up = True

    answer = await client.request(
        method, "/api/v1/venues", content=b'{"name": "x"}', headers={"Idempotency-Key": "k"}
    )

    assert answer.status_code == 502
    assert len(gateway.received) == 1


async def test_a_write_on_a_connection_that_was_used_before_is_not_sent_again_either(client, gateway):
    for _ in range(6):
        await client.post("/api/v1/venues", content=b"{}")
    for backend in gateway.replicas["catalog"]:
        backend.hang_up = True
        backend.received.clear()

    answer = await client.post("/api/v1/venues", content=b"{}", headers={"Idempotency-Key": "k"})

    assert answer.status_code == 502
    assert len(gateway.received) == 1


async def test_a_read_is_asked_again_elsewhere_when_its_replica_goes_away(client, gateway):
    gateway.replicas["catalog"][0].hang_up = True

    answers = [await client.get("/api/v1/events") for _ in range(4)]

    assert [answer.text for answer in answers] == ["catalog-2"] * 4


async def test_without_any_ready_replica_the_answer_is_503(client, gateway):
    for backend in gateway.replicas["orders"]:
        backend.ready = False

    async def refused() -> bool:
        return (await client.get("/api/v1/orders")).status_code == 503

    await wait_until(refused, deadline_s=10)
    for backend in gateway.replicas["orders"]:
        backend.ready = True

    async def served() -> bool:
        return (await client.get("/api/v1/orders")).status_code == 200

    await wait_until(served, deadline_s=10)


async def test_connections_to_a_replica_are_reused(client, gateway):
    await asyncio.gather(*(client.get("/api/v1/orders") for _ in range(20)))
    (orders,) = gateway.replicas["orders"]
    before = orders.connections

    for _ in range(20):
        await client.get("/api/v1/orders")

    assert orders.connections - before <= 2  # health checks may open one
