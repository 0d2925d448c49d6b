"""Orders paid at the model provider, and what must always be true of their money."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integration.orders.scene import BUYER, Scene, hold_of

from chassis.clock import utc_now
from chassis.ids import new_id
from messages.catalog import RefundPolicy
from messages.reservation import HoldsConfirmed
from orders.domain.order import Money
from orders.domain.rights import OrderRight
from orders.domain.states import OrderState
from orders.jobs.refunds import SendRefunds
from orders.settings import Settings
from orders.storage.payments import insert_pending
from orders.usecases.cancel_event_orders import cancel_event_orders
from orders.usecases.cancel_tickets import cancel_tickets
from orders.usecases.take_in_payment import take_in_payment
from support.money.provider import ModelProvider

PRICE_MINOR = 4500
FEE_MINOR = 300
REFUND_MINOR = PRICE_MINOR - FEE_MINOR
"""What goes back of a ticket by `policy()` as long as all of it does."""
SEATS = ("A-1", "A-2", "A-3")

_SUMS = """
SELECT (SELECT coalesce(sum(amount_minor), 0) FROM orders.ledger_entries
        WHERE order_id = :order_id AND kind = 'captured')
     - (SELECT coalesce(sum(amount_minor), 0) FROM orders.refunds WHERE order_id = :order_id)
     - (SELECT coalesce(sum(price_minor), 0) FROM orders.tickets JOIN orders.order_lines USING (line_id)
        WHERE tickets.order_id = :order_id AND tickets.state = 'valid')
     - (SELECT coalesce(sum(amount_minor), 0) FROM orders.ledger_entries
        WHERE order_id = :order_id AND kind = 'fee') AS left_over
