"""Every line of the screen, each asked for beside the others."""

import asyncio
import os
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from chassis.inspection import PartState, PartStatus, ServiceStatus
from chassis.messaging.inspection import BrokerSight
from rowlock_cli.asking import Unanswered, answered
from rowlock_cli.environment import SERVICE_DATABASE
from rowlock_cli.looks.broker import look_at_rabbitmq
from rowlock_cli.looks.databases import DatabaseSight, installed_migrations, look_at_database
from rowlock_cli.looks.gateway import GatewaySight, look_at_gateway
from rowlock_cli.looks.replicas import ReplicaSight, look_at_replicas
from rowlock_cli.operator_settings import OperatorSettings
from rowlock_cli.services import consumer_names, service_names
from rowlock_cli.status.databases import outbox_status, postgres_statuses
from rowlock_cli.status.own import own_statuses, services_that_tell

T = TypeVar("T")

OK, TROUBLE, UNKNOWN = PartState.OK, PartState.TROUBLE, PartState.UNKNOWN


def look_at_parts(settings: OperatorSettings, *, deadline_s: float) -> list[PartStatus]:
    """Every part as it is now; each question has `deadline_s`."""
    telling = services_that_tell()
    # Read now: what takes this machine long must not be taken for a part that does not answer.
    consumer_names()
    with suppress(Unanswered):
        for service in service_names():
            installed_migrations(service)
    return answered(all_statuses(settings, telling), deadline_s=deadline_s)


async def all_statuses(settings: OperatorSettings, telling: Mapping[str, ServiceStatus]) -> list[PartStatus]:
    """Gateway, replicas, servers, queues, outboxes, and what services tell of themselves."""
    gateway, replicas, broker, databases, own = await asyncio.gather(
        look_at_gateway(settings.rowlock_url),
        look_at_replicas(settings),
        _or_unanswered(look_at_rabbitmq(settings.amqp_url)),
        asyncio.gather(*(_database(service) for service in service_names())),
        own_statuses(telling),
    )
    told = dict(zip(service_names(), databases, strict=True))
    return [
        gateway_status(gateway),
        *map(replica_status, replicas),
        *postgres_statuses(told),
        rabbitmq_status(broker),
        outbox_status(told),
        *own,
    ]


async def _or_unanswered(look: Awaitable[T]) -> T | Unanswered:
    try:
        return await look
    except Unanswered as error:
        return error


async def _database(service: str) -> DatabaseSight | Unanswered:
    name = SERVICE_DATABASE.format(service=service.upper())
    if not (url := os.environ.get(name)):
        return Unanswered(f"{name} is not set")
    return await _or_unanswered(look_at_database(service, url))


def gateway_status(sight: GatewaySight) -> PartStatus:
    """Whether a request would get through."""
    facts = {"url": sight.url, "took_ms": sight.took_ms, "unreached": dict(sight.unreached)}
    if sight.unanswered:
        return PartStatus(part="gateway", state=UNKNOWN, says=f"{sight.url}: {sight.unanswered}", facts=facts)
    if sight.unreached:
        reasons = ", ".join(f"{service} ({why})" for service, why in sight.unreached.items())
        return PartStatus(part="gateway", state=TROUBLE, says=f"does not reach {reasons}", facts=facts)
    says = f"reaches every service; answers in {sight.took_ms:.0f} ms"
    return PartStatus(part="gateway", state=OK, says=says, facts=facts)


def replica_status(sight: ReplicaSight) -> PartStatus:
    """Whether the process is ready, or why not."""
    facts = {"address": sight.address, "reasons": list(sight.reasons), "started_at": None} | {
        name: sight.facts[name] for name in ("started_at",) if name in sight.facts
    }
    if sight.unanswered:
        says = f"{sight.address}: {sight.unanswered}"
        return PartStatus(part=sight.name, state=UNKNOWN, says=says, facts=facts)
    if not sight.is_ready:
        says = f"{sight.address} is not ready: {', '.join(sight.reasons)}"
        return PartStatus(part=sight.name, state=TROUBLE, says=says, facts=facts)
    return PartStatus(part=sight.name, state=OK, says=f"ready at {sight.address}", facts=facts)


def rabbitmq_status(sight: BrokerSight | Unanswered) -> PartStatus:
    """What waits in the queues, who consumes them, and what died."""
    if isinstance(sight, Unanswered):
        return PartStatus(part="rabbitmq", state=UNKNOWN, says=str(sight))
    troubles = [
        *_named("no queue", [queue.consumer for queue in sight.queues if queue.is_missing]),
        *_named("no consumer of", [queue.consumer for queue in sight.queues if queue.consumers == 0]),
        *_named(
            "dead letters of",
            [f"{queue.consumer} ({queue.dead_letters})" for queue in sight.queues if queue.dead_letters],
        ),
    ]
    waiting = [f"{queue.consumer} ({queue.messages})" for queue in sight.queues if queue.messages]
    backlog = f"waiting: {', '.join(waiting)}" if waiting else "0 waiting"
    consumers = sum(queue.consumers or 0 for queue in sight.queues)
    usual = f"{sight.version}, {len(sight.queues)} queues, {consumers} consumers, {backlog}"
    facts = {
        "version": sight.version,
        "queues": {
            queue.consumer: {
                "messages": queue.messages,
                "consumers": queue.consumers,
                "dead_letters": queue.dead_letters,
            }
            for queue in sight.queues
        },
    }
    state = TROUBLE if troubles else OK
    says = "; ".join([*troubles, usual] if troubles else [f"{usual}, 0 dead"])
    return PartStatus(part="rabbitmq", state=state, says=says, facts=facts)


def _named(trouble: str, names: Sequence[str]) -> list[str]:
    return [f"{trouble} {', '.join(names)}"] if names else []
