"""`rowlock dead-letters`: messages that a consumer could not handle."""

import json
from typing import Annotated

import typer

from chassis.messaging.dead_letters import DeadLetter, list_dead_letters, replay_dead_letters
from rowlock_cli.broker import AmqpUrl, run
from rowlock_cli.failure import fail
from rowlock_cli.services import consumer_names

commands = typer.Typer()
dead_letters = typer.Typer(help="Messages that a consumer could not handle.", no_args_is_help=True)
commands.add_typer(dead_letters, name="dead-letters")


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
    for name in [known(consumer)] if consumer else consumer_names():
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
    sent = run(
        replay_dead_letters(amqp_url=amqp_url, consumer=known(consumer), limit=limit, message_id=message_id)
    )
    print(f"{sent} sent back to {consumer}")


def as_line(letter: DeadLetter, *, as_json: bool) -> str:
    """One letter; its body may hold personal data, so only JSON shows it."""
    if as_json:
        return json.dumps({name: getattr(letter, name) for name in letter.__slots__}, default=str)
    died_at = letter.died_at.isoformat() if letter.died_at else "-"
    return f"{letter.consumer}  {letter.message_id}  {letter.message_type}  {letter.reason}  {died_at}"


def known(consumer: str) -> str:
    """Refuse a name that is no consumer's: looking would make a queue of that name, and find it empty."""
    if consumer not in consumer_names():
        fail(f"There is no consumer {consumer}: use {', '.join(consumer_names())}.")
    return consumer
