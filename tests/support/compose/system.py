"""The running system of compose.yaml, with what the stage needs of any system, and the means to hurt it."""

import asyncio
import json
import secrets
import subprocess
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from docker.models.containers import Container

from support.compose.project import Project, is_healthy
from support.services import SERVICES
from support.stage.mailbox import Mailbox
from support.waiting import wait_until

ROOT = Path(__file__).parents[3]
ROLL = ROOT / "infra" / "docker" / "roll"
TOKEN_LIFE_S = 7200
HEALTHY_DEADLINE_S = 120
PROCESSES = tuple(f"{service}-{kind}" for service in SERVICES for kind in ("api", "worker"))
"""The compose services that are processes of ours, such as orders-worker."""
KILL = "import os, signal; os.kill({pid}, signal.SIGKILL)"
TELL_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"


@dataclass(frozen=True)
class ComposeSystem:
    """A running project; `ports` are those on this machine, by compose service."""

    project: Project
    ports: Mapping[str, int]
    settings: Mapping[str, str]
    """What its processes were told beside the defaults."""

    @property
    def url(self) -> str:
        """The gateway."""
        return self._on_this_machine("gateway")

    @property
    def mailbox_url(self) -> str:
        return self._on_this_machine("mailbox")

    @property
    def sandbox_url(self) -> str:
        return self._on_this_machine("payment-sandbox")

    @cached_property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.mailbox_url)

    @cached_property
    def sandbox_api_key(self) -> str:
        return self.as_operator("cat", self.environment["SANDBOX_API_KEY"]).strip()

    def token(
        self,
        *roles: str,
        subject: str | None = None,
        organizations: Mapping[str, Collection[str]] | None = None,
    ) -> str:
        """A signed access token of no account, as `rowlock token` makes it: a container for each."""
        wanted = [part for role in roles or ("buyer",) for part in ("--role", role)]
        within = [part for one in organizations or () for part in ("--organization", one)]
        subject = subject or f"person-{secrets.token_hex(8)}"
        lifetime = ("--lifetime-s", str(TOKEN_LIFE_S))
        return self.rowlock("token", *wanted, *within, "--subject", subject, *lifetime).strip()

    def rowlock(self, *arguments: str) -> str:
        """Run the operators' command; what it printed. Raises CalledProcessError."""
        return self._run("rowlock", *arguments)

    def as_operator(self, program: str, *arguments: str) -> str:
        """Run another program where the operators' command runs; what it printed."""
        return self._run("--entrypoint", program, "rowlock", *arguments)

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """What the operators' command is told."""
        return json.loads(self.as_operator("python", "-c", TELL_ENVIRONMENT))

    def database_url(self, service: str) -> str:
        """DATABASE_URL of a service, for looking behind its back from this machine."""
        url = self.environment[f"{service.upper()}_DATABASE_URL"]
        return url.replace("@postgres:5432/", f"@127.0.0.1:{self.ports['postgres']}/")

    @cached_property
    def amqp_url(self) -> str:
        return self.environment["AMQP_URL"].replace(
            "@rabbitmq:5672/", f"@127.0.0.1:{self.ports['rabbitmq']}/"
        )

    def scale(self, **replicas: int) -> None:
        """As an operator does: `system.scale(orders_worker=2)`; those not named stay as they are."""
        wanted = {name.replace("_", "-"): number for name, number in replicas.items()}
        scaling = [part for name, number in wanted.items() for part in ("--scale", f"{name}={number}")]
        self.project.compose("up", "--detach", "--no-build", "--no-recreate", "--no-deps", *scaling, *wanted)

    def roll(self, *services: str) -> None:
        """New replicas beside the old ones, then the old ones stop."""
        done = subprocess.run(
            [str(ROLL), *services],
            cwd=ROOT,
            env=self.project.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (
            f"roll {services} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )

    def kill(self, container: Container) -> None:
        """End its first process from outside with SIGKILL, as a kernel short of memory does.

        Not `docker kill`: the engine takes that for the wish of a person, and starts nothing again.
        """
        container.reload()
        any_of_ours = self.project.containers("orders-api", ended=True)[0]  # it may be dead already
        self.project.engine.containers.run(
            any_of_ours.attrs["Image"],
            entrypoint=["python", "-c", KILL.format(pid=container.attrs["State"]["Pid"])],
            command=[],
            pid_mode="host",
            user="root",
            network_mode="none",
            remove=True,
        )

    @contextmanager
    def cut_off(self, *services: str) -> Iterator[None]:
        """Within, the containers of these compose services are in no network."""
        cut: list[tuple[str, str, str]] = []
        networks = {network.name: network for network in self.project.engine.networks.list()}
        for service in services:
            for container in self.project.containers(service):
                for name in container.attrs["NetworkSettings"]["Networks"]:
                    networks[name].disconnect(container)
                    cut.append((name, str(container.id), service))
        try:
            yield
        finally:
            for name, container_id, service in cut:
                networks[name].connect(container_id, aliases=[service])

    async def see_healthy(self, *services: str, deadline_s: float = HEALTHY_DEADLINE_S) -> None:
        """Wait until every container of these services, or of the project, runs and is healthy."""

        def ailing() -> list[str]:
            return [
                f"{container.name}: {container.attrs['State']['Status']}"
                for service in services or self._long_lived
                for container in self.project.containers(service, ended=True)
                if not is_healthy(container)
            ]

        async def look() -> bool:
            last.extend(await asyncio.to_thread(ailing))
            return not last or bool(last.clear())

        last: list[str] = []
        try:
            await wait_until(look, deadline_s=deadline_s, poll_ms=250, what="every container is healthy")
        except AssertionError as error:
            raise AssertionError(f"{error}; ailing: {last}") from error

    @cached_property
    def _long_lived(self) -> list[str]:
        """The services that ran when the tests began; one-shots have ended by then."""
        return sorted({self.project.service_of(container) for container in self.project.containers()})

    def _on_this_machine(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def _run(self, *arguments: str) -> str:
        command = (*self.project.command, "run", "--rm", "--no-deps", "--no-TTY", *arguments)
        done = subprocess.run(command, env=self.project.env, check=True, capture_output=True, text=True)
        return done.stdout
