"""Which path reaches which service, and which reaches none."""

import asyncio
import json

import pytest

EVENT = "01990000-0000-7000-8000-000000000001"

ROUTES = [
    ("GET", "/api/v1/events", "catalog"),
    ("GET", "/api/v1/events?text=hamlet&limit=5", "catalog"),
    ("POST", "/api/v1/events", "catalog"),
    ("GET", f"/api/v1/events/{EVENT}", "catalog"),
    ("PATCH", f"/api/v1/events/{EVENT}", "catalog"),
    ("GET", f"/api/v1/events/{EVENT}/seating-plan", "catalog"),
    ("POST", f"/api/v1/events/{EVENT}/publication", "catalog"),
    ("POST", f"/api/v1/events/{EVENT}/cancellation", "catalog"),
    ("GET", "/api/v1/venues", "catalog"),
    ("POST", "/api/v1/seating-plans", "catalog"),
    ("GET", "/api/v1/organizer/events", "catalog"),
    ("GET", f"/api/v1/events/{EVENT}/availability", "reservation"),
    ("POST", f"/api/v1/events/{EVENT}/blocked-seats", "reservation"),
    ("POST", f"/api/v1/events/{EVENT}/unblocked-seats", "reservation"),
    ("POST", "/api/v1/holds", "reservation"),
    ("DELETE", f"/api/v1/holds/{EVENT}/seats/A-1", "reservation"),
    ("POST", f"/api/v1/holds/{EVENT}/renewals", "reservation"),
    ("GET", "/api/v1/orders", "orders"),
    ("POST", f"/api/v1/orders/{EVENT}/finalization", "orders"),
    ("GET", f"/api/v1/orders/{EVENT}/tickets", "orders"),
    ("POST", "/api/v1/orders/lookups", "orders"),
    ("POST", "/api/v1/orders/claims", "orders"),
    ("PATCH", f"/api/v1/orders/{EVENT}/attendees/{EVENT}", "orders"),
    ("DELETE", f"/api/v1/orders/{EVENT}/access-token", "orders"),
    ("POST", f"/api/v1/orders/{EVENT}/payments", "orders"),
    ("GET", f"/api/v1/orders/{EVENT}/payments/{EVENT}", "orders"),
    ("POST", "/api/v1/payment-notices/sandbox", "orders"),
    ("GET", f"/api/v1/organizer/events/{EVENT}/attendees", "orders"),
    ("GET", f"/api/v1/organizer/events/{EVENT}/refunds", "orders"),
    ("GET", f"/api/v1/organizer/events/{EVENT}", "catalog"),
    ("POST", "/api/v1/accounts", "accounts"),
    ("POST", "/api/v1/accounts/password-resets/confirmation", "accounts"),
    ("GET", "/api/v1/accounts/me", "accounts"),
    ("DELETE", "/api/v1/accounts/me", "accounts"),
    ("POST", "/api/v1/sessions", "accounts"),
    ("DELETE", "/api/v1/sessions/current", "accounts"),
    ("POST", "/api/v1/organizations", "accounts"),
    ("DELETE", f"/api/v1/organizations/{EVENT}/members/{EVENT}", "accounts"),
    ("POST", "/api/v1/invitations/acceptance", "accounts"),
    ("GET", "/.well-known/jwks.json", "accounts"),
    ("GET", "/.well-known/oauth-authorization-server", "accounts"),
    ("GET", f"/orders/{EVENT}", "orders"),
    ("GET", "/orders/assets/order.js", "orders"),
    ("GET", "/account/verify-email", "accounts"),
    ("GET", "/account/reset-password", "accounts"),
    ("GET", "/account/invitation", "accounts"),
    ("GET", "/account/orders", "accounts"),
    ("GET", "/account/assets/page.js", "accounts"),
]


@pytest.mark.parametrize(("method", "path", "service"), ROUTES)
async def test_every_route_of_the_contract_reaches_its_service(client, gateway, method, path, service):
    answer = await client.request(method, path)

    assert answer.status_code == 200
    assert answer.text.startswith(service)
    assert [(request.method, request.target) for request in gateway.received] == [(method, path)]


@pytest.mark.parametrize("service", ["catalog", "reservation", "orders", "accounts"])
async def test_the_description_of_each_service_comes_from_that_service(client, gateway, service):
    answer = await client.get(f"/api/v1/openapi/{service}.json")

    assert answer.text.startswith(service)
    assert [request.target for request in gateway.received] == ["/openapi.json"]


