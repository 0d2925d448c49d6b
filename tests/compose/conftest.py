"""The system of compose.yaml: built and started once for all of this suite, and taken down whatever happens.

It is not part of `make test`: `make test-compose`, or name a file of this folder.
"""

from collections.abc import AsyncIterator, Iterator
from typing import cast

import httpx
import pytest

from support.compose.load import Load, open_load
from support.compose.run import run_compose_system
from support.compose.system import ComposeSystem
from support.containers import docker_answers
from support.stage.books import check_books
from support.stage.stage import Stage
from support.system import System

LIMITS_PER_ADDRESS = ("LOGINS", "REGISTRATIONS", "EMAIL_VERIFICATIONS", "ORDER_LOOKUPS", "HOLDS")
# All guests come from one address: what limits them is tested with each service.
SETTINGS = {
    "ACTIVE_HOLDS_PER_GUEST_ADDRESS_MAX": "10000",
    "LOGINS_PER_EMAIL": "1000/1s",
    "PASSWORD_BUSY_SHARE_MAX": "1",
    "RECONCILE_SETTLE_S": "1",
    "DATABASE_POOL_WAIT_S": "30",  # requests may be slow on a busy machine; none may fail
    **{f"{limit}_PER_ADDRESS": "100000/1s" for limit in LIMITS_PER_ADDRESS},
}

TIMEOUT_S = 900
"""For any test: whichever is first builds the images. Waits within have deadlines of their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "compose" in item.path.parts:
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest.fixture(scope="session")
def system(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[ComposeSystem]:
    """One container of each kind, healthy; in the end there is no difference between any two books."""
    assert docker_answers(), "this suite needs a Docker engine, and none answers"
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")

    def tell(text: str) -> None:
        if isinstance(reporter, pytest.TerminalReporter):
            reporter.ensure_newline()
            reporter.write_line(text)

    with run_compose_system(
        tmp_path_factory.mktemp("compose"),
        settings=SETTINGS,
        tell=tell,
        failed=lambda: request.session.testsfailed > 0,
    ) as running:
        yield running
        check_books(_as_system(running))


@pytest.fixture(scope="session")
async def gateway(system: ComposeSystem) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway, as another program would use it."""
    async with httpx.AsyncClient(base_url=system.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
async def stage(system: ComposeSystem, gateway: httpx.AsyncClient) -> Stage:
    """People and events of a test's own in the running system."""
    await system.see_healthy()
    return Stage(_as_system(system), gateway)


@pytest.fixture
async def load(stage: Stage) -> AsyncIterator[Load]:
    """Guests of a test's own; `async with load.running()` lets them come."""
    async with open_load(stage) as opened:
        yield opened


def _as_system(system: ComposeSystem) -> System:
    """The stage is written for the launcher's system; ours has all of it that journeys and the books use."""
    return cast("System", system)
