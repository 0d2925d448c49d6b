"""The system comes up whole and heals itself."""

from support.services import SERVICES
from support.waiting import wait_until


async def test_the_gateway_answers(gateway):
    assert (await gateway.get("/api/v1/events")).status_code == 200


async def test_there_are_two_processes_of_each_kind(system):
    kinds = [(service, kind) for service in SERVICES for kind in ("api", "worker")]
    assert {kind: system.replicas(*kind) for kind in kinds} == {kind: [1, 2] for kind in kinds}


async def test_a_killed_process_is_started_again(system):
    killed = system.kill("catalog", "api", 2)
    await wait_until(
        lambda: system.pid("catalog", "api", 2) not in (None, killed),
        deadline_s=30,
        what="catalog-api-2 runs again",
    )
