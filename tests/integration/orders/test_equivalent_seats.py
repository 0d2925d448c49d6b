"""An order that is given other seats than it held has those from then on, everywhere."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from integration.orders.conftest import Person
from integration.orders.people import asks_for_pesel, pesel
from integration.orders.scene import Scene, hold_of, order_body

from chassis.clock import utc_now
from chassis.ids import new_id
from messages.reservation import GivenSeats, HoldsConfirmed, SeatsReleased
from orders.domain.basket import Hold
from orders.domain.seat_exchange import GivenSeatsDoNotFit
from orders.domain.states import OrderState as S
from orders.usecases.resend_commands import resend_commands


async def finalizing(scene: Scene, *holds: Hold, allowed: bool = True, **more: Any) -> UUID:
    order_id = await scene.place(*holds, equivalent_seats_allowed=allowed, **more)
    await scene.finalize(order_id)
    return order_id


def confirmed(order_id: UUID, *exchanges: tuple[Hold, dict[str, str]]) -> HoldsConfirmed:
    """Reservation's answer: of each hold, which seat was given for which."""
    given = tuple(
        GivenSeats(
            hold_id=hold.hold_id,
            event_id=hold.event_id,
            asked=tuple(seats),
            given=tuple(seats.values()),
        )
        for hold, seats in exchanges
    )
    return HoldsConfirmed(order_id=order_id, given=given)


async def seats_of_lines(scene: Scene, order_id: UUID) -> list[tuple[str, str | None]]:
    return [(line["seat_id"], line["ordered_seat_id"]) for line in (await scene.order(order_id))["lines"]]


async def seats_of_tickets(scene: Scene, order_id: UUID) -> list[str]:
    rows = await scene.rows(
        "SELECT seat_id FROM orders.tickets WHERE order_id = :order_id ORDER BY seat_id", order_id=order_id
    )
    return [seat_id for (seat_id,) in rows]


async def seats_sent_back(scene: Scene) -> list[str]:
    """The seats of the ReleaseSeats among the messages sent since the last look."""
    return sorted(
        seat
        for message_type, data in await scene.take_messages()
        if message_type == "release_seats"
        for part in data["seats"]
        for seat in part["seat_ids"]
    )


async def test_who_orders_says_whether_equivalent_seats_will_do(
    scene: Scene, ada: Person, hold_token: Callable[..., str]
) -> None:
    event_id = await scene.publish_event()
    for allowed in (None, False, True):
        hold = hold_of(event_id, seats=[f"{allowed}-1"])
        body = order_body(hold, tokens=[hold_token(hold)])
        if allowed is not None:
            body["equivalent_seats_allowed"] = allowed
        placed = (await ada.post("/orders", body)).json()
        await ada.post(f"/orders/{placed['order_id']}/finalization")

        [(_, command)] = await scene.take_messages()
        shown = (await ada.get(f"/orders/{placed['order_id']}")).json()
        assert placed["equivalent_seats_allowed"] is shown["equivalent_seats_allowed"] is bool(allowed)
        assert command["or_equivalent"] is bool(allowed)


async def test_the_order_has_the_seats_it_was_given_and_remembers_those_it_had(scene: Scene) -> None:
    event_id = await scene.publish_event()
    lost, kept = hold_of(event_id, seats=["A-1", "A-2"]), hold_of(event_id, seats=["C-1"])
    order_id = await finalizing(scene, lost, kept)
    before = await scene.order(order_id)

    await scene.deliver(confirmed(order_id, (lost, {"A-1": "B-7", "A-2": "B-8"})))

    after = await scene.order(order_id)
    assert await seats_of_lines(scene, order_id) == [("B-7", "A-1"), ("B-8", "A-2"), ("C-1", None)]
    assert await seats_of_tickets(scene, order_id) == ["B-7", "B-8", "C-1"]
    assert (after["state"], after["timeline"][-1]["reason"]) == (S.CONFIRMED, "seats_exchanged")
    unchanged = ("line_id", "attendee", "price", "price_category", "ticket_type")
    assert [[line[name] for name in unchanged] for line in after["lines"]] == [
        [line[name] for name in unchanged] for line in before["lines"]
    ]
    assert after["total"] == before["total"]


async def test_without_other_seats_it_is_confirmed_as_ever(scene: Scene) -> None:
    hold = hold_of(await scene.publish_event())
    order_id = await finalizing(scene, hold)

    await scene.deliver(HoldsConfirmed.model_validate({"order_id": order_id}))  # as before seats were given

    assert await seats_of_lines(scene, order_id) == [("A-1", None)]
    assert (await scene.order(order_id))["timeline"][-1]["reason"] == "seats_sold"