"""


@dataclass(frozen=True)
class Paid:
    """A confirmed order and its tickets, in the order of their seats."""

    order_id: uuid.UUID
    event_id: uuid.UUID
    ticket_ids: tuple[uuid.UUID, ...]


def policy(*, now: datetime | None = None, **changes: Any) -> RefundPolicy:
    """All back for a day, half of it for another; 3.00 of a ticket is a fee that is kept."""
    now = now or utc_now()
    terms: dict[str, Any] = {
        "full_until": now + timedelta(days=1),
        "part_until": now + timedelta(days=2),
        "part_percent": 50,
        "fee_minor": FEE_MINOR,
        "fee_refunded": False,
    }
    return RefundPolicy(**{**terms, **changes})


def pln(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "PLN"}


class MoneyScene:
    """A scene with a payment provider, and the job that sends it refunds."""

    def __init__(self, scene: Scene, provider: ModelProvider, settings: Settings) -> None:
        self.scene = scene
        self.provider = provider
        self.settings = settings

    def job(self, **settings: Any) -> SendRefunds:
        """The job of one replica; pauses are none unless `settings` say otherwise."""
        quick = {"refund_retry_s": 1e-6, "refund_look_again_s": 1e-6, "refunds_per_s": 1000.0}
        changed = self.settings.model_copy(update={**quick, **settings})
        return SendRefunds(self.scene.db, changed, self.provider)

    async def make_due(self) -> None:
        """Let the pause before every refund's next attempt be over."""
        sql = "UPDATE orders.refunds SET next_attempt_at = :due WHERE next_attempt_at IS NOT NULL RETURNING refund_id"
        await self.scene.rows(sql, due=utc_now() - timedelta(seconds=1))

    async def run_until_still(self, **settings: Any) -> None:
        """Run the job, with all pauses over at once, until nothing is due."""
        job = self.job(**settings)
        for _ in range(20):
            await self.make_due()
            if await job.run() == 0:
                return
        raise AssertionError("there is always something to do")

    async def paid(self, *, seats: Sequence[str] = ("A-1",), at_provider: bool = True, **event: Any) -> Paid:
        """An order of adults' seats, paid and confirmed; `event` are details of its event."""
        event_id = await self.scene.publish_event(**event)
        return await self.paid_for(event_id, seats=seats, at_provider=at_provider)

    async def paid_for(
        self, *event_ids: uuid.UUID, seats: Sequence[str] = ("A-1",), at_provider: bool = True
    ) -> Paid:
        """The same for events there are."""
        holds = [hold_of(event_id, seats=seats) for event_id in event_ids]
        order_id = await self.scene.place(*holds, ticket_type="adult")
        total = PRICE_MINOR * len(seats) * len(event_ids)
        if at_provider:
            await self.pay_at_provider(order_id, amount_minor=total)
        else:
            await self.scene.pay(order_id, amount_minor=total)
        await self.scene.deliver(HoldsConfirmed(order_id=order_id))
        found = await self.scene.rows(
            "SELECT ticket_id FROM orders.tickets JOIN orders.order_lines USING (line_id) "
            "WHERE tickets.order_id = :order_id ORDER BY position",
            order_id=order_id,
        )
        return Paid(order_id, event_ids[0], tuple(ticket_id for (ticket_id,) in found))

    async def cancelled(self) -> Paid:
        """A paid order that was cancelled: its whole price is owed."""
        paid = await self.paid()
        await self.scene.cancel(paid.order_id)
        return paid

    async def pay_at_provider(self, order_id: uuid.UUID, *, amount_minor: int) -> uuid.UUID:
        payment_id, now = new_id(), utc_now()
        amount = Money(amount_minor=amount_minor, currency="PLN")
        await self.scene.db.run(
            lambda tx: insert_pending(
                tx,
                payment_id=payment_id,
                order_id=order_id,
                provider=self.provider.name,
                amount=amount,
                return_url="http://here/",
                look_at=now,
                at=now,
            )
        )
        made = await self.provider.create_payment(
            payment_id=payment_id,
            order_id=order_id,
            amount=amount,
            description="",
            expires_at=now + timedelta(minutes=10),
            return_url="http://here/",
        )
        self.provider.capture(made.reference, amount)
        captured = self.provider.payments[made.reference].now
        await self.scene.db.run(
            lambda tx: take_in_payment(tx, payment=captured, provider=self.provider.name, now=utc_now())
        )
        return payment_id

    async def cancel_tickets(
        self,
        order_id: uuid.UUID,
        *ticket_ids: uuid.UUID,
        buyer_id: str = BUYER,
        now: datetime | None = None,
    ) -> OrderState:
        right = OrderRight(buyer_id=buyer_id)
        return await self.scene.db.run(
            lambda tx: cancel_tickets(
                tx, order_id=order_id, ticket_ids=ticket_ids, right=right, now=now or utc_now()
            )
        )

    async def cancel_orders_of_events(self, *, orders_max: int = 10) -> int:
        """One batch of the job that cancels the orders of cancelled events."""
        return await self.scene.db.run(
            lambda tx: cancel_event_orders(tx, orders_max=orders_max, now=utc_now())
        )

    # What came of it

    async def refunds(self, order_id: uuid.UUID) -> list[tuple[str, int, str]]:
        """Cause, amount and state of each refund; a ticket's cause without its id."""
        rows = await self.scene.rows(
            "SELECT split_part(cause, ':', 1), amount_minor, state FROM orders.refunds "
            "WHERE order_id = :order_id ORDER BY refund_id",
            order_id=order_id,
        )
        return [tuple(row) for row in rows]

    async def refund_id(self, order_id: uuid.UUID) -> uuid.UUID:
        """Of the only refund of the order."""
        sql = "SELECT refund_id FROM orders.refunds WHERE order_id = :order_id"
        ((refund_id,),) = await self.scene.rows(sql, order_id=order_id)
        return refund_id

    async def fees(self, order_id: uuid.UUID) -> list[int]:
        sql = "SELECT amount_minor FROM orders.ledger_entries WHERE order_id = :order_id AND kind = 'fee' ORDER BY entry_id"
        return [amount for (amount,) in await self.scene.rows(sql, order_id=order_id)]

    async def payment_states(self, order_id: uuid.UUID) -> list[str]:
        order = await self.scene.order(order_id)
        return [payment["state"] for payment in order["payments"]]

    async def left_over(self, order_id: uuid.UUID) -> int:
        """What was captured and is neither refunded, nor a valid ticket's price, nor a fee: always 0."""
        return await self.scene.scalar(_SUMS, order_id=order_id)

    async def refund_state(self, paid: Paid) -> str:
        """Of the only refund of the order."""
        ((_, _, state),) = await self.refunds(paid.order_id)
        return state

    async def refunded_entries(self) -> int:
        """How often the ledger says that money went back."""
        return await self.scene.scalar("SELECT count(*) FROM orders.ledger_entries WHERE kind = 'refunded'")
