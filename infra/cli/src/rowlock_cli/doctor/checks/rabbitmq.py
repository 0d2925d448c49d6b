"""RabbitMQ: its version, its queues, and whether it takes messages."""

import re
from collections.abc import Iterator

from chassis.inspection import Finding
from chassis.messaging.inspection import BrokerSight
from rowlock_cli.doctor.facts import SystemFacts

VERSION_MIN = (3, 10)


def version_known(facts: SystemFacts) -> Iterator[Finding]:
    """A RabbitMQ older than 3.10, whose quorum queues lose dead letters."""
    if isinstance(facts.broker, BrokerSight) and _numbers(facts.broker.version) < VERSION_MIN:
        yield Finding(
            setting="AMQP_URL",
            wrong=f"leads to RabbitMQ {facts.broker.version}; 3.10 is the oldest that will do",
            remedy="run RabbitMQ 4",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2]) or VERSION_MIN


def queues_exist(facts: SystemFacts) -> Iterator[Finding]:
    """A consumer without its queue or dead letter queue: messages for it would be lost, or kept back."""
    if isinstance(facts.broker, BrokerSight):
        missing = [queue.consumer for queue in facts.broker.queues if queue.is_missing]
        if missing:
            yield Finding(
                setting="queues",
                wrong=f"missing: {', '.join(missing)}",
                remedy="run `rowlock declare-queues`",
            )


def queues_have_our_arguments(facts: SystemFacts) -> Iterator[Finding]:
    """A queue with other arguments than ours: another DELIVERY_LIMIT, no dead letters, not a quorum queue."""
    if isinstance(facts.differing_queues, dict):
        for queue, why in facts.differing_queues.items():
            yield Finding(
                setting="DELIVERY_LIMIT" if "x-delivery-limit" in why else "queues",
                wrong=f"the queue {queue} is not as we declare it: {why}",
                remedy="stop its consumers, empty and delete the queue, and run `rowlock declare-queues`; "
                "or set DELIVERY_LIMIT to what it was",
            )


def messages_are_taken(facts: SystemFacts) -> Iterator[Finding]:
    """A broker under an alarm of memory or disk: it takes no messages, and outboxes fill up."""
    if facts.broker_takes_messages is False:
        yield Finding(
            setting="RabbitMQ",
            wrong="confirms no message: an alarm of memory or disk (`rabbitmqctl status` names it)",
            remedy="free disk or memory, or raise disk_free_limit or vm_memory_high_watermark",
        )
