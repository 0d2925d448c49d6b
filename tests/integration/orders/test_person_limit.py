"""At most n tickets of an event for one PESEL, whoever orders them, however many at once."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from integration.orders.people import asks_for_pesel, pesel
from integration.orders.scene import Scene, hold_of
from sqlalchemy.exc import IntegrityError

from messages.reservation import HoldsConfirmed
from orders.domain.person_limit import PersonLimitReached
from orders.domain.states import OrderState

ADA, BOB = pesel(1), pesel(2)


async def place(
    scene: Scene, event_id: UUID, *pesels: str, seat: str = "A", buyer_id: str | None = "ada"
) -> UUID:
    hold = hold_of(event_id, seats=[f"{seat}-{number}" for number, _ in enumerate(pesels)])
    return await scene.place(hold, buyer_id=buyer_id, pesels=pesels)


async def counted(scene: Scene, event_id: UUID) -> int:
    return await scene.scalar(
        "SELECT count(person_ticket) FROM orders.attendees WHERE event_id = :event_id", event_id=event_id
    )


async def test_tickets_of_a_person_are_counted_over_orders_accounts_and_guests(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=2))
    await place(scene, event_id, ADA, BOB)
    await place(scene, event_id, ADA, seat="B", buyer_id=None)

    with pytest.raises(PersonLimitReached) as refusal:
        await place(scene, event_id, BOB, ADA, seat="C", buyer_id="eve")

    assert [fault.field for fault in refusal.value.faults] == ["attendees.1.pesel"]
    assert await place(scene, event_id, BOB, seat="C", buyer_id="eve")


async def test_a_person_is_counted_for_each_event_by_itself(scene: Scene) -> None:
    events = [await scene.publish_event(**asks_for_pesel(tickets_per_person_max=1)) for _ in range(2)]

    for event_id in events:
        await place(scene, event_id, ADA)

    fingerprints = await scene.scalar("SELECT count(DISTINCT person_fingerprint) FROM orders.attendees")
    assert fingerprints == 2, "one person's tickets of two events must have nothing in common"


async def test_without_a_limit_no_fingerprint_is_kept(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel())
    await place(scene, event_id, ADA, ADA, ADA)

    assert await scene.scalar("SELECT count(person_fingerprint) FROM orders.attendees") == 0


async def test_fifty_orders_of_one_person_at_once_never_exceed_the_limit(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=3))
    orders = [
        place(scene, event_id, ADA, seat=f"S{number}", buyer_id=f"buyer-{number}") for number in range(50)
    ]

    ended = await asyncio.gather(*orders, return_exceptions=True)

    assert Counter(map(type, ended)) == {UUID: 3, PersonLimitReached: 47}
    assert await counted(scene, event_id) == 3


async def test_people_in_opposite_orders_queue_and_do_not_deadlock(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=5))
    people = [pesel(number) for number in range(8)]
    orders = [
        _place_once(scene, event_id, people if number % 2 else people[::-1], seat=f"S{number}")
        for number in range(20)
    ]

    ended = await asyncio.gather(*orders, return_exceptions=True)

    assert Counter(map(type, ended)) == {UUID: 5, PersonLimitReached: 15}
    assert await counted(scene, event_id) == 40


async def _place_once(scene: Scene, event_id: UUID, people: list[str], *, seat: str) -> UUID:
    """Without the retry that would hide a deadlock."""
    hold = hold_of(event_id, seats=[f"{seat}-{number}" for number, _ in enumerate(people)])
    async with scene.db.transaction() as tx:
        return await scene.place(hold, pesels=people, tx=tx)


@pytest.mark.parametrize("end", ["expire", "cancel", "refuse"])
async def test_an_order_that_ended_without_tickets_does_not_count(scene: Scene, end: str) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=1))
    hold = hold_of(event_id)
    order_id = await scene.place(hold, pesels=[ADA])
    if end == "refuse":
        await scene.finalize(order_id)
    await scene._take(end, order_id, hold, paid=False)

    assert await place(scene, event_id, ADA, seat="B")


async def test_a_cancelled_order_does_not_count_from_the_moment_its_tickets_are_void(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=1))
    order_id = await place(scene, event_id, ADA)
    await scene.finalize(order_id)
    await scene.deliver(HoldsConfirmed(order_id=order_id))
    with pytest.raises(PersonLimitReached):
        await place(scene, event_id, ADA, seat="B")

    assert await scene.cancel(order_id) is OrderState.CANCELLING

    assert await place(scene, event_id, ADA, seat="B")


async def test_a_lapsed_order_is_not_finalized_late_for_a_person_who_has_as_many_by_now(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=1))
    lapsed, hold = None, hold_of(event_id)
    lapsed = await scene.place(hold, pesels=[ADA])
    await scene._take("expire", lapsed, hold, paid=False)
    await place(scene, event_id, ADA, seat="B")

    with pytest.raises(PersonLimitReached) as refusal:
        await scene.finalize(lapsed)

    assert [fault.field for fault in refusal.value.faults] == ["lines.0"]
    assert (await scene.order(lapsed))["state"] == "expired"


async def test_a_lapsed_order_that_is_finalized_late_counts_again(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=1))
    hold = hold_of(event_id)
    lapsed = await scene.place(hold, pesels=[ADA])
    await scene._take("expire", lapsed, hold, paid=False)

    assert await scene.finalize(lapsed) is OrderState.FINALIZING

    with pytest.raises(PersonLimitReached):
        await place(scene, event_id, ADA, seat="B")


async def test_money_for_a_lapsed_order_whose_person_has_as_many_by_now_goes_back(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=1))
    hold = hold_of(event_id)
    lapsed = await scene.place(hold, ticket_type="adult", pesels=[ADA])
    await scene._take("expire", lapsed, hold, paid=True)
    await place(scene, event_id, ADA, seat="B")

    await scene.pay(lapsed)

    order = await scene.order(lapsed)
    assert (order["state"], order["payments"][0]["refunds"][0]["reason"]) == (
        "expired",
        "person_limit_reached",
    )


async def test_the_database_itself_refuses_one_ticket_too_many(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=2))
    await place(scene, event_id, ADA, ADA)

    for same in ("person_ticket = 1", "person_ticket = 3"):
        with pytest.raises(IntegrityError):
            await scene.scalar(f"UPDATE orders.attendees SET {same} WHERE person_ticket = 2 RETURNING 1")
