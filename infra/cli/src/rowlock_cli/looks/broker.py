"""RabbitMQ and the queues of every consumer."""

from urllib.parse import urlsplit

from chassis.messaging.inspection import BrokerSight, look_at_broker
from chassis.publishing import BrokerUnavailable
from rowlock_cli.asking import Unanswered, addresses_of, ask, first_line
from rowlock_cli.services import consumer_names

NOT_TOLD = "AMQP_URL is not set"


async def look_at_rabbitmq(amqp_url: str) -> BrokerSight:
    """The broker and the queues of all consumers. Raises Unanswered."""
    await require_resolved(amqp_url)
    try:
        return await ask(look_at_broker(amqp_url, consumers=consumer_names()))
    except BrokerUnavailable as error:
        raise Unanswered(first_line(error)) from None


async def require_resolved(amqp_url: str) -> None:
    """Raise Unanswered where there is no use in trying to connect."""
    if not amqp_url:
        raise Unanswered(NOT_TOLD)
    try:
        host = urlsplit(amqp_url).hostname or ""
    except ValueError:
        raise Unanswered("AMQP_URL is not a URL") from None
    await ask(addresses_of(host))
