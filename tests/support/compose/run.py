"""Builds the images, runs the system of compose.yaml under a name and on ports of its own, and ends it."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support.compose.project import Project
from support.compose.system import ROOT, ComposeSystem
from support.leftovers import project_name, remove_leftovers

LOGS = ROOT / ".rowlock" / "compose-tests"
"""Where the logs of a run with failures are kept."""
VERSION_SETTING = "ROWLOCK_TEST_VERSION"
"""Names the tag of images that are there already; unset, the suite builds its own."""
PORT_SETTINGS = {
    "gateway": "ROWLOCK_PORT",
    "mailbox": "ROWLOCK_MAILBOX_PORT",
    "payment-sandbox": "ROWLOCK_PAYMENT_SANDBOX_PORT",
    "rabbitmq-management": "RABBITMQ_MANAGEMENT_PORT",
}
LOOKED_INTO = {"postgres": 5432, "rabbitmq": 5672}
"""What is reached from inside only, and by the tests: the port in the container."""

Tell = Callable[[str], None]


@contextmanager
def run_compose_system(
    folder: Path, *, settings: Mapping[str, str], tell: Tell, failed: Callable[[], bool]
) -> Iterator[ComposeSystem]:
    """Everything of compose.yaml with the mailbox; `settings` reach every process of ours.

    In the end nothing of it is left, but its logs where `failed()`.
    """
    ports = dict(zip([*PORT_SETTINGS, *LOOKED_INTO], _free_ports(), strict=False))
    override, told = folder / "compose.tests.json", folder / "rowlock.env"
    override.write_text(json.dumps(_publish(ports), indent=1))
    _write_env(told, settings)
    env_file = folder / "compose.env"
    version = os.environ.get(VERSION_SETTING)
    own = {"ROWLOCK_VERSION": version or "tests", "ROWLOCK_ENV_FILE": told}
    _write_env(env_file, own | {setting: ports[name] for name, setting in PORT_SETTINGS.items()})
    project = Project(
        name=project_name(),
        files=(ROOT / "compose.yaml", override),
        env_file=env_file,
        profiles=("mail",),
    )
    remove_leftovers()
    if not version:
        with _told(tell, "images built"):
            project.compose("build")
    try:
        with _told(tell, "system up"):
            project.compose("up", "--detach", "--no-build")
        yield ComposeSystem(project, ports, settings)
    except BaseException:
        _keep_logs(project, tell)
        raise
    else:
        if failed():
            _keep_logs(project, tell)
    finally:
        with _told(tell, "system taken down"):
            project.compose("down", "--volumes", "--remove-orphans", "--timeout", "3")


def _publish(ports: Mapping[str, int]) -> dict[str, object]:
    """What the tests add to compose.yaml: a look at what is published to nobody."""
    services = {
        name: {"ports": [f"127.0.0.1:{ports[name]}:{inside}"]} for name, inside in LOOKED_INTO.items()
    }
    return {"services": services}


def _write_env(file: Path, values: Mapping[str, object]) -> None:
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def _free_ports() -> Iterator[int]:
    """Ports nobody listens on; all of them stay taken until the last is given."""
    with ExitStack() as listeners:
        found: list[int] = []
        for _ in range(len(PORT_SETTINGS) + len(LOOKED_INTO)):
            listener = listeners.enter_context(socket.create_server(("127.0.0.1", 0)))
            found.append(listener.getsockname()[1])
    yield from found


def _keep_logs(project: Project, tell: Tell) -> None:
    folder = LOGS / project.name
    folder.mkdir(parents=True, exist_ok=True)
    for container in project.containers(ended=True):
        (folder / f"{container.name}.log").write_bytes(container.logs(timestamps=True))
    with (folder / "ps.txt").open("wb") as out:
        subprocess.run((*project.command, "ps", "--all"), env=project.env, stdout=out, check=False)
    tell(f"logs of the containers: {folder}")


@contextmanager
def _told(tell: Tell, what: str) -> Iterator[None]:
    began_at = time.monotonic()
    yield
    tell(f"{what} in {time.monotonic() - began_at:.0f} s")
