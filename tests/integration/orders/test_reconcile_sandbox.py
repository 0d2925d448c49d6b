"""Differences with a real provider: the payment sandbox, asked over HTTP; what it believes is planted in its file."""

import asyncio
import sqlite3
import uuid
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import pytest
from integration.orders.books import TERMS, AgreeingReservation
from integration.orders.conftest import Person
from integration.orders.till import Till
from sqlalchemy import text

from chassis.clock import utc_now
from messages.reservation import HoldsConfirmed
from orders.domain.findings import FindingKind as K
from orders.domain.findings import Report
from orders.jobs.reconcile import compare
from orders.jobs.refunds import SendRefunds
from support.waiting import wait_until

PRICE_MINOR = 4500


@dataclass
class Sandboxed:
    """A till, and what the sandbox has been told since the test began."""

    till: Till
    ada: Person
    began_at: datetime

    async def compare(self) -> Report:
        settings = self.till.app.state.settings.model_copy(
            update={
                "reconcile_look_back_s": (utc_now() - self.began_at).total_seconds(),
                "reconcile_settle_s": TERMS["settle_s"],
            }
        )
        return await compare(
            self.till.db,
            settings,
            provider=self.till.provider,
            sold_seats=AgreeingReservation(self.till.scene),  # pyright: ignore[reportArgumentType]  -- all that is asked of it
            now=utc_now(),
        )

    async def kinds(self) -> list[K]:
        report = await self.compare()
        assert report.not_compared == {}
        return [finding.kind for finding in report.findings]

    async def start(self) -> uuid.UUID:
        """An order whose payment page is open."""
        order_id, _ = await self.till.order()
        answer = await self.ada.post(f"/orders/{order_id}/payments")
        assert answer.status_code == 201, answer.text
        return order_id

    async def buy(self) -> uuid.UUID:
        """An order that is paid at the sandbox and confirmed."""
        order_id = await self.start()
        (payment,) = (await self.till.scene.order(order_id))["payments"]
        await self.till.pay(payment)
        await self.till.paid(order_id, state="captured")
        await self.till.scene.deliver(HoldsConfirmed(order_id=order_id))
        return order_id

    async def buy_and_get_it_back(self) -> uuid.UUID:
        """An order that was cancelled, and its refund settled."""
        order_id = await self.buy()
        await self.till.scene.cancel(order_id)
        quick = {"refund_look_again_s": 0.05, "refunds_per_s": 1000.0}
        settings = self.till.app.state.settings.model_copy(update=quick)
        job = SendRefunds(self.till.db, settings, self.till.provider)

        async def is_back() -> bool:
            await job.run()
            return (await self.till.paid(order_id))["state"] == "refunded"

        await wait_until(is_back, what="the money is back")
        return order_id

    def plant(self, sql: str, *values: object) -> None:
        """Have the sandbox believe something else: one row of its own database."""
        with closing(sqlite3.connect(self.till.sandbox.folder / "sandbox.sqlite3", timeout=10)) as db, db:
            assert db.execute(sql, values).rowcount == 1


@pytest.fixture
async def sandboxed(till: Till, payer: Callable[..., Person]) -> Sandboxed:
    # A moment of the past would show the payments of the test before.
    return Sandboxed(till, payer("ada"), utc_now())


async def capture_of(sandboxed: Sandboxed, order_id: uuid.UUID) -> str:
    statement = "SELECT reference FROM orders.ledger_entries WHERE kind = 'captured' AND order_id = :id"
    return await sandboxed.till.scene.scalar(statement, id=order_id)


async def somebody_elses_id(sandboxed: Sandboxed) -> None:
    """As after a restored backup: the sandbox took money for a payment that is not here."""
    payment = await asyncio.to_thread(sandboxed.till.sandbox.open_payment)
    await asyncio.to_thread(sandboxed.till.sandbox.pay, payment)


async def captured_again(sandboxed: Sandboxed) -> None:
    sandboxed.plant(
        "INSERT INTO captures (capture_id, payment_id, amount_minor, currency, captured_at) "
        "SELECT capture_id || '_again', payment_id, amount_minor, currency, captured_at FROM captures WHERE capture_id = ?",
        await capture_of(sandboxed, await sandboxed.buy()),
    )


