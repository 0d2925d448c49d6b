"""What the gateway refuses, adds, and leaves out of its log."""

import asyncio
import json

import httpx
import pytest


async def statuses(gateway, count: int, method: str = "GET", path: str = "/api/v1/orders") -> list[int]:
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False, timeout=15) as client:
        return [
            a.status_code for a in await asyncio.gather(*(client.request(method, path) for _ in range(count)))
        ]


async def test_more_requests_than_the_rate_are_refused(gateway_with):
    async with gateway_with(GATEWAY_RATE_PER_S="1", GATEWAY_RATE_BURST="5") as gateway:
        answers = await statuses(gateway, 20)

    assert 4 <= answers.count(200) <= 7
    assert answers.count(429) == 20 - answers.count(200)


async def test_more_requests_at_once_than_the_limit_are_refused(gateway_with):
    async with gateway_with(GATEWAY_IN_FLIGHT_MAX="3") as gateway:
        gateway.replicas["orders"][0].delay_s = 1
        answers = await statuses(gateway, 12, method="POST")

    assert answers.count(200) == 3
    assert answers.count(429) == 9


NOTICES = "/api/v1/payment-notices/stripe"


async def test_the_limits_of_a_buyer_do_not_hold_up_the_notices_of_a_provider(gateway_with):
    """It tells of everybody's payments from a few addresses."""
    people = {"GATEWAY_RATE_PER_S": "1", "GATEWAY_RATE_BURST": "5", "GATEWAY_IN_FLIGHT_MAX": "3"}
    async with gateway_with(**people) as gateway:
        gateway.replicas["orders"][0].delay_s = 0.2
        answers = await statuses(gateway, 60, method="POST", path=NOTICES)

    assert answers == [200] * 60


async def test_notices_have_limits_of_their_own(gateway_with):
    async with gateway_with(GATEWAY_NOTICE_RATE_PER_S="5", GATEWAY_NOTICE_IN_FLIGHT_MAX="4") as gateway:
        rushed = await statuses(gateway, 20, method="POST", path=NOTICES)
        others = await statuses(gateway, 20, method="POST")

    assert 3 <= rushed.count(200) <= 8
    assert rushed.count(429) == 20 - rushed.count(200)
    assert others == [200] * 20


async def test_the_defaults_stop_nobody_on_one_machine(gateway):
    assert set(await statuses(gateway, 300)) == {200}


async def test_a_body_over_the_limit_never_reaches_a_service(client, gateway):
    answer = await client.post("/api/v1/orders", content=b"x" * (1024 * 1024 + 1))

    assert answer.status_code == 413
    assert gateway.received == []


async def test_a_seating_plan_may_be_large(client, gateway):
    answer = await client.post("/api/v1/seating-plans", content=b"x" * (8 * 1024 * 1024))

    assert answer.status_code == 200
    assert len(gateway.received[0].body) == 8 * 1024 * 1024


async def test_answers_carry_security_headers_and_not_the_name_of_the_server(client):
    headers = (await client.get("/api/v1/events")).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "server" not in headers


async def test_a_request_id_reaches_the_service_and_comes_back(client, gateway):
    for backend in gateway.replicas["orders"]:
        backend.answer = b"HTTP/1.1 200 OK\r\nX-Request-Id: from-service\r\nContent-Length: 0\r\n\r\n"

    answer = await client.get("/api/v1/orders", headers={"X-Request-Id": "from-client"})

    assert gateway.received[0].headers["x-request-id"] == "from-client"
    assert answer.headers["x-request-id"] == "from-service"


async def test_a_header_spelled_with_underscores_is_dropped(client, gateway):
    await client.get("/api/v1/orders", headers={"X_Request_Id": "forged"})

    assert not [name for name in gateway.received[0].headers if "_" in name]


async def test_a_client_cannot_claim_another_address(client, gateway):
    await client.get("/api/v1/orders", headers={"X-Forwarded-For": "203.0.113.9", "X-Real-Ip": "203.0.113.9"})

    assert "203.0.113.9" not in gateway.received[0].headers.get("x-forwarded-for", "")


async def test_without_a_proxy_in_front_the_service_hears_who_called_and_nothing_else(client, gateway):
    await client.get("/api/v1/orders", headers={"X-Forwarded-For": "203.0.113.9"})

    assert gateway.received[0].headers["x-forwarded-for"] == "127.0.0.1"


async def test_behind_a_proxy_of_ours_the_service_hears_whom_it_was_called_by(gateway_with):
    async with (
        gateway_with(GATEWAY_TRUSTED_PROXIES="1") as gateway,
        httpx.AsyncClient(base_url=gateway.url, trust_env=False) as client,
    ):
        await client.get("/api/v1/orders", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})
        forwarded = gateway.received[-1].headers["x-forwarded-for"].split(", ")

    assert forwarded == ["198.51.100.7", "203.0.113.9", "127.0.0.1"]


async def test_behind_a_proxy_of_ours_each_client_has_a_rate_of_its_own(gateway_with):
    async with (
        gateway_with(GATEWAY_TRUSTED_PROXIES="1", GATEWAY_RATE_PER_S="1", GATEWAY_RATE_BURST="5") as gateway,
        httpx.AsyncClient(base_url=gateway.url, trust_env=False) as client,
    ):
        first = [
            await client.get("/api/v1/orders", headers={"X-Forwarded-For": "203.0.113.9"}) for _ in range(20)
        ]
        other = await client.get("/api/v1/orders", headers={"X-Forwarded-For": "203.0.113.10"})

    assert 429 in {answer.status_code for answer in first}
    assert other.status_code == 200


@pytest.mark.parametrize("name", ["X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Real-Ip"])
async def test_a_client_cannot_make_up_how_it_came_in(client, gateway, name):
    await client.get("/api/v1/orders", headers={name: "forged.example"})

    assert "forged.example" not in gateway.received[0].headers.values()


async def test_the_access_log_says_what_happened_and_to_nobody(gateway_with):
    async with (
        gateway_with() as gateway,
        httpx.AsyncClient(base_url=gateway.url, trust_env=False) as client,
    ):
        await client.get(
            "/api/v1/orders?email=ada@example.org",
            headers={"Authorization": "Bearer secret", "User-Agent": "ada", "X-Request-Id": "r-1"},
        )
    text = gateway.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if "/api/v1/orders" in line]

    assert [(line["RequestPath"], line["DownstreamStatus"]) for line in lines] == [("/api/v1/orders", 200)]
    assert lines[0]["request_X-Request-Id"] == "r-1"
    for personal in ("ada", "secret", "Client", "127.0.0.1:" + str(gateway.port)):
        assert personal not in json.dumps(lines)
