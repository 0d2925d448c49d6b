"""Messages in traces: sent by a relay, which follows the step that committed them, and processed by each of
their consumers, which follows the sending. As the semantic conventions for RabbitMQ have it.
"""

from uuid import UUID

from chassis import tracing
from chassis.envelope import MessageMeta
from chassis.trace_context import TraceContext, follow

EXCHANGE = "rowlock"
"""As `messaging.topology` has it, which cannot be imported without the broker's library."""


def sending(context: TraceContext, *, message_type: str, message_id: UUID) -> tracing.SpanBlock:
    """Until the broker has confirmed the message."""
    if not tracing.enabled():
        return tracing.work(context, "")
    attributes = {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": "send",
        "messaging.operation.name": "publish",
        "messaging.destination.name": f"{EXCHANGE}:{message_type}",
        "messaging.rabbitmq.destination.routing_key": message_type,
        "messaging.message.id": str(message_id),
    }
    return tracing.work(context, f"publish {message_type}", tracing.PRODUCER, attributes)


def processing(meta: MessageMeta, *, consumer: str) -> tracing.SpanBlock:
    """One delivery, from the moment its handler may start to its settlement."""
    context = follow(meta.traceparent, meta.request_id)
    if not tracing.enabled():
        return tracing.work(context, "")
    attributes = {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": f"{EXCHANGE}:{meta.message_type}:{consumer}",
        "messaging.rabbitmq.destination.routing_key": meta.message_type,
        "messaging.message.id": str(meta.message_id),
    }
    # An account's id stands for a person, whom no erasure could take out of a store of traces.
    if not meta.message_type.startswith("accounts."):
        attributes["rowlock.aggregate_id"] = meta.aggregate_id
    if meta.request_id is not None:
        attributes["rowlock.request_id"] = meta.request_id
    return tracing.work(context, f"process {consumer} {meta.message_type}", tracing.CONSUMER, attributes)
