"""`rowlock dead-letters`: messages that a consumer could not handle."""

import asyncio
import importlib
import json
import os
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from chassis.messaging.dead_letters import DeadLetter, list_dead_letters, replay_dead_letters
from chassis.publishing import BrokerUnavailable
from rowlock_cli.failure import fail
from rowlock_cli.services import service_names

T = TypeVar("T")

commands = typer.Typer()
dead_letters = typer.Typer(help="Messages that a consumer could not handle.", no_args_is_help=True)
commands.add_typer(dead_letters, name="dead-letters")

AmqpUrl = Annotated[str, typer.Option(envvar="AMQP_URL", help="URL of RabbitMQ.")]


@dead_letters.callback()
def of_consumers() -> None:
    """Messages that a consumer could not handle."""


@dead_letters.command("list")
def list_letters(
    *,
    amqp_url: AmqpUrl,
    consumer: Annotated[str | None, typer.Option(help="One consumer; all of them unless given.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most letters of each consumer.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, body included.")] = False,
) -> None:
    """List dead letters, the oldest first; they stay where they are."""
    for name in [consumer] if consumer else consumer_names():
        for letter in run(list_dead_letters(amqp_url=amqp_url, consumer=name, limit=limit)):
            print(as_line(letter, as_json=as_json))


@dead_letters.command()
def replay(
    consumer: Annotated[str, typer.Argument(help="The consumer that gets them again.")],
    *,
    amqp_url: AmqpUrl,
    message_id: Annotated[str | None, typer.Option(help="Only this message.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most letters to send.")] = 1000,
) -> None:
    """Send dead letters back to their consumer, once what stopped it is mended."""
    sent = run(replay_dead_letters(amqp_url=amqp_url, consumer=consumer, limit=limit, message_id=message_id))
    print(f"{sent} sent back to {consumer}")


def as_line(letter: DeadLetter, *, as_json: bool) -> str:
    """One letter; its body may hold personal data, so only JSON shows it."""
    if as_json:
        return json.dumps({name: getattr(letter, name) for name in letter.__slots__}, default=str)
    died_at = letter.died_at.isoformat() if letter.died_at else "-"
    return f"{letter.consumer}  {letter.message_id}  {letter.message_type}  {letter.reason}  {died_at}"


def consumer_names() -> list[str]:
    """Consumers of every service whose settings are at hand."""
    return [name for service in service_names() for name in consumers_of(service)]


def consumers_of(service: str) -> list[str]:
    """Consumers of one service, as its worker has them."""
    own = os.environ.get(f"{service.upper()}_DATABASE_URL")
    before = os.environ.get("DATABASE_URL")
    if own and not before:
        os.environ["DATABASE_URL"] = own
    try:
        worker = importlib.import_module(f"{service}.worker").create_worker()
    except ValidationError:
        typer.echo(f"skipped {service}: its settings are not at hand", err=True)
        return []
    finally:
        if own and not before:
            del os.environ["DATABASE_URL"]
    return [consumer.name for consumer in worker.consumers]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Wait for the work; a broker that is away is one sentence."""
    try:
        return asyncio.run(work)
    except BrokerUnavailable as error:
        fail(f"RabbitMQ cannot be reached: {error}")
