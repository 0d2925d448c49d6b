"""Docker's health check: 0 when the process has been ready once, and is alive and on the network since.

    healthy.py         a process of a service (start.py says at which port)
    healthy.py PORT    another program, by its /readyz

Not "is ready": the gateway asks each replica for /readyz itself and takes out those that are not. Were a
container "unhealthy" for as long as its database is away, the gateway would forget the service.
But Traefik looks for a container's address only when its health changes: one that was cut off from the
network, or came back to it with another address, must be unhealthy for a while.
"""

import socket
import sys
from contextlib import suppress
from pathlib import Path

HEALTH_PORT = Path("/tmp/rowlock-health-port")  # noqa: S108 -- the container's own; start.py writes it
READY_AT = Path("/tmp/rowlock-ready-at")  # noqa: S108
"""Address at which it was ready, and how often it was seen to be another since."""
USUAL_PORT = 8000
TIMEOUT_S = 3.0
RETRIES = 3
"""As in the image: failures in a row that make a container unhealthy."""


def main(arguments: list[str]) -> int:
    """0 healthy, 1 not (Docker knows no other codes)."""
    if arguments:
        return 0 if _answers(int(arguments[0]), "/readyz") else 1
    address = _address()
    if not address:
        return 1
    known, _, times = _read(READY_AT).partition(" ")
    if not known:
        return _healthy_if(_answers(_port(), "/readyz"), address)
    if known != address or times:
        seen = int(times or 0) + 1
        _write(f"{address} {seen}" if seen < RETRIES else address)
        return 1
    return 0 if _answers(_port(), "/healthz") else 1


def _healthy_if(ready: bool, address: str) -> int:  # noqa: FBT001 -- its one caller says what it is
    if ready:
        _write(address)
    return 0 if ready else 1


def _address() -> str:
    """Our address on the way to elsewhere; empty without any network. Sends nothing."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent:
        unsent.connect(("192.0.2.1", 9))
        return unsent.getsockname()[0]
    return ""


def _port() -> int:
    return int(_read(HEALTH_PORT) or USUAL_PORT)


def _read(file: Path) -> str:
    with suppress(OSError):
        return file.read_text()
    return ""


def _write(text: str) -> None:
    with suppress(OSError):  # no /tmp to write to: it is asked for /readyz then, always
        READY_AT.write_text(text)


def _answers(port: int, path: str) -> bool:
    """Whether GET gives 200; raw, because importing an HTTP client costs more than the question."""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection:
            request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
