"""RabbitMQ, and nothing else of the system imports aio-pika.

We connect without aio-pika's "robust" layer and supervise the connections ourselves: a
publish through a robust channel waits without end for a lost connection (aio-pika#556, #636),
and restored consumers have stayed silent (#231, #563). Here a lost connection is an error at
once, and every consumer is declared anew from scratch.
"""

from chassis.messaging.broker import Broker
from chassis.messaging.consumer import Consumer, declare_queues
from chassis.messaging.subscription import Subscription, on
from chassis.publishing import BrokerUnavailable, PublishFailed, PublishTimedOut, PublishUnroutable

__all__ = [
    "Broker",
    "BrokerUnavailable",
    "Consumer",
    "PublishFailed",
    "PublishTimedOut",
    "PublishUnroutable",
    "Subscription",
    "declare_queues",
    "on",
]
