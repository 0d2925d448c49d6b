# ruff: noqa: INP001 -- a script that is mounted by itself
"""Writes down where the replicas of each service are, for Traefik's file provider: `find_replicas.py FILE`.

The name of a headless Service has the addresses of all its ready pods. It is asked for once a second, so the
gateway needs no right to ask Kubernetes itself (its own providers would have to read every Secret of the
namespace). Which replicas get requests its health check decides, as everywhere. Standard library only.
"""

import json
import socket
import sys
import time
from pathlib import Path

SERVICES = ("catalog", "reservation", "orders", "accounts", "notifications")
PORT = 8000
PAUSE_S = 1.0
# As in gateway/replicas.yaml.
HEALTH_CHECK = {
    "path": "/readyz",
    "interval": "1s",
    "unhealthyInterval": "500ms",
    "timeout": "10s",
    "followRedirects": False,
}

Addresses = dict[str, tuple[str, ...]]


def main(file: Path) -> None:
    """Write the file whenever an address came or went; for ever."""
    known: Addresses = {}
    while True:
        found = {service: addresses_of(service, known.get(service, ())) for service in SERVICES}
        if found != known:
            replace(file, configuration(found))
            print(json.dumps({"event": "replicas_changed", **found}), flush=True)
            known = found
        time.sleep(PAUSE_S)


def addresses_of(service: str, before: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the service's api; none when there is no such name, those `before` when nobody could tell."""
    try:
        answers = socket.getaddrinfo(f"{service}-api", PORT, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return () if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)) else before
    return tuple(sorted({str(answer[4][0]) for answer in answers}))


def configuration(found: Addresses) -> str:
    """For Traefik. JSON is YAML, too."""
    services = {f"{service}-api": balancer(addresses) for service, addresses in found.items()}
    return json.dumps({"http": {"services": services}}, indent=1)


def balancer(addresses: tuple[str, ...]) -> dict[str, object]:
    hosts = (f"[{address}]" if ":" in address else address for address in addresses)
    servers = [{"url": f"http://{host}:{PORT}"} for host in hosts]
    return {"loadBalancer": {"healthCheck": HEALTH_CHECK, "servers": servers}}


def replace(file: Path, text: str) -> None:
    """At once: Traefik may read at any moment, and only files that end in .yaml."""
    part = file.with_suffix(".part")
    part.write_text(text)
    part.replace(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
