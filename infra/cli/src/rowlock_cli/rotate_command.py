"""`rowlock keys rotate`: new data keys, or data keys wrapped anew, in every service."""

import asyncio
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Annotated

import typer

from chassis.resealing import BATCH_ROWS, GRACE_S, SealedColumn
from rowlock_cli.failure import fail
from rowlock_cli.key_rotation import Rotation
from rowlock_cli.keys_command import commands, keys
from rowlock_cli.services import service_names
from rowlock_cli.settings import settings_of

__all__ = ["commands"]

SEALED = "rowlock.sealed"


@keys.command()
def rotate(
    *,
    service: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
    wrapping: Annotated[
        bool, typer.Option("--wrapping", help="Only wrap the data keys with the active wrapping key.")
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Make a new key though a rotation is not finished.")
    ] = False,
    batch_rows: Annotated[
        int, typer.Option(min=1, max=10_000, help="Most rows in one transaction.")
    ] = BATCH_ROWS,
    grace_s: Annotated[
        float, typer.Option(min=0, help="The longest a transaction of a service may take, in seconds.")
    ] = GRACE_S,
) -> None:
    """Seal all personal data with new data keys while the system runs. Killed at any moment, run it again:
    it goes on where it was. The old keys are dropped at the end, when nobody can be sealing with them.

    A new wrapping key: `rowlock keys add-wrapping-key`, give every service the file, then `--wrapping`.
    """
    rotations = [
        rotation(name, batch_rows=batch_rows, grace_s=grace_s) for name in service or service_names()
    ]
    if not asyncio.run(rewrap(rotations) if wrapping else reseal(rotations, anew=anew)):
        fail("Not finished.")


def rotation(service: str, *, batch_rows: int, grace_s: float) -> Rotation:
    """The rotation of one service, whose settings must be at hand."""
    if service not in service_names():
        fail(f"There is no service {service}: use {', '.join(service_names())}.")
    with settings_of(service) as settings:
        return Rotation(service, settings, columns_of(service), typer.echo, batch_rows, grace_s)


def columns_of(service: str) -> Sequence[SealedColumn]:
    """What the service seals itself, beside what the chassis seals for it."""
    entries = entry_points(group=SEALED, name=service)
    return next(iter(entries)).load() if entries else ()


async def rewrap(rotations: Sequence[Rotation]) -> bool:
    """Wrap the data keys of all services anew."""
    for each in await with_keys(rotations):
        await each.rewrap()
        await each.db.close()
    return True


async def reseal(rotations: Sequence[Rotation], *, anew: bool) -> bool:
    """Rotate the data keys of all services; False when a value, or a key, was left over."""
    sealing = await with_keys(rotations)
    for each in sealing:
        await each.begin(anew=anew)
        await each.reseal()
    await wait_until_unused(sealing)
    finished = True
    for each in sealing:
        # Once more, for what was sealed with the old key while nobody else knew of the new one.
        report = await each.reseal()
        finished = await each.drop() and report.left == 0 and finished
        await each.db.close()
    return finished


async def with_keys(rotations: Sequence[Rotation]) -> list[Rotation]:
    """Those of the services that seal anything."""
    sealing = list[Rotation]()
    for each in rotations:
        if await each.seals_nothing():
            await each.db.close()
        else:
            sealing.append(each)
    return sealing


async def wait_until_unused(rotations: Sequence[Rotation]) -> None:
    """Wait until no process can be sealing with a retired key; to be killed meanwhile does no harm."""
    wait_s = max([await each.wait_s() for each in rotations], default=0.0)
    if wait_s > 0:
        typer.echo(f"everything is resealed; waiting {wait_s:.0f} s until nobody can be using the old keys")
        await asyncio.sleep(wait_s)
