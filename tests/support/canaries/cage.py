"""Where canaries are let loose: a running system, its people, and everything they leave behind."""

import itertools
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx
from sqlalchemy.engine import make_url

from rowlock_cli.environment import read_env_file
from rowlock_local.parts.postgres import DATABASE
from support.canaries.canary import Flock
from support.canaries.tables import dump_tables
from support.canaries.tap import Tap, tap
from support.stage.stage import Stage
from support.system import System

LINES_MAX = 30


@dataclass
class Cage:
    """`stage` is like that of other journeys, but each problem document it is answered with is kept."""

    stage: Stage
    tap: Tap
    flock: Flock = field(default_factory=Flock)
    problems: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    dead: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    """Dead letters, before they were sent to their consumers again."""

    async def keep_problem(self, answer: httpx.Response) -> None:
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            content = str(answer.headers.multi_items()).encode() + await answer.aread()
            self.problems.append((f"{answer.request.method} {answer.request.url.path}", content))

    def logs(self) -> Iterator[tuple[str, bytes]]:
        """Every log of every process: services, gateway, PostgreSQL, RabbitMQ, mailbox, launcher."""
        for file in sorted(self.stage.system.home.logs.iterdir()):
            yield file.name, file.read_bytes()

    def tables(self) -> Iterator[tuple[str, bytes]]:
        return dump_tables(admin_url(self.stage.system))

    async def messages(self) -> list[tuple[str, bytes]]:
        """Whatever was published since the cage was opened."""
        return [("a message", message) for message in await self.tap.messages()]

    async def dead_letters(self) -> list[tuple[str, bytes]]:
        letters = await self.stage.backstage.dead_letters()
        return [(f"a dead letter of {letter.consumer}", repr(letter).encode()) for letter in letters]

    def report(self, places: Iterable[tuple[str, bytes]]) -> str:
        """The first sightings of any canary in these places, a line each; empty is what it should be."""
        seen = (str(seen) for place, content in places for seen in self.flock.sightings(place, content))
        return "\n".join(itertools.islice(seen, LINES_MAX))


def admin_url(system: System) -> str:
    """The superuser's URL of the system's database."""
    url = make_url(read_env_file(system.home.env_file)["POSTGRES_URL"])
    return url.set(database=DATABASE).render_as_string(hide_password=False)


@asynccontextmanager
async def open_cage(system: System) -> AsyncIterator[Cage]:
    """A cage around the system; what happens in it is watched until the block ends."""
    async with (
        tap(system.amqp_url) as tapped,
        httpx.AsyncClient(base_url=system.url, trust_env=False, timeout=30) as client,
    ):
        cage = Cage(Stage(system, client), tapped)
        client.event_hooks["response"].append(cage.keep_problem)
        yield cage