async def captured_less(sandboxed: Sandboxed) -> None:
    capture = await capture_of(sandboxed, await sandboxed.buy())
    sandboxed.plant("UPDATE captures SET amount_minor = 4400 WHERE capture_id = ?", capture)


async def never_captured(sandboxed: Sandboxed) -> None:
    capture = await capture_of(sandboxed, await sandboxed.buy())
    sandboxed.plant("DELETE FROM captures WHERE capture_id = ?", capture)


async def page_still_open(sandboxed: Sandboxed) -> None:
    """No job has looked for a quarter of an hour after the page's time was over."""
    order_id = await sandboxed.start()
    await sandboxed.till.time_passes(order_id, 1800)


async def refunded_in_the_dashboard(sandboxed: Sandboxed) -> None:
    capture = {"capture_id": await capture_of(sandboxed, await sandboxed.buy())}
    await asyncio.to_thread(sandboxed.till.sandbox.refund, capture, PRICE_MINOR)


async def not_paid_back(sandboxed: Sandboxed) -> None:
    capture = await capture_of(sandboxed, await sandboxed.buy_and_get_it_back())
    sandboxed.plant("UPDATE refunds SET state = 'failed', failure_reason = 'x' WHERE capture_id = ?", capture)


async def refund_never_asked_for(sandboxed: Sandboxed) -> None:
    capture = await capture_of(sandboxed, await sandboxed.buy_and_get_it_back())
    sandboxed.plant("DELETE FROM refunds WHERE capture_id = ?", capture)


PLANTED: dict[K, Callable[[Sandboxed], Awaitable[None]]] = {
    K.PAYMENT_UNKNOWN_HERE: somebody_elses_id,
    K.CAPTURE_NOT_IN_LEDGER: captured_again,
    K.CAPTURE_DIFFERS: captured_less,
    K.CAPTURE_UNKNOWN_TO_PROVIDER: never_captured,
    K.PAGE_OPEN_TOO_LONG: page_still_open,
    K.REFUND_UNKNOWN_HERE: refunded_in_the_dashboard,
    K.REFUND_DIFFERS: not_paid_back,
    K.REFUND_UNKNOWN_TO_PROVIDER: refund_never_asked_for,
}


@pytest.mark.parametrize("kind", PLANTED)
async def test_a_difference_with_the_sandbox_is_found_and_nothing_else(sandboxed: Sandboxed, kind: K) -> None:
    await sandboxed.buy()
    await sandboxed.buy_and_get_it_back()
    await sandboxed.start()
    assert await sandboxed.kinds() == []

    await PLANTED[kind](sandboxed)

    assert await sandboxed.kinds() == [kind]


async def test_a_capture_nobody_told_of_heals_because_it_was_found(sandboxed: Sandboxed) -> None:
    await captured_again(sandboxed)
    assert await sandboxed.kinds() == [K.CAPTURE_NOT_IN_LEDGER]

    await sandboxed.till.look_after_payments()

    assert await sandboxed.kinds() == []
    ((capture, reason),) = await sandboxed.till.scene.rows(
        "SELECT capture_reference, reason FROM orders.refunds"
    )
    assert (capture.endswith("_again"), reason) == (True, "captured_twice")


async def test_a_page_left_open_is_closed_because_it_was_found(sandboxed: Sandboxed) -> None:
    await page_still_open(sandboxed)
    later = "UPDATE orders.payments SET look_at = now() + interval '1 hour'"
    async with sandboxed.till.db.transaction() as tx:
        await tx.execute(text(later))
    assert await sandboxed.kinds() == [K.PAGE_OPEN_TOO_LONG]

    await sandboxed.till.look_after_payments()

    assert await sandboxed.kinds() == []


async def test_a_lost_notice_is_no_difference_while_a_job_will_ask(sandboxed: Sandboxed) -> None:
    await sandboxed.till.deliver_notices("none")
    order_id = await sandboxed.start()
    (payment,) = (await sandboxed.till.scene.order(order_id))["payments"]
    await sandboxed.till.pay(payment)

    assert await sandboxed.kinds() == []


async def test_a_sandbox_that_is_away_is_said_and_is_no_difference(sandboxed: Sandboxed) -> None:
    await sandboxed.buy()
    await sandboxed.till.fail(fail_next=5)

    report = await sandboxed.compare()

    assert report.findings == []
    assert report.not_compared == {"provider": "the sandbox answered 503"}
