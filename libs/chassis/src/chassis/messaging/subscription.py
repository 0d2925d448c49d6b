"""Which message type goes to which use case.

A consumer's list of these reads like prose:

on(EventPublished, handle_event_published, before=fetch_plan)
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from pydantic import ValidationError

from chassis.database import Transaction
from chassis.envelope import Envelope, MessageMeta


class MessageInvalid(Exception):
    """The data does not fit the message class of its type."""


class Readable(Protocol):
    """A message class: its type and its parser."""

    message_type: ClassVar[str]

    @classmethod
    def model_validate(cls, obj: Any) -> Self: ...


Handler = Callable[..., Awaitable[Any]]
Before = Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """`handler(tx, message, meta)` runs in a transaction, with the inbox checked in it.

    `before(message)` runs first, outside the transaction, where the network is allowed; its
    result reaches the handler as `prepared=`. Both may run more than once for a message. When it raises
    ServiceUnavailable, that service is waited for as the database is, which costs no delivery.
    """

    message_class: type[Readable]
    handler: Handler
    before: Before | None = None

    @property
    def message_type(self) -> str:
        """The type, which is also the routing key."""
        return self.message_class.message_type

    def read(self, envelope: Envelope) -> Any:
        """The message in the envelope. Raises MessageInvalid, which no retry can cure."""
        try:
            return self.message_class.model_validate(envelope.data)
        except ValidationError as error:
            raise MessageInvalid(f"{error.error_count()} fields do not fit {self.message_type}") from error

    async def prepare(self, message: Any) -> dict[str, Any]:
        """What `before` found, as keyword arguments of the handler."""
        return {"prepared": await self.before(message)} if self.before else {}

    async def handle(
        self, tx: Transaction, message: Any, meta: MessageMeta, prepared: dict[str, Any]
    ) -> None:
        """Run the handler."""
        await self.handler(tx, message, meta, **prepared)


def on(message_class: type[Readable], handler: Handler, before: Before | None = None) -> Subscription:
    """The same as Subscription(...), for lists that read aloud."""
    return Subscription(message_class, handler, before)
