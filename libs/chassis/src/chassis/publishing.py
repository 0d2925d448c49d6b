"""What the relay needs of a broker, and how publishing can fail. Imports no broker library."""

from typing import Protocol

from chassis.envelope import Envelope


class BrokerUnavailable(Exception):
    """There is no connection to the broker; says nothing about the message."""


class PublishFailed(Exception):
    """The broker did not take this message."""


class PublishUnroutable(PublishFailed):
    """No queue is bound to the message's type."""


class PublishRefused(PublishFailed):
    """The broker said no, for now: its queue has no leader, or no room."""


class PublishTimedOut(PublishFailed):
    """The broker did not confirm in time; it may have the message all the same."""


class Publisher(Protocol):
    """Sends one message; returns only when the broker has confirmed it."""

    async def publish(self, envelope: Envelope) -> None:
        """Raises BrokerUnavailable or PublishFailed."""
        ...

    async def connect(self) -> None:
        """Raises BrokerUnavailable."""
        ...
