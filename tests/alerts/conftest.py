"""A system of its own to be broken, and a real Prometheus that watches it by our rules.

Takes ten minutes, so only where ROWLOCK_FIRE_ALERTS=1 (`make alerts`).
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from rowlock_local.home import Home
from rowlock_local.ports import claim_ports
from support.alerting import Alerts, everybody_answers, watching
from support.promtool import MISSING, find_program
from support.stage.stage import Stage
from support.stage.trouble import rabbitmq, without_right
from support.system import System, run_system

collect_ignore_glob = [] if os.environ.get("ROWLOCK_FIRE_ALERTS") else ["test_*.py"]

# What takes minutes for the sake of the real world takes seconds here; no threshold of a rule is touched.
SETTINGS = {
    "METRICS_SAMPLE_EVERY_S": "1",
    "RECONCILE_EVERY_S": "3",
    "RECONCILE_SETTLE_S": "1",
    "REFUND_ATTEMPTS_MAX": "1",
    "ACTIVE_HOLDS_PER_BUYER_MAX": "20",
    "ACTIVE_HOLDS_PER_GUEST_ADDRESS_MAX": "1000",
    "HOLDS_PER_BUYER": "1000/1s",
    "HOLDS_PER_ADDRESS": "100000/1s",
    "GATEWAY_NOTICE_RATE_PER_S": "20",
}

TIMEOUT_S = 600
"""For any test: some alerts wait for minutes. Waits within have deadlines of their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "alerts" in item.path.parts:
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    with run_system(replicas=1, **SETTINGS) as running:
        yield running


@pytest.fixture(scope="session")
async def gateway(system: System) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=system.url, trust_env=False, timeout=90) as client:
        yield client


@pytest.fixture(scope="session")
def stage(system: System, gateway: httpx.AsyncClient) -> Stage:
    return Stage(system, gateway)


@pytest.fixture(scope="session")
async def alerts(system: System, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Alerts]:
    program = find_program("prometheus")
    if program is None:
        pytest.skip(MISSING)
    beside = Home(tmp_path_factory.mktemp("ports"))
    ports = claim_ports(beside, names=["prometheus", "rabbitmq"])
    # As its image in containers does; an online change, for the launcher's own settings have no plug-ins.
    listener = f"application:set_env(rabbitmq_prometheus, tcp_config, [{{port, {ports['rabbitmq']}}}])."
    rabbitmq(system, "rabbitmqctl", "eval", listener)
    rabbitmq(system, "rabbitmq-plugins", "enable", "rabbitmq_prometheus")
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with watching(
        program, system.home, folder, port=ports["prometheus"], rabbitmq_port=ports["rabbitmq"]
    ) as found:
        await everybody_answers(found)
        yield found


@pytest.fixture(scope="session", autouse=True)
async def a_job_fails(system: System) -> AsyncIterator[None]:
    """From the beginning on `forget_lookups` of orders fails: its alert waits for five minutes."""
    async with without_right(system, "SELECT", "orders.order_lookups"):
        yield
