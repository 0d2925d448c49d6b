"""PostgreSQL and RabbitMQ in containers, for machines where a Docker engine answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import docker
from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from support.leftovers import labels, remove_leftovers

POSTGRES_IMAGE = "postgres:18"
RABBITMQ_IMAGE = "rabbitmq:4-management"
DOCKER_PING_S = 2

# The fixtures end what they start, and the next run what a killed one left. Ryuk would do that too, but it is one
# more image to pull, and without a registry no test could run for the want of it.
testcontainers_config.ryuk_disabled = True


def docker_answers() -> bool:
    """Whether a Docker engine answers a ping in time; a hanging engine is none."""
    try:
        return docker.from_env(timeout=DOCKER_PING_S).ping()
    except (DockerException, OSError):
        return False


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL with durability off, which tests do not need; give the superuser's URL."""
    remove_leftovers()
    container = (
        DockerContainer(POSTGRES_IMAGE)
        .with_kwargs(labels=labels())
        .with_env("POSTGRES_PASSWORD", "test")
        .with_exposed_ports(5432)
        .with_command("postgres -c fsync=off -c max_connections=300")
        # The image starts the server twice: once to set it up, once for good.
        .waiting_for(LogMessageWaitStrategy("database system is ready to accept connections", times=2))
    )
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(5432)
        yield f"postgresql://postgres:test@{host}:{port}/postgres"


@dataclass(frozen=True)
class ContainerBroker:
    container: DockerContainer
    amqp_url: str

    def make_vhost(self, name: str) -> str:
        """Make an empty vhost and return its AMQP URL."""
        self._rabbitmqctl("add_vhost", name)
        self._rabbitmqctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        return f"{self.amqp_url}/{name}"

    def _rabbitmqctl(self, *arguments: str) -> None:
        result = self.container.exec(["rabbitmqctl", *arguments])
        if result.exit_code != 0:
            raise RuntimeError(f"rabbitmqctl {arguments}: {result.output.decode(errors='replace')}")


@contextmanager
def rabbitmq() -> Iterator[ContainerBroker]:
    remove_leftovers()
    container = (
        DockerContainer(RABBITMQ_IMAGE)
        .with_kwargs(labels=labels())
        .with_exposed_ports(5672)
        .waiting_for(LogMessageWaitStrategy("Server startup complete"))
    )
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(5672)
        yield ContainerBroker(container, f"amqp://guest:guest@{host}:{port}")
