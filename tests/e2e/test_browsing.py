"""A buyer browses: the list shows what is left of each event a moment after it changed."""

import uuid

from support.stage.buyer import Buyer
from support.stage.person import Json
from support.waiting import wait_until

MOMENT_S = 20
"""Some seconds on a busy machine; half a second on a quiet one."""


async def test_the_list_follows_what_is_held_and_given_back(stage):
    title = f"Ariel {uuid.uuid4().hex}"
    event_id = await stage.event(title=title)
    buyer = stage.buyer()
    await see_listed(buyer, title, available=26)

    hold = await buyer.hold(event_id, "Stalls-1-1", areas={"floor": 3})
    await see_listed(buyer, title, available=22)
    assert 26 == (await listed(buyer, title))[0]["availability"]["total"]
    await buyer.write("DELETE", f"/holds/{hold['hold_id']}", expect=204)
    await see_listed(buyer, title, available=26)


async def test_what_is_sold_out_is_not_found_among_what_has_seats_left(stage):
    title = f"Caliban {uuid.uuid4().hex}"
    event_id = await stage.event(title=title)
    buyer = stage.buyer()
    await see_listed(buyer, title, available=26, has_seats_left=True)

    await buyer.hold(event_id, best=("Stalls", 8))
    await buyer.hold(event_id, best=("Stalls", 8))
    last = await buyer.hold(event_id, areas={"floor": 10})
    await see_listed(buyer, title, available=0, has_seats_left=False)
    assert [] == await listed(buyer, title, has_seats_left=True)

    await stage.backstage.lapse(last)
    await see_listed(buyer, title, available=10, has_seats_left=True)
    assert [] == await listed(buyer, title, has_seats_left=False)


async def listed(buyer: Buyer, title: str, **filters: bool) -> list[Json]:
    return (await buyer.get("/events", query={"text": title, **filters})).json()["items"]


async def see_listed(buyer: Buyer, title: str, *, available: int, **filters: bool) -> None:
    """Wait until the event is in the list with so many seats left."""

    async def look() -> bool:
        events = await listed(buyer, title, **filters)
        return [available] == [event["availability"]["available"] for event in events]

    await wait_until(look, deadline_s=MOMENT_S, what=f"{title} is listed with {available} seats left")
