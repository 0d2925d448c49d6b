"""Each kind of difference, planted by hand, is found and nothing else; an order in any state agrees."""

import pytest
from integration.orders.books import Books, long_ago
from integration.orders.money import MoneyScene
from integration.orders.planted import PLANTED, PRICE, Planted
from integration.orders.planted_otherwise import OTHERWISE_PLANTED

from orders.domain.findings import FindingKind as K
from orders.domain.states import OrderState as S
from orders.queries.reconcile import books as own_books
from support.queries import count_queries


@pytest.mark.parametrize(
    "planted",
    [
        *(pytest.param(planted, id=planted.kind.value) for planted in PLANTED),
        *(pytest.param(planted, id=name) for name, planted in OTHERWISE_PLANTED.items()),
    ],
)
async def test_a_difference_is_found_and_nothing_else(books: Books, planted: Planted) -> None:
    placed = await books.scene.order_in(planted.state, paid=planted.paid)
    if planted.settled:
        await books.settle(placed.order_id)
    await books.have_provider_agree()
    assert await books.kinds() == []

    await planted.plant(books, placed)

    report = await books.compare()
    assert [finding.kind for finding in report.findings] == [planted.kind]
    assert report.findings[0].found.startswith(planted.found)
    assert report.findings[0].expected not in ("", report.findings[0].found)


def test_every_kind_of_difference_is_planted_once() -> None:
    assert [planted.kind for planted in PLANTED] == list(K)


async def test_a_finding_names_what_it_is_about_and_both_sides(books: Books) -> None:
    placed = await books.scene.order_in(S.CONFIRMED, paid=True)
    books.plant("UPDATE payments SET captured_minor = 4600 WHERE order_id = %(id)s", id=placed.order_id)

    (finding, *_) = (await books.compare()).findings

    assert (finding.order_id, finding.expected, finding.found) == (placed.order_id, "4500 PLN", "4600 PLN")
    assert finding.payment_id is not None


@pytest.mark.parametrize("paid", [True, False])
@pytest.mark.parametrize("state", list(S))
async def test_an_order_in_any_state_agrees(books: Books, state: S, paid: bool) -> None:
    if state is S.REFUNDED and not paid:
        pytest.skip("a free order is never refunded")
    placed = await books.scene.order_in(state, paid=paid)
    await books.have_provider_agree()
    assert await books.kinds() == []

    await books.settle(placed.order_id)
    await books.have_provider_agree()
    assert await books.kinds() == []


async def test_what_was_paid_back_by_hand_is_not_expected_of_the_provider(books: Books) -> None:
    placed = await books.scene.order_in(S.CANCELLED, paid=True)
    await books.have_provider_agree()
    await books.settle_by_hand(placed.order_id)
    assert await books.kinds() == []

    (payment,) = books.provider.payments.values()
    ((refund_id,),) = await books.scene.rows("SELECT refund_id FROM orders.refunds")
    books.add_refund(refund_id, payment.now.captures[0].reference, PRICE)

    (finding,) = (await books.compare()).findings
    assert (finding.kind, finding.expected) == (K.REFUND_DIFFERS, "nothing paid back")


async def test_an_order_that_gave_its_tickets_of_a_cancelled_event_back_may_keep_the_others(
    books: Books, money: MoneyScene
) -> None:
    off, on = [await money.scene.publish_event() for _ in range(2)]
    paid = await money.paid_for(off, on)
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])

    sql = "UPDATE offers SET state = 'cancelled', cancelled_at = %(at)s WHERE event_id = %(id)s"
    books.plant(sql, at=long_ago(), id=off)
    assert await books.kinds() == []
    books.plant(sql, at=long_ago(), id=on)
    assert await books.kinds() == [K.ORDER_OF_CANCELLED_EVENT]


async def test_orders_beyond_the_first_page_are_compared(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_books, "ORDERS_AT_ONCE", 2)
    orders = [await books.scene.order_in(S.CONFIRMED, paid=False) for _ in range(5)]
    for placed in orders:
        books.plant("UPDATE orders SET total_minor = 1 WHERE order_id = %(id)s", id=placed.order_id)

    report = await books.compare()

    found = {f.order_id for f in report.findings if f.kind is K.ORDER_TOTAL_DIFFERS}
    assert found == {placed.order_id for placed in orders}


async def test_many_orders_are_compared_in_as_many_statements_as_one(books: Books) -> None:
    await books.scene.order_in(S.CONFIRMED, paid=True)
    with count_queries(books.scene.db) as of_one:
        await books.compare()
    for _ in range(4):
        await books.scene.order_in(S.CONFIRMED, paid=True)
    with count_queries(books.scene.db) as of_five:
        await books.compare()

    assert len(of_five) == len(of_one)
