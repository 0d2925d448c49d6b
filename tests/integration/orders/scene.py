"""A small stage for orders: events on sale, holds with real tokens, orders brought to any state.

Messages are handled by the handlers the worker subscribes, each in a transaction of its own.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import text

from chassis.clock import utc_now
from chassis.database import Database, Transaction
from chassis.envelope import MessageMeta
from chassis.ids import new_id
from messages.base import Message
from messages.catalog import EventCancelled, EventPublished, PriceCategoryOffer, TicketTypePrice
from messages.reservation import HoldExpired, HoldsConfirmed, HoldsRefused, SeatsReleased
from orders.consumers import SUBSCRIPTIONS, people
from orders.domain.basket import Attendee, HeldSeat, Hold
from orders.domain.order import Contact, Money
from orders.domain.rights import OrderRight, access_token_sha256
from orders.domain.states import OrderState
from orders.queries import find_order, tickets_of_order
from orders.storage.personal_data import PersonalData
from orders.usecases.cancel_order import cancel_order
from orders.usecases.capture_payment import capture_payment
from orders.usecases.finalize_order import finalize_order
from orders.usecases.order_access_tokens import OrderAccessTokens
from orders.usecases.place_order import place_order
from support.waiting import wait_until

PRICES = {"Stalls": {"adult": 4500, "free": 0}}
BUYER = "ada"
_references = count(1)

Request = Callable[[], Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class Placed:
    """An order and what it was made of."""

    order_id: uuid.UUID
    event_id: uuid.UUID
    hold_id: uuid.UUID


class Scene:
    def __init__(self, db: Database, personal: PersonalData) -> None:
        self.db = db
        self.personal = personal
        self.access_tokens = OrderAccessTokens(personal.fingerprints)
        subscriptions = (*SUBSCRIPTIONS, *people(self.access_tokens))
        self._handlers = {item.message_type: item.handler for item in subscriptions}

    # What the world does

    async def deliver(self, message: Message, *, sent_at: datetime | None = None) -> None:
        """Handle a message as the worker would, once."""
        meta = MessageMeta(
            message_id=new_id(),
            message_type=message.message_type,
            aggregate_id=str(message.aggregate_id),
            aggregate_version=message.aggregate_version,
            time=sent_at or utc_now(),
            source="test",
        )
        await self.db.run(lambda tx: self._handlers[message.message_type](tx, message, meta))

    async def publish_event(self, **changes: Any) -> uuid.UUID:
        """Have an event on sale (a week from now, PLN, Stalls: adult 4500 and free 0)."""
        message = event_published(**changes)
        await self.deliver(message)
        return message.event_id

    async def cancel_event(self, event_id: uuid.UUID, *, version: int = 2) -> None:
        cancelled_at = utc_now()
        await self.deliver(
            EventCancelled(event_id=event_id, version=version, reason="rain", cancelled_at=cancelled_at)
        )

    # What people do

    async def place(
        self,
        *holds: Hold,
        ticket_type: str = "free",
        buyer_id: str | None = BUYER,
        email: str = "ada@example.org",
        pesels: Sequence[str | None] = (),
        equivalent_seats_allowed: bool = False,
        tx: Transaction | None = None,
    ) -> uuid.UUID:
        """Order all seats of the holds, in `tx` or in a transaction of its own; as a guest without a
        `buyer_id`. `pesels` are those of the seats, in their order.
        """

        async def work(tx: Transaction) -> uuid.UUID:
            return await place_order(
                tx,
                buyer_id=buyer_id,
                access_tokens=self.access_tokens,
                holds=holds,
                contact=Contact(email=email),
                attendees=attendees_for(*holds, ticket_type=ticket_type, pesels=pesels),
                personal=self.personal,
                equivalent_seats_allowed=equivalent_seats_allowed,
                now=utc_now(),
            )

        return await work(tx) if tx else await self.db.run(work)

    async def finalize(self, order_id: uuid.UUID, *, buyer_id: str = BUYER) -> OrderState:
        return await self.db.run(
            lambda tx: finalize_order(
                tx, order_id=order_id, right=OrderRight(buyer_id=buyer_id), now=utc_now()
            )
        )

    async def finalize_as_guest(self, order_id: uuid.UUID, *, token: str) -> OrderState:
        right = OrderRight(access_token_sha256=access_token_sha256(token))
        return await self.db.run(lambda tx: finalize_order(tx, order_id=order_id, right=right, now=utc_now()))

    async def cancel(
        self, order_id: uuid.UUID, *, buyer_id: str = BUYER, now: datetime | None = None
    ) -> OrderState:
        return await self.db.run(
            lambda tx: cancel_order(
                tx, order_id=order_id, right=OrderRight(buyer_id=buyer_id), now=now or utc_now()
            )
        )

    async def pay(
        self, order_id: uuid.UUID, *, amount_minor: int = 4500, currency: str = "PLN", reference: str = ""
    ) -> uuid.UUID:
        """Record a payment, by default of one adult's seat and under a new reference."""
        amount = Money(amount_minor=amount_minor, currency=currency)
        reference = reference or f"bank-{next(_references)}"
        return await self.db.run(
            lambda tx: capture_payment(
                tx, order_id=order_id, amount=amount, provider="recorded", reference=reference, now=utc_now()
            )
        )

    async def order_in(self, state: OrderState, *, paid: bool) -> Placed:
        """An order of one seat brought to `state` the way orders get there."""
        event_id = await self.publish_event()
        hold = hold_of(event_id)
        order_id = await self.place(hold, ticket_type="adult" if paid else "free")
        for step in _PATHS[state]:
            await self._take(step, order_id, hold, paid=paid)
        return Placed(order_id=order_id, event_id=event_id, hold_id=hold.hold_id)

    async def _take(self, step: str, order_id: uuid.UUID, hold: Hold, *, paid: bool) -> None:
        match step:
            case "finalize":
                await (self.pay(order_id) if paid else self.finalize(order_id))
            case "confirm":
                await self.deliver(HoldsConfirmed(order_id=order_id))
            case "refuse":
                await self.deliver(HoldsRefused(order_id=order_id, reason="seats_taken", lost_seats=()))
            case "cancel":
                await self.cancel(order_id)
            case "release":
                await self.deliver(SeatsReleased(order_id=order_id))
            case _:
                await self.deliver(hold_expired(hold.hold_id))

    # What came of it

    async def order(self, order_id: uuid.UUID) -> dict[str, Any]:
        async with self.db.snapshot() as conn:
            row = await find_order(conn, order_id, personal=self.personal)
        assert row is not None
        return dict(row)

    async def tickets(self, order_id: uuid.UUID) -> list[str]:
        """The states of the order's tickets."""
        async with self.db.snapshot() as conn:
            return [row["state"] for row in await tickets_of_order(conn, order_id, personal=self.personal)]

    async def take_sent(self) -> list[str]:
        """The types of the messages sent since the last look, the oldest first."""
        return [message_type for message_type, _ in await self.take_messages()]

    async def take_messages(self) -> list[tuple[str, dict[str, Any]]]:
        """The messages themselves, taken out of the outbox as the relay does."""
        statement = text("WITH taken AS (DELETE FROM orders.outbox RETURNING id, message_type, data) "
                         "SELECT message_type, data FROM taken ORDER BY id")  # fmt: skip
        async with self.db.transaction() as tx:
            return [(row.message_type.split(".")[1], row.data) for row in await tx.execute(statement)]

    async def rows(self, sql: str, **parameters: Any) -> list[Any]:
        async with self.db.transaction() as tx:
            return [tuple(row) for row in await tx.execute(text(sql), parameters)]

    async def queue_for(self, order_id: object, *requests: Request) -> list[Any]:
        """Have the requests wait, in their order, for the lock of the order; gives their answers."""
        queued: list[asyncio.Task[Any]] = []
        async with asyncio.TaskGroup() as racing, self.at_work_on(order_id):
            for place, request in enumerate(requests, start=1):
                queued.append(racing.create_task(request()))
                await wait_until(lambda place=place: self.are_waiting(place))
        return [task.result() for task in queued]

    @asynccontextmanager
    async def at_work_on(self, order_id: object) -> AsyncIterator[None]:
        """Somebody else has the order's lock."""
        lock = text("SELECT FROM orders.orders WHERE order_id = :order_id FOR UPDATE")
        async with self.db.engine.begin() as tx:
            await tx.execute(lock, {"order_id": order_id})
            yield

    async def are_waiting(self, transactions: int) -> bool:
        """Whether so many transactions of orders wait for a lock."""
        waiting = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = 'orders' AND wait_event_type = 'Lock'"
        )
        return await self.scalar(waiting) == transactions

    async def scalar(self, sql: str, **parameters: Any) -> Any:
        async with self.db.transaction() as tx:
            return await tx.scalar(text(sql), parameters)


