"""Placing orders: what is refused, what is written, and who wins a race for a hold."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from integration.orders.scene import Scene, event_published, hold_of
from sqlalchemy.exc import DBAPIError

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.domain.basket import Hold, TicketTypeUnknown
from orders.usecases.place_order import (
    EventIsCancelled,
    EventNotKnownYet,
    HoldsAlreadyOrdered,
    HoldsExpired,
)
from support.waiting import wait_until


async def outcomes(*attempts: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*attempts, return_exceptions=True)


async def test_an_order_keeps_the_prices_of_its_placing(scene: Scene) -> None:
    event = event_published()
    await scene.deliver(event)
    order_id = await scene.place(hold_of(event.event_id, seats=["A-1", "A-2"]), ticket_type="adult")

    dearer = event_published(
        event_id=event.event_id, version=2, prices={"Stalls": {"adult": 9900}}, title="Hamlet, again"
    )
    await scene.deliver(dearer)

    order = await scene.order(order_id)
    assert order["total"] == {"amount_minor": 9000, "currency": "PLN"}
    assert [(line["price"]["amount_minor"], line["event_title"]) for line in order["lines"]] == [
        (4500, "Hamlet, again")
    ] * 2


async def test_a_placed_order_starts_its_history(scene: Scene) -> None:
    order_id = await scene.place(hold_of(await scene.publish_event()))

    order = await scene.order(order_id)
    assert [(change["state"], change["reason"], change["actor"]) for change in order["timeline"]] == [
        ("awaiting_payment", "order_placed", "buyer")
    ]
    assert (order["version"], await scene.take_sent()) == (1, [])


async def test_a_basket_may_span_events(scene: Scene) -> None:
    hamlet, macbeth = await scene.publish_event(), await scene.publish_event(title="Macbeth")
    first, second = hold_of(hamlet, lives_s=600), hold_of(macbeth, lives_s=900)

    order = await scene.order(await scene.place(first, second))

    assert [line["event_title"] for line in order["lines"]] == ["Hamlet", "Macbeth"]
    assert order["holds_expire_at"] == first.expires_at


async def test_an_expired_hold_makes_no_order(scene: Scene) -> None:
    hold = hold_of(await scene.publish_event(), lives_s=-1)

    with pytest.raises(HoldsExpired) as refusal:
        await scene.place(hold)

    assert (hold.hold_id,) == refusal.value.hold_ids


async def test_an_event_that_is_not_known_yet_is_told_apart_from_one_that_is_cancelled(scene: Scene) -> None:
    unknown, cancelled = new_id(), await scene.publish_event()
    await scene.cancel_event(cancelled)

    with pytest.raises(EventNotKnownYet):
        await scene.place(hold_of(unknown))
    with pytest.raises(EventIsCancelled):
        await scene.place(hold_of(cancelled))


async def test_a_refused_order_leaves_the_hold_to_be_ordered(scene: Scene) -> None:
    hold = hold_of(await scene.publish_event())
    with pytest.raises(TicketTypeUnknown):
        await scene.place(hold, ticket_type="senior")

    assert await scene.place(hold)


async def test_a_hold_makes_one_order_only(scene: Scene) -> None:
    event_id = await scene.publish_event()
    ordered, fresh = hold_of(event_id), hold_of(event_id, seats=["B-1"])
    await scene.place(ordered)

    with pytest.raises(HoldsAlreadyOrdered) as refusal:
        await scene.place(fresh, ordered, buyer_id="bob")

    assert (ordered.hold_id,) == refusal.value.hold_ids
    assert await scene.place(fresh)


async def test_twenty_orders_for_one_hold_at_once_give_one_order(scene: Scene) -> None:
    hold = hold_of(await scene.publish_event())

    ended = await outcomes(*(scene.place(hold, buyer_id=f"buyer-{n}") for n in range(20)))

    losers = [outcome for outcome in ended if isinstance(outcome, HoldsAlreadyOrdered)]
    assert len(losers) == 19
    assert await scene.scalar("SELECT count(*) FROM orders.orders") == 1


async def test_baskets_that_overlap_in_opposite_orders_queue_and_do_not_deadlock(scene: Scene) -> None:
    event_id = await scene.publish_event()
    low, high = sorted((hold_of(event_id), hold_of(event_id, seats=["B-1"])), key=lambda hold: hold.hold_id)

    async with asyncio.TaskGroup() as racing:
        # Somebody who has the lower hold makes both wait, and then gives it up.
        blocker = await scene.db.engine.connect()
        await scene.place(low, tx=blocker)
        attempts = [racing.create_task(_place_once(scene, basket)) for basket in ((low, high), (high, low))]
        await wait_until(lambda: scene.are_waiting(2))
        await blocker.rollback()
        await blocker.close()

    ended = [attempt.result() for attempt in attempts]
    assert sorted(map(type, ended), key=str) == sorted((UUID, HoldsAlreadyOrdered), key=str)


async def _place_once(scene: Scene, basket: tuple[Hold, ...]) -> UUID | Exception:
    """Without the retry that would hide a deadlock."""
    try:
        async with scene.db.transaction() as tx:
            return await scene.place(*basket, tx=tx)
    except (HoldsAlreadyOrdered, DBAPIError) as error:
        return error


async def test_a_stale_or_repeated_publication_changes_nothing(scene: Scene) -> None:
    event = event_published(version=3)
    await scene.deliver(event)
    stale = event_published(event_id=event.event_id, version=2, prices={"Stalls": {"free": 1}})
    await scene.deliver(event)
    await scene.deliver(stale)

    order = await scene.order(await scene.place(hold_of(event.event_id)))
    assert order["total"]["amount_minor"] == 0


async def test_a_publication_that_comes_after_the_cancellation_does_not_bring_the_event_back(
    scene: Scene,
) -> None:
    event = event_published(version=1)
    await scene.cancel_event(event.event_id, version=2)
    await scene.deliver(event)

    with pytest.raises(EventIsCancelled):
        await scene.place(hold_of(event.event_id))


async def test_an_event_cancelled_with_a_low_version_stays_cancelled(scene: Scene) -> None:
    event = event_published(version=5, starts_at=utc_now() + timedelta(days=1))
    await scene.deliver(event)
    await scene.cancel_event(event.event_id, version=4)
    await scene.deliver(event_published(event_id=event.event_id, version=6))

    with pytest.raises(EventIsCancelled):
        await scene.place(hold_of(event.event_id))
