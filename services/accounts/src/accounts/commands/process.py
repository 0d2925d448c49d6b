"""One run of a command: the service's parts, opened and closed again."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import typer

from accounts.domain.account import AccountNotFound
from accounts.domain.organizations import LastOrganizer, MemberNotFound, OrganizationNotFound
from accounts.domain.signing_keys import RotationUnderWay
from accounts.settings import Settings
from accounts.usecases.change_role import RoleHeldElsewhere
from accounts.usecases.create_account import EmailTaken
from accounts.usecases.create_organization import OrganizationExists
from chassis.database import Database
from chassis.fingerprints import Fingerprints
from chassis.sealing import Sealer

R = TypeVar("R")
Refusals: tuple[type[Exception], ...] = (
    AccountNotFound,
    EmailTaken,
    LastOrganizer,
    MemberNotFound,
    OrganizationExists,
    OrganizationNotFound,
    RoleHeldElsewhere,
    RotationUnderWay,
    ValueError,  # an e-mail or a password that may not be one
)


@dataclass(frozen=True, slots=True)
class Process:
    """What a command works with."""

    settings: Settings
    db: Database
    sealer: Sealer
    fingerprints: Fingerprints


@asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncIterator[Process]:
    """The parts; settings come from the environment unless given."""
    settings = settings or settings_of_environment()
    db = Database(settings.database_url, pool_size=2, application_name="rowlock-accounts")
    try:
        yield Process(settings, db, Sealer.of(settings, db), Fingerprints.of_settings(settings))
    finally:
        await db.close()


def settings_of_environment() -> Settings:
    """DATABASE_URL, or ACCOUNTS_DATABASE_URL where several services share an environment."""
    own = os.environ.get("ACCOUNTS_DATABASE_URL")
    given = {"database_url": own} if own else {}
    return Settings(**given)  # pyright: ignore[reportArgumentType]  -- the rest comes from the environment


def work_with(work: Callable[[Process], Awaitable[R]], settings: Settings | None = None) -> R:
    """Run `work` with the parts, in an event loop of its own."""

    async def run() -> R:
        async with opened(settings) as process:
            return await work(process)

    return asyncio.run(run())


def command(work: Callable[[Process], Awaitable[R]]) -> R:
    """The same for a person who types: a refusal becomes one sentence and exit code 1."""
    try:
        return work_with(work)
    except Refusals as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None
