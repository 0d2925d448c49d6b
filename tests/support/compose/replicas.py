"""Which replicas took requests and messages, as the gateway and they themselves tell."""

import json
from collections import Counter

from docker.models.containers import Container

from support.compose.project import Project

READ_METRICS = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8001/metrics').read().decode())"
HANDLED = "rowlock_consumer_messages_total"


def addresses(container: Container) -> set[str]:
    """Its IP addresses, one in each network it is in."""
    container.reload()
    return {network["IPAddress"] for network in container.attrs["NetworkSettings"]["Networks"].values()}


def requests_by_address(project: Project, *, since: float) -> Counter[str]:
    """How many requests the gateway gave to each address since this time (seconds of the epoch)."""
    (gateway,) = project.containers("gateway")
    counts = Counter[str]()
    for line in gateway.logs(since=since).splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        counts[entry.get("ServiceAddr", "").rpartition(":")[0]] += 1
    return counts


def served(project: Project, service: str, *, since: float) -> dict[str, int]:
    """By container of an api: how many requests it was given since then."""
    counts = requests_by_address(project, since=since)
    return {
        str(one.name): sum(counts[address] for address in addresses(one))
        for one in project.containers(service)
    }


def handled(project: Project, service: str) -> dict[str, int]:
    """By container of a worker: how many messages it handled since it started."""
    return {str(one.name): _handled(one) for one in project.containers(service)}


def _handled(worker: Container) -> int:
    code, output = worker.exec_run(["python", "-c", READ_METRICS])
    lines = bytes(output).decode().splitlines() if code == 0 else []  # pyright: ignore[reportArgumentType] - not streamed
    return round(sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{HANDLED}{{")))
