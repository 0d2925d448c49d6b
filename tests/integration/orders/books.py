"""Orders' books, what reservation and the provider say of them, and how to make them wrong by hand."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
from integration.orders.scene import Scene
from psycopg.conninfo import conninfo_to_dict

from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.ids import new_id
from orders.clients.payment_provider import (
    Capture,
    ProviderPayment,
    ProviderPaymentState,
    ProviderRefund,
    ProviderRefundState,
)
from orders.clients.sold_seats import SoldSeat, SoldSeats
from orders.domain.findings import Finding, Report
from orders.domain.order import Money
from orders.queries.reconcile import Terms, reconcile
from orders.storage.refunds import lock_refund
from orders.usecases.settle_refund import settle_refund
from orders.usecases.take_in_refund import settle
from support.money.kept import ModelPayment, ModelRefund
from support.money.provider import ModelProvider
from support.money.story import MoneyStage

HOUR_S = 3600
TERMS: Mapping[str, float] = {
    "look_back_s": HOUR_S,
    # The same moment on the clock of the database and on ours is not quite the same.
    "settle_s": -1,
    "stuck_s": HOUR_S,
    "refund_stuck_s": 24 * HOUR_S,
}


@dataclass
class AgreeingReservation:
    """Has sold the seats of valid tickets, but those it was told otherwise about."""

    scene: Scene
    also_sold: list[SoldSeat] = field(default_factory=list[SoldSeat])
    not_sold: set[str] = field(default_factory=set[str])

    async def of_events(self, event_ids: Collection[UUID]) -> AsyncIterator[SoldSeat]:
        rows = await self.scene.rows(
            "SELECT event_id, seat_id, order_id FROM orders.tickets WHERE state = 'valid' AND event_id = ANY(:ids)",
            ids=list(event_ids),
        )
        for event_id, seat_id, order_id in rows:
            if seat_id not in self.not_sold:
                yield SoldSeat(event_id=event_id, seat_id=seat_id, order_id=order_id)
        for seat in self.also_sold:
            if seat.event_id in event_ids:
                yield seat


@dataclass
class Books:
    scene: Scene
    admin_url: str
    reservation: AgreeingReservation
    provider: ModelProvider

    async def compare(self, **terms: float) -> Report:
        return await reconcile(
            self.scene.db,
            provider=self.provider,
            sold_seats=self.reservation,  # pyright: ignore[reportArgumentType]  -- all that is asked of it
            terms=Terms(now=utc_now(), **{**TERMS, **terms}),
        )

    async def kinds(self, **terms: float) -> list[str]:
        """The kinds of what is found, one for each finding."""
        report = await self.compare(**terms)
        assert report.not_compared == {}
        return sorted(finding.kind.value for finding in report.findings)

    def plant(self, sql: str, **parameters: Any) -> None:
        """Change the tables as no code of ours may: no trigger or foreign key stops it."""
        options = "-c session_replication_role=replica -c search_path=orders"
        conninfo = conninfo_to_dict(self.admin_url, options=options)
        with psycopg.connect(**conninfo, autocommit=True) as connection:  # pyright: ignore[reportArgumentType]
            assert connection.execute(sql.encode(), parameters).rowcount == 1, "it must change one row"

    async def settle(self, order_id: UUID) -> None:
        """Have the provider pay back what is owed of an order."""

        async def paid_back(tx: Transaction, refund_id: UUID) -> None:
            refund = await lock_refund(tx, refund_id)
            await settle(tx, refund=refund, reference=f"ref-{refund_id}", now=utc_now())

        for refund_id in await self._owed(order_id):
            await self.scene.db.run(lambda tx, refund_id=refund_id: paid_back(tx, refund_id))

    async def settle_by_hand(self, order_id: UUID) -> None:
        """Have an operator pay it back otherwise."""
        for refund_id in await self._owed(order_id):
            await self.scene.db.run(
                lambda tx, refund_id=refund_id: settle_refund(tx, refund_id=refund_id, now=utc_now())
            )

    async def _owed(self, order_id: UUID) -> list[UUID]:
        owed = "SELECT refund_id FROM orders.refunds WHERE order_id = :id AND state = 'pending'"
        return [refund_id for (refund_id,) in await self.scene.rows(owed, id=order_id)]

    async def have_provider_agree(self) -> None:
        """Let the provider believe exactly what the books say, of payments and of settled refunds."""
        self.provider.payments, self.provider.refunds = {}, {}
        for payment_id, order_id, reference, amount_minor, currency, at in await self.scene.rows(
            "SELECT payment_id, order_id, reference, amount_minor, currency, at FROM orders.ledger_entries "
            "WHERE kind = 'captured'"
        ):
            amount = Money(amount_minor=amount_minor, currency=currency)
            capture = Capture(reference=reference, amount=amount, captured_at=at)
            self.add_payment(payment_id, order_id, amount, reference=reference, captures=(capture,))
        for refund_id, capture_reference, amount_minor, currency in await self.scene.rows(
            "SELECT refund_id, capture_reference, amount_minor, currency FROM orders.refunds "
            "WHERE state = 'settled' AND provider_reference IS NOT NULL"
        ):
            amount = Money(amount_minor=amount_minor, currency=currency)
            self.add_refund(refund_id, capture_reference, amount)

    def add_payment(
        self,
        payment_id: UUID | None,
        order_id: UUID,
        amount: Money,
        *,
        reference: str,
        captures: tuple[Capture, ...],
        state: ProviderPaymentState = ProviderPaymentState.CAPTURED,
    ) -> None:
        now = ProviderPayment(
            reference=reference, payment_id=payment_id, state=state, page_url=None, captures=captures
        )
        self.provider.payments[reference] = ModelPayment(now, order_id, amount, closes_at=utc_now())

    def add_refund(
        self,
        refund_id: UUID | None,
        capture_reference: str,
        amount: Money,
        *,
        state: ProviderRefundState = ProviderRefundState.SUCCEEDED,
    ) -> None:
        reference = f"ref-{new_id()}"
        now = ProviderRefund(
            reference=reference,
            refund_id=refund_id,
            state=state,
            amount=amount,
            capture_reference=capture_reference,
        )
        self.provider.refunds[reference] = ModelRefund(now, (refund_id or new_id(), 1), capture_reference)


async def compare_sale(stage: MoneyStage, *, settle_s: float) -> list[Finding]:
    """Compare the books of a sale, its seats with those of the real reservation."""
    terms = Terms(now=utc_now(), **{**TERMS, "settle_s": settle_s})
    state, reservation = stage.sale.apps["orders"].state, stage.sale.apps["reservation"]
    db = stage.sale.databases["orders"]
    async with aclosing(SoldSeats(state.settings, transport=httpx.ASGITransport(reservation))) as sold_seats:
        report = await reconcile(db, provider=stage.provider, sold_seats=sold_seats, terms=terms)
    assert report.not_compared == {}
    return report.findings


def long_ago() -> Any:
    return utc_now() - timedelta(days=30)
