"""`rowlock erase EMAIL`: takes a person out of every service."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

import typer

from chassis.erasure import Erasure, Person
from rowlock_cli.failure import fail
from rowlock_cli.settings import settings_of

commands = typer.Typer()
ERASE = "rowlock.erase"
KNOWS_ACCOUNTS = "accounts"
Erase = Callable[[Person], Awaitable[Erasure]]


@commands.command()
def erase(
    email: Annotated[str, typer.Argument(help="The e-mail address of the person who asked for it.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be undone.")] = False,
) -> None:
    """Erase a person from every service; tells what was erased, and what is kept and why. It may be run
    again. Be sure that it is they who ask: whoever reads their mail can prove it.
    """
    services = erasing_services()
    for service in services:
        with settings_of(service):
            pass  # better to stop before the first than after it
    if not yes:
        typer.confirm("Erase this person from every service? It cannot be undone.", abort=True)
    person = Person(email=email)
    for service, entry in services.items():
        erasure = erased_from(service, entry, person)
        tell(service, erasure)
        person = Person(email=email, account_ids=person.account_ids | erasure.account_ids)


def erasing_services() -> dict[str, EntryPoint]:
    """The services that keep something of people; first the one that knows which accounts are whose."""
    entries = {entry.name: entry for entry in entry_points(group=ERASE)}
    if KNOWS_ACCOUNTS not in entries:
        fail("accounts is not installed here: without it nobody knows whose the orders of an account are.")
    return {KNOWS_ACCOUNTS: entries.pop(KNOWS_ACCOUNTS), **dict(sorted(entries.items()))}


def erased_from(service: str, entry: EntryPoint, person: Person) -> Erasure:
    """What one service did."""
    run: Erase = entry.load()

    async def work() -> Erasure:
        return await run(person)

    with settings_of(service):
        return asyncio.run(work())


def tell(service: str, erasure: Erasure) -> None:
    """Its sentences, none of them with a word about the person."""
    for done, sentences in (("erased", erasure.erased), ("kept", erasure.kept)):
        for sentence in sentences:
            typer.echo(f"{service} {done}  {sentence.removeprefix(f'{service}: ')}")
