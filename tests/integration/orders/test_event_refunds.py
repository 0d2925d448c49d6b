"""A cancelled event: its refunds are made in the background, and somebody can watch them."""

from typing import Any

from integration.orders.conftest import Run, problem
from integration.orders.money import PRICE_MINOR, MoneyScene

from chassis.ids import new_id
from chassis.metrics import exposition
from chassis.sampling import take_sample
from messages.reservation import SeatsReleased
from orders.clients.payment_provider import ProviderRefundState
from orders.jobs.samples import sample_money

ORGANIZATION = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a04"


def olga(sign_in: Any, organization_id: str = ORGANIZATION) -> Any:
    return sign_in("olga", "organizer", organizations={organization_id: ["organizer"]})


async def test_a_cancelled_event_is_refunded_batch_by_batch_and_can_be_watched(
    money: MoneyScene, sign_in: Any, rowlock: Run
) -> None:
    event_id = await money.scene.publish_event(organization_id=ORGANIZATION)
    paid = [await money.paid_for(event_id, seats=(f"A-{n}",)) for n in range(5)]
    await money.scene.cancel_event(event_id)
    path, seen = f"/organizer/events/{event_id}/refunds", []

    async def look() -> None:
        shown = (await olga(sign_in).get(path)).json()
        sums = {part["state"]: (part["refunds"], part["amount"]["amount_minor"]) for part in shown["refunds"]}
        seen.append((shown["orders"], sums))

    await look()
    await money.cancel_orders_of_events(orders_max=2)
    await look()
    # Whatever became of the job that began: the next one goes on with what is left.
    while await money.cancel_orders_of_events(orders_max=2):
        pass
    await money.job().run()
    for each in paid:
        await money.scene.deliver(SeatsReleased(order_id=each.order_id))
    await look()

    assert seen == [
        ({"open": 5, "cancelling": 0, "over": 0}, {}),
        ({"open": 3, "cancelling": 2, "over": 0}, {"pending": (2, 2 * PRICE_MINOR)}),
        ({"open": 0, "cancelling": 0, "over": 5}, {"settled": (5, 5 * PRICE_MINOR)}),
    ]
    told = (await rowlock("refunds", "progress", event_id)).stdout.splitlines()
    assert told == ["orders: 0 open, 0 cancelling, 5 over", f"refunds settled: 5, {5 * PRICE_MINOR} PLN"]


async def test_only_its_organizer_and_operators_watch_an_event(money: MoneyScene, sign_in: Any) -> None:
    event_id = await money.scene.publish_event(organization_id=ORGANIZATION)
    path = f"/organizer/events/{event_id}/refunds"
    others = olga(sign_in, str(new_id()))

    granted = [await who.get(path) for who in (olga(sign_in), sign_in("otto", "operator"))]
    refused = [await others.get(path), await olga(sign_in).get(f"/organizer/events/{new_id()}/refunds")]

    assert [answer.status_code for answer in granted] == [200, 200]
    assert [problem(answer) for answer in refused] == [(404, "not-found")] * 2
    assert problem(await sign_in("ada").get(path))[0] == 403


async def test_an_order_that_gave_its_tickets_of_the_event_back_is_not_waited_for(
    money: MoneyScene, sign_in: Any
) -> None:
    events = [await money.scene.publish_event(organization_id=ORGANIZATION) for _ in range(2)]
    paid = await money.paid_for(*events)
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])
    await money.scene.cancel_event(events[0])

    shown = (await olga(sign_in).get(f"/organizer/events/{events[0]}/refunds")).json()

    assert shown["orders"] == {"open": 0, "cancelling": 0, "over": 0}


async def test_refunds_that_were_given_up_are_told_and_listed_with_what_went_wrong(
    money: MoneyScene, rowlock: Run
) -> None:
    paid = await money.paid()
    await money.scene.cancel(paid.order_id)
    refund_id = await money.refund_id(paid.order_id)
    money.provider.refund_becomes = ProviderRefundState.FAILED
    await money.job(refund_attempts_max=1).run()
    await take_sample(money.scene.db, sample_money, every_s=10)

    told = exposition().decode()
    listed = (await rowlock("refunds", "list", "--state=failed")).stdout
    retried = await rowlock("refunds", "retry", refund_id)
    again = await rowlock("refunds", "retry", refund_id)

    assert 'rowlock_refunds{state="failed"} 1.0' in told
    assert listed.startswith(
        f"{refund_id}  {paid.order_id}  {PRICE_MINOR} PLN  cancelled_by_buyer  model cap_"
    )
    assert listed.endswith("try again (1 attempts)\n")
    assert (retried.exit_code, again.exit_code) == (0, 1)
    assert again.stderr == "the refund is pending: only one that was given up can be tried again\n"


async def test_what_is_owed_is_told_as_metrics(money: MoneyScene) -> None:
    paid = await money.paid()
    await money.scene.cancel(paid.order_id)

    await take_sample(money.scene.db, sample_money, every_s=10)
    owed = exposition().decode()
    await money.job().run()
    await take_sample(money.scene.db, sample_money, every_s=10)

    assert 'rowlock_refunds{state="pending"} 1.0' in owed
    assert 'rowlock_refunds{state="pending"} 0.0' in exposition().decode()