_PATHS = {
    OrderState.AWAITING_PAYMENT: (),
    OrderState.FINALIZING: ("finalize",),
    OrderState.CONFIRMED: ("finalize", "confirm"),
    OrderState.CANCELLING: ("finalize", "confirm", "cancel"),
    OrderState.CANCELLED: ("finalize", "confirm", "cancel", "release"),
    OrderState.EXPIRED: ("expire",),
    OrderState.REFUNDED: ("finalize", "refuse"),
}


def event_published(
    *,
    event_id: uuid.UUID | None = None,
    version: int = 1,
    prices: dict[str, dict[str, int]] | None = None,
    **changes: Any,
) -> EventPublished:
    starts_at = utc_now() + timedelta(days=7)
    details: dict[str, Any] = {
        "title": "Hamlet",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=3),
        "sales_start_at": starts_at - timedelta(days=30),
        "sales_end_at": starts_at,
        "cancellation_deadline_at": None,
        "currency": "PLN",
        "seats_per_order_max": 10,
        "pesel_required": False,
    }
    categories = [
        PriceCategoryOffer(name=name, ticket_types=tuple(TicketTypePrice(name=kind, price_minor=price)
                                                         for kind, price in types.items()))
        for name, types in (prices or PRICES).items()
    ]  # fmt: skip
    return EventPublished(
        event_id=event_id or new_id(),
        version=version,
        seating_plan_id=new_id(),
        seating_plan_sha256="0" * 64,
        price_categories=tuple(categories),
        **{**details, **changes},
    )


