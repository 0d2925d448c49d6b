"""The whole system for the journeys: started once, at the first test that asks for it."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from support.stage.books import check_books
from support.stage.stage import Stage
from support.system import System, run_system

REPLICAS = 2
LIMITS_PER_ADDRESS = (
    "LOGINS",
    "REGISTRATIONS",
    "EMAIL_VERIFICATIONS",
    "PASSWORD_RESETS",
    "REFRESHES",
    "CONFIRMATIONS",
    "ORDER_LOOKUPS",
    "WRONG_ORDER_TOKENS",
    "HOLDS",
)
# All tests come from one address and a few of their people do much: what limits them is tested with each
# service. What takes minutes or hours for the sake of many machines takes seconds here.
SETTINGS = {
    "LOG_LEVEL": "debug",  # whatever test_canary looks for, it is told
    "ACTIVE_HOLDS_PER_BUYER_MAX": "20",
    "RETENTION_JOB_EVERY_S": "2",
    "SIGNING_KEY_PUBLISH_AHEAD_S": "2",
    "SIGNING_KEY_READ_EVERY_S": "0.5",
    "JWKS_RELOAD_EVERY_S": "0.5",
    "PASSWORD_BUSY_SHARE_MAX": "1",
    "PASSWORD_WAIT_S_MAX": "60",
    "DATA_KEY_CACHE_S": "1",  # a rotation waits so long before it drops the old key
    "ACTIVE_HOLDS_PER_GUEST_ADDRESS_MAX": "1000",
    "SANDBOX_CAPTURE_LATE_S": "5",
    "SANDBOX_REFUND_SETTLES_S": "2",
    "PAYMENT_LOOK_AGAIN_S": "5",  # notices come before: test_payments sees them, and what happens without
    "REFUND_RETRY_S": "1",
    "RECONCILE_SETTLE_S": "1",
    "REFUND_LOOK_AGAIN_S": "5",
    "LOGINS_PER_EMAIL": "1000/1s",
    "PASSWORD_RESETS_PER_EMAIL": "1000/1s",
    "EMAIL_VERIFICATIONS_PER_EMAIL": "1000/1s",
    "REGISTRATIONS_PER_EMAIL": "1000/1s",
    "ORDER_LOOKUPS_PER_EMAIL": "1000/1s",
    "INVITATIONS_PER_ORGANIZATION": "1000/1s",
    "INVITATIONS_PER_EMAIL": "1000/1s",
    "HOLDS_PER_BUYER": "1000/1s",
    **{f"{limit}_PER_ADDRESS": "100000/1s" for limit in LIMITS_PER_ADDRESS},
}


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all tests of one system (`--dist loadgroup`), so that it is started once."""
    for item in items:
        if "e2e" in item.path.parts and isinstance(item, pytest.Function):
            shared = "system" in item.fixturenames
            item.add_marker(pytest.mark.xdist_group("e2e" if shared else item.path.stem))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Traefik, RabbitMQ, PostgreSQL and two processes of each kind of each service.

    Whatever the journeys did: in the end there is no difference between any two books.
    """
    failpoints = str(tmp_path_factory.mktemp("failpoints"))
    with run_system(replicas=REPLICAS, **SETTINGS, FAILPOINTS_DIRECTORY=failpoints) as running:
        yield running
        check_books(running)


@pytest.fixture(scope="session")
async def gateway(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway, as another program would use it."""
    async with httpx.AsyncClient(base_url=system.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def stage(system: System, gateway: httpx.AsyncClient) -> Stage:
    """Buyers, an organizer, an operator, and events of a test's own in the running system."""
    return Stage(system, gateway)