async def test_told_twice_it_is_exchanged_once(scene: Scene) -> None:
    hold = hold_of(await scene.publish_event())
    order_id = await finalizing(scene, hold)
    answer = confirmed(order_id, (hold, {"A-1": "B-7"}))

    for _ in range(2):
        await scene.deliver(answer)

    assert await seats_of_lines(scene, order_id) == [("B-7", "A-1")]
    assert await scene.tickets(order_id) == ["valid"]
    assert (await scene.order(order_id))["version"] == 3


async def test_when_it_is_cancelled_the_seats_it_was_given_go_back(scene: Scene) -> None:
    event_id = await scene.publish_event()
    hold = hold_of(event_id, seats=["A-1", "A-2"])
    order_id = await finalizing(scene, hold)
    await scene.deliver(confirmed(order_id, (hold, {"A-1": "B-7"})))

    await scene.cancel(order_id)
    assert await seats_sent_back(scene) == ["A-2", "B-7"]

    later = utc_now() + timedelta(hours=1)
    await scene.db.run(
        lambda tx: resend_commands(tx, overdue_s=10, overdue_s_max=10, orders_max=9, now=later)
    )
    [(_, again)] = await scene.take_messages()
    await scene.deliver(SeatsReleased.model_validate(again))
    assert sorted(again["seats"][0]["seat_ids"]) == ["A-2", "B-7"]
    assert (await scene.order(order_id))["state"] == S.CANCELLED


async def test_a_cancellation_that_waited_for_the_exchange_gives_back_the_seats_of_now(scene: Scene) -> None:
    """Its statement began before: what it read beside the lock would be the seats of before."""
    hold = hold_of(await scene.publish_event())
    order_id = await finalizing(scene, hold)
    await scene.take_sent()

    await scene.queue_for(
        order_id,
        lambda: scene.deliver(confirmed(order_id, (hold, {"A-1": "B-7"}))),
        lambda: scene.cancel(order_id),
    )

    assert (await scene.order(order_id))["state"] == S.CANCELLING
    assert await seats_sent_back(scene) == ["B-7"]


async def test_if_its_event_was_cancelled_meanwhile_the_seats_given_go_back(scene: Scene) -> None:
    event_id = await scene.publish_event()
    hold = hold_of(event_id)
    order_id = await finalizing(scene, hold)
    await scene.cancel_event(event_id)
    await scene.take_sent()

    await scene.deliver(confirmed(order_id, (hold, {"A-1": "B-7"})))

    assert (await scene.order(order_id))["timeline"][-1]["reason"] == "event_cancelled"
    assert await seats_sent_back(scene) == ["B-7"]


@pytest.mark.parametrize("state", [S.CANCELLED, S.EXPIRED])
async def test_an_order_that_is_over_gives_back_what_it_was_given(scene: Scene, state: S) -> None:
    placed = await scene.order_in(state, paid=False)
    await scene.take_sent()
    hold = hold_of(placed.event_id, hold_id=placed.hold_id)

    for _ in range(2):
        await scene.deliver(confirmed(placed.order_id, (hold, {"A-1": "B-7"})))

    assert set(await seats_sent_back(scene)) == {"B-7"}
    assert await scene.tickets(placed.order_id) == [] or "valid" not in await scene.tickets(placed.order_id)


async def test_seats_given_for_others_than_its_own_change_nothing(scene: Scene) -> None:
    hold = hold_of(await scene.publish_event())
    order_id = await finalizing(scene, hold)

    with pytest.raises(GivenSeatsDoNotFit):
        await scene.deliver(confirmed(order_id, (hold_of(hold.event_id, hold_id=new_id()), {"A-1": "B-7"})))

    assert (await scene.order(order_id))["state"] == S.FINALIZING
    assert await seats_of_lines(scene, order_id) == [("A-1", None)]


async def test_what_counts_for_a_person_is_their_line_whatever_its_seat(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=1))
    hold = hold_of(event_id)
    order_id = await finalizing(scene, hold, pesels=[pesel(1)])
    counted = "SELECT line_id, person_fingerprint, person_ticket FROM orders.attendees"
    before = await scene.rows(counted)

    await scene.deliver(confirmed(order_id, (hold, {"A-1": "B-7"})))

    assert await scene.rows(counted) == before
    assert before[0][2] == 1


async def test_mails_tell_both_seats_and_why_the_order_came_into_its_state(
    scene: Scene, internal: Callable[[str], Any]
) -> None:
    hold = hold_of(await scene.publish_event(), seats=["A-1", "A-2"])
    order_id = await finalizing(scene, hold)
    await scene.deliver(confirmed(order_id, (hold, {"A-1": "B-7"})))

    told = (await internal(f"/internal/orders/{order_id}/mail")).json()["order"]

    assert [(line["seat_id"], line["ordered_seat_id"]) for line in told["lines"]] == [
        ("B-7", "A-1"),
        ("A-2", None),
    ]
    assert (told["state"], told["reason"]) == ("confirmed", "seats_exchanged")