def hold_of(
    event_id: uuid.UUID,
    *,
    seats: Sequence[str] = ("A-1",),
    price_category: str = "Stalls",
    hold_id: uuid.UUID | None = None,
    lives_s: float = 900,
) -> Hold:
    return Hold(
        hold_id=hold_id or new_id(),
        event_id=event_id,
        # Tokens carry whole seconds.
        expires_at=datetime.fromtimestamp(int(utc_now().timestamp() + lives_s), UTC),
        seats=tuple(HeldSeat(seat_id=seat, price_category=price_category) for seat in seats),
    )


def attendees_for(
    *holds: Hold, ticket_type: str = "free", pesels: Sequence[str | None] = ()
) -> list[Attendee]:
    seats = [(hold, seat) for hold in holds for seat in hold.seats]
    return [
        Attendee(
            seat_id=seat.seat_id,
            ticket_type=ticket_type,
            first_name="Ada",
            last_name="Lovelace",
            event_id=hold.event_id,
            pesel=pesel,
        )
        for (hold, seat), pesel in zip(seats, pesels or [None] * len(seats), strict=True)
    ]


def order_body(
    *holds: Hold, tokens: Sequence[str], ticket_type: str = "free", pesels: Sequence[str | None] = ()
) -> dict[str, Any]:
    """The JSON of POST /orders for all seats of the holds."""
    people = [
        {"event_id": str(person.event_id), "seat_id": person.seat_id, "ticket_type": person.ticket_type,
         "first_name": person.first_name, "last_name": person.last_name, "pesel": person.pesel}
        for person in attendees_for(*holds, ticket_type=ticket_type, pesels=pesels)
    ]  # fmt: skip
    return json.loads(
        json.dumps(
            {"hold_tokens": list(tokens), "contact": {"email": "ada@example.org"}, "attendees": people}
        )
    )


def hold_expired(hold_id: uuid.UUID) -> HoldExpired:
    return HoldExpired(hold_id=hold_id, event_id=new_id(), expired_at=utc_now())