@pytest.mark.parametrize("path", ["/docs", "/docs/page.js"])
async def test_the_documentation_page_keeps_its_own_content_security_policy(client, gateway, path):
    answer = await client.get(path)

    assert answer.text.startswith("catalog")
    assert "content-security-policy" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


INTERNAL = [
    "/metrics",
    "/aboutz",
    "/api/v1/openapi/../../../aboutz",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/internal/seating-plans/1/seats",
    "/redoc",
    "/",
    "/api/v1",
    "/api/v1/internal/seating-plans/1/seats",
    "/api/v1/metrics",
    "/api/v1/eventsmetrics",
    "/api/v1/events%23",
    "/api/v2/events",
    "/API/V1/EVENTS",
    "//metrics",
    "/./metrics",
    "/api/v1/events/../../../metrics",
    "/api/v1/events/../../../internal/seating-plans/1/seats",
    "/api/v1/holds/..//..//..//readyz",
    "/%6detrics",
    "/%2e%2e/metrics",
    "/api/v1/events/%2e%2e/%2e%2e/%2e%2e/metrics",
    "/docs/../metrics",
    "/api/v1/openapi/../../../internal",
    "/api/v1/openapi/notifications.json",
    "/internal/mails/1",
    "/api/v1/accounts/../../../internal/mails/1",
    "/.well-known/../internal/mails/1",
    "/.well-known/security.txt",
    "/.well-knownx/jwks.json",
    "/api/v1/mails",
    "/api/v1/accountsx",
    "/account/",
    "/account/orders/x",
    "/internal/holds/renewals",
    "/internal/sold-seats",
    "/api/v1/holds/../../../internal/holds/renewals",
    "/api/v1/payment-notices/sandbox",  # only told, never read
    "/api/v1/payment-notices",
]
REFUSED = [
    "/api/v1/events%2f..%2f..%2f..%2fmetrics",
    "/api/v1/events/..%2f..%2f..%2finternal",
    "/api/v1/events/%2e%2e%2fmetrics",
    "/api/v1/events/..%5c..%5cmetrics",
    "/api/v1/events/%2500",
    "/api/v1/events/%00",
    "/api/v1/events/..%3b/metrics",
    "/api/v1/events%3f",
]
HARMLESS = ["/api/v1/events/..;/..;/metrics", "/api/v1/events;/metrics"]
CONFIDENTIAL = ("/metrics", "/aboutz", "/healthz", "/readyz", "/internal", "/openapi")


async def raw_get(gateway, target: str) -> tuple[int, bytes]:
    """Send the target byte for byte: a client library would tidy it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body


@pytest.mark.parametrize("target", INTERNAL)
async def test_nothing_outside_the_contract_reaches_a_service_under_its_own_path(gateway, target):
    await raw_get(gateway, target)

    assert {request.target for request in gateway.received} <= {"/no-such-path"}


@pytest.mark.parametrize("target", REFUSED)
async def test_a_path_with_a_disguised_character_is_refused(gateway, target):
    status, _ = await raw_get(gateway, target)

    assert status == 400
    assert gateway.received == []


@pytest.mark.parametrize("target", HARMLESS)
async def test_a_path_that_some_servers_would_shorten_keeps_its_meaning(gateway, target):
    await raw_get(gateway, target)

    for request in gateway.received:
        assert not request.target.startswith(CONFIDENTIAL)


async def test_a_header_cannot_choose_the_path(gateway, client):
    for name in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Replaced-Path"):
        await client.get("/api/v1/events", headers={name: "/metrics"})

    assert {request.target for request in gateway.received} == {"/api/v1/events"}


async def test_an_unknown_path_gets_the_problem_document_of_a_service(client, gateway):
    problem = json.dumps({"type": "/problems/not-found", "status": 404}).encode()
    for backend in gateway.replicas["catalog"]:
        backend.answer = (
            b"HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(problem), problem)
        )

    answer = await client.get("/anything/else?secret=1")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert [request.target for request in gateway.received] == ["/no-such-path?secret=1"]


async def test_the_gateway_itself_has_no_page_on_the_public_port(client):
    for path in ("/ping", "/dashboard/", "/api/rawdata"):
        assert not (await client.get(path)).text.startswith(("OK", "{", "<"))
