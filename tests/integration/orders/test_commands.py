"""What operators type."""

from integration.orders.conftest import Run
from integration.orders.scene import Scene

from orders.domain.states import OrderState as S


def payment(order_id: object, amount_minor: int = 4500) -> tuple[object, ...]:
    return (
        "record-payment",
        order_id,
        f"--amount-minor={amount_minor}",
        "--currency=PLN",
        "--reference=bank-1",
    )


async def test_a_recorded_payment_finalizes_the_order(scene: Scene, rowlock: Run) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=True)

    for _ in range(2):
        result = await rowlock(*payment(placed.order_id))
        assert (result.exit_code, result.stdout) == (0, f"order {placed.order_id} is finalizing\n")

    assert len((await scene.order(placed.order_id))["payments"]) == 1


async def test_a_refusal_is_one_sentence_and_a_failure(scene: Scene, rowlock: Run) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=True)

    wrong = await rowlock(*payment(placed.order_id, amount_minor=1))
    unknown = await rowlock(*payment(placed.hold_id))

    assert (wrong.exit_code, wrong.stderr) == (1, "the order costs 4500 PLN in minor units\n")
    assert (unknown.exit_code, unknown.stderr) == (1, "there is no such order\n")


async def test_a_refund_is_listed_until_it_is_settled(scene: Scene, rowlock: Run) -> None:
    placed = await scene.order_in(S.REFUNDED, paid=True)

    listed = (await rowlock("refunds", "list")).stdout.split()
    refund_id = listed[0]
    settled = await rowlock("refunds", "settle", refund_id)
    again = await rowlock("refunds", "settle", refund_id)

    assert listed[1:5] == [str(placed.order_id), "4500", "PLN", "seats_taken"]
    assert settled.stdout == f"refund {refund_id} is settled\n"
    assert again.stdout == f"refund {refund_id} was settled before\n"
    assert (await rowlock("refunds", "list")).stdout == ""
    assert (await scene.order(placed.order_id))["payments"][0]["state"] == "refunded"


async def test_a_refund_that_does_not_exist_is_a_failure(scene: Scene, rowlock: Run) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=True)

    result = await rowlock("refunds", "settle", placed.order_id)

    assert (result.exit_code, result.stderr) == (1, f"there is no refund {placed.order_id}\n")
