"""Payments, refunds and the books."""

from http import HTTPStatus

from support.stage import sandbox as cards
from support.stage.organizer import PRICED
from support.stage.trouble import superuser

TOO_MANY = 100_000


async def order_of_a_seat(stage, seat="Stalls-1-1"):
    buyer = stage.buyer()
    hold = await buyer.hold(await stage.event(prices=PRICED), seat)
    return buyer, await buyer.order(hold, ticket_type="adult")


async def paid(stage, card=cards.SUCCEEDS):
    buyer, order = await order_of_a_seat(stage)
    await stage.sandbox.pay(await buyer.start_payment(order), card=card)
    return buyer, await buyer.see_order(order, become="confirmed")


async def cancel(buyer, order):
    await buyer.write("POST", f"/orders/{order['order_id']}/cancellation", expect=202)


async def test_the_provider_is_away(system, stage, alerts):
    paying, owed = await paid(stage)
    buyer, order = await order_of_a_seat(stage)

    async with stage.sandbox.failing(fail_next=TOO_MANY):
        await alerts.fires_while(lambda: buyer.start_payment(order, expect=503), "RowlockPaymentsUnavailable")
        await alerts.fires("RowlockBooksNotCompared", part="provider")

        await cancel(paying, owed)
        await paying.see_order(owed, become="cancelled")
        async with superuser(system) as connection:
            await connection.execute(
                "UPDATE orders.refunds SET created_at = created_at - interval '5 hours' WHERE state = 'pending'"
            )
        await alerts.fires("RowlockRefundsLate")

    await alerts.ends("RowlockBooksNotCompared")
    await alerts.ends("RowlockRefundsLate")


async def test_a_refund_that_the_provider_refuses(stage, alerts):
    buyer, order = await paid(stage, cards.REFUNDS_FAIL_FIRST)
    await cancel(buyer, order)

    await alerts.fires("RowlockRefundsGivenUp")


async def test_books_that_somebody_changed(system, stage, alerts):
    _, order = await paid(stage)
    change = "UPDATE orders.orders SET total_minor = total_minor + %s WHERE order_id = %s"

    async with superuser(system) as connection:
        await connection.execute(change, (1, order["order_id"]))
        await alerts.fires("RowlockBooksDiffer", kind="order_total_differs")
        await connection.execute(change, (-1, order["order_id"]))
    await alerts.ends("RowlockBooksDiffer", kind="order_total_differs")


async def test_a_payment_that_stays_undecided(system, stage, alerts):
    buyer, order = await order_of_a_seat(stage)
    payment = await buyer.start_payment(order)
    await stage.sandbox.pay(payment, card=cards.NEVER_ANSWERS)

    async with superuser(system) as connection:
        await connection.execute(
            "UPDATE orders.payments SET expires_at = now() - interval '11 minutes' WHERE payment_id = %s",
            (payment["payment_id"],),
        )
    await alerts.fires("RowlockPaymentsStuck")


async def test_somebody_who_is_not_the_provider(gateway, alerts):
    async def forge():
        forged = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        answer = await gateway.post("/api/v1/payment-notices/sandbox", json={"type": "x"}, headers=forged)
        assert answer.status_code == HTTPStatus.UNAUTHORIZED, answer.text

    await alerts.fires_while(forge, "RowlockNoticesRefused", provider="sandbox")
