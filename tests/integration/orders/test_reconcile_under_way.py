"""What is merely on its way from one side to the other, or cannot be asked, is no difference."""

from datetime import timedelta

from integration.orders.books import Books
from integration.orders.planted import PRICE, seat_sold, second_capture
from integration.orders.scene import Placed

from chassis.clock import utc_now
from chassis.ids import new_id
from chassis.internal_client import ServiceUnavailable
from messages.reservation import HoldsConfirmed
from orders.clients.payment_provider import Capture, ProviderRefundState
from orders.clients.sold_seats import SoldSeat
from orders.domain.findings import FindingKind as K
from orders.domain.states import OrderState as S


class TestUnderWay:
    """None of these is a difference yet."""

    async def test_a_seat_sold_to_an_order_that_waits_for_the_answer(self, books: Books) -> None:
        placed = await books.scene.order_in(S.FINALIZING, paid=True)
        await books.have_provider_agree()
        await seat_sold(books, placed)
        assert await books.kinds() == []

    async def test_a_seat_on_its_way_back(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CANCELLING, paid=True)
        await books.have_provider_agree()
        await seat_sold(books, placed)
        assert await books.kinds() == []

    async def test_a_seat_of_an_order_that_was_cancelled_this_moment(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CANCELLED, paid=False)
        await seat_sold(books, placed)
        assert await books.kinds(settle_s=60) == []
        assert await books.kinds() == [K.SOLD_SEAT_WITHOUT_TICKET]

    async def test_a_seat_of_a_ticket_voided_this_moment(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CONFIRMED, paid=False)
        await seat_sold(books, placed)
        statement = "UPDATE tickets SET state = 'voided', voided_at = now() WHERE order_id = %(id)s"
        books.plant(statement, id=placed.order_id)
        assert K.SOLD_SEAT_WITHOUT_TICKET not in await books.kinds(settle_s=60)
        assert K.SOLD_SEAT_WITHOUT_TICKET in await books.kinds()

    async def test_a_ticket_issued_or_voided_between_the_two_looks(self, books: Books) -> None:
        """What was compared is stale by then: the other side is right."""
        placed = await books.scene.order_in(S.FINALIZING, paid=False)
        answers = books.reservation.of_events

        async def sold_meanwhile(event_ids):
            async for seat in answers(event_ids):
                yield seat
            await books.scene.deliver(HoldsConfirmed(order_id=placed.order_id))
            yield SoldSeat(event_id=placed.event_id, seat_id="A-1", order_id=placed.order_id)

        books.reservation.of_events = sold_meanwhile
        assert await books.kinds() == []

        async def given_back_meanwhile(event_ids):
            await books.scene.cancel(placed.order_id)
            async for seat in answers(event_ids):
                yield seat

        books.reservation.of_events = given_back_meanwhile
        assert await books.kinds() == []

    async def test_money_captured_this_moment(self, books: Books) -> None:
        await books.scene.order_in(S.CONFIRMED, paid=True)
        await books.have_provider_agree()
        await second_capture(books, _no_order())
        assert await books.kinds(settle_s=60) == []
        assert await books.kinds() == [K.CAPTURE_NOT_IN_LEDGER]

    async def test_money_that_a_job_is_about_to_ask_for(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CONFIRMED, paid=True)
        await books.have_provider_agree()
        await second_capture(books, _no_order())
        soon = utc_now() + timedelta(minutes=5)
        statement = "UPDATE payments SET look_at = %(at)s WHERE order_id = %(id)s"
        books.plant(statement, id=placed.order_id, at=soon)
        assert await books.kinds() == []

    async def test_a_refund_that_the_provider_has_paid_and_nobody_told(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CANCELLED, paid=True)
        await books.have_provider_agree()
        ((refund_id, capture),) = await books.scene.rows(
            "SELECT refund_id, capture_reference FROM orders.refunds WHERE order_id = :id", id=placed.order_id
        )
        books.add_refund(refund_id, capture, PRICE)
        assert await books.kinds() == []

    async def test_an_attempt_at_a_refund_that_failed_before_the_one_that_did_not(self, books: Books) -> None:
        placed = await books.scene.order_in(S.CANCELLED, paid=True)
        await books.settle(placed.order_id)
        await books.have_provider_agree()
        (refund,) = books.provider.refunds.values()
        failed = ProviderRefundState.FAILED
        books.add_refund(refund.now.refund_id, refund.capture_reference, PRICE, state=failed)
        assert await books.kinds() == []

    async def test_what_the_list_lacks_and_the_provider_knows_when_asked(self, books: Books) -> None:
        await books.scene.order_in(S.CONFIRMED, paid=True)
        await books.have_provider_agree()

        async def lists_nothing(*, since):
            for payment in ():
                yield payment

        books.provider.payments_since = lists_nothing
        assert await books.kinds() == []

    async def test_another_shops_payment_in_the_same_account(self, books: Books) -> None:
        capture = Capture(reference="cap-x", amount=PRICE, captured_at=utc_now())
        books.add_payment(None, new_id(), PRICE, reference="pay-x", captures=(capture,))
        books.add_refund(None, "cap-x", PRICE)
        assert await books.kinds() == []


async def test_a_reservation_that_is_away_is_said_and_is_no_difference(books: Books) -> None:
    await books.scene.order_in(S.CONFIRMED, paid=True)
    await books.have_provider_agree()

    async def away(_event_ids):
        raise ServiceUnavailable("http://reservation: ConnectError")
        yield

    books.reservation.of_events = away  # pyright: ignore[reportAttributeAccessIssue]
    report = await books.compare()

    assert report.findings == []
    assert report.not_compared == {"reservation": "http://reservation: ConnectError"}


async def test_a_provider_that_is_away_is_said_and_is_no_difference(books: Books) -> None:
    await books.scene.order_in(S.CONFIRMED, paid=True)
    books.provider.trouble.meet("away")

    report = await books.compare()

    assert report.findings == []
    assert list(report.not_compared) == ["provider"]


def _no_order() -> Placed:
    return Placed(order_id=new_id(), event_id=new_id(), hold_id=new_id())
