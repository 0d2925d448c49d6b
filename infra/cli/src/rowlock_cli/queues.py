"""`rowlock declare-queues`: makes the queues of all consumers before anybody publishes."""

import typer

from chassis.messaging import declare_queues
from rowlock_cli.broker import AmqpUrl, run
from rowlock_cli.services import service_names, worker_of

commands = typer.Typer()


@commands.command("declare-queues")
def declare(*, amqp_url: AmqpUrl) -> None:
    """Make every consumer's queue, before the first worker starts; those that exist stay as they are."""
    for worker in filter(None, map(worker_of, service_names())):
        limit = worker.settings.delivery_limit
        run(declare_queues(worker.consumers, amqp_url=amqp_url, delivery_limit=limit))
        print("\n".join(consumer.name for consumer in worker.consumers))
