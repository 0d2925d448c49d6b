"""Which address a limit counts."""

import httpx
import pytest
from fastapi import APIRouter, Request

from chassis.client_address import client_address
from chassis.http import create_http_app
from chassis.settings import ServiceSettings

router = APIRouter()


@router.get("/address")
async def address(request: Request) -> str:
    return client_address(request)


@pytest.fixture
def ask():
    async def asked(*forwarded: str, trusted_proxies: int = 0, peer: str = "10.0.0.9") -> str:
        settings = ServiceSettings(
            database_url="postgresql://nobody@127.0.0.1:1/none",
            amqp_url="amqp://127.0.0.1:1",
            trusted_proxies=trusted_proxies,
            access_log=False,
        )
        app = create_http_app(
            title="T", description="", version="1", settings=settings, routers=[router], problem_table={}
        )
        transport = httpx.ASGITransport(app, client=(peer, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            headers = [("X-Forwarded-For", value) for value in forwarded]
            return (await client.get("/address", headers=headers)).json()

    return asked


async def test_without_a_gateway_it_is_the_peer(ask):
    assert await ask() == "10.0.0.9"


async def test_behind_the_gateway_it_is_whom_the_gateway_saw(ask):
    assert await ask("203.0.113.7") == "203.0.113.7"


async def test_what_a_client_says_of_itself_counts_for_nothing(ask):
    assert await ask("1.1.1.1, 2.2.2.2, 203.0.113.7") == "203.0.113.7"
    assert await ask("1.1.1.1", "203.0.113.7") == "203.0.113.7"
    assert await ask("1.1.1.1,, ,203.0.113.7 , ") == "203.0.113.7"


async def test_each_trusted_proxy_is_counted_from_the_right(ask):
    assert await ask("1.1.1.1, 203.0.113.7, 10.1.1.1", trusted_proxies=1) == "203.0.113.7"
    assert await ask("1.1.1.1, 203.0.113.7, 10.1.1.1, 10.1.1.2", trusted_proxies=2) == "203.0.113.7"


async def test_fewer_addresses_than_proxies_give_the_first(ask):
    assert await ask("10.1.1.1", trusted_proxies=2) == "10.1.1.1"


async def test_one_who_has_a_network_is_counted_as_one(ask):
    assert await ask("2001:db8:1:2:aaaa::1") == await ask("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert await ask("2001:db8:1:3::1") == "2001:db8:1:3::/64"


async def test_an_ipv4_address_in_ipv6_clothes_is_counted_as_itself(ask):
    assert await ask("::ffff:203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize("nonsense", ["unknown", "203.0.113.7:4711", "<script>", "_hidden", "1.2.3"])
async def test_all_who_have_no_address_are_counted_together(ask, nonsense):
    assert await ask(nonsense) == "unknown"
