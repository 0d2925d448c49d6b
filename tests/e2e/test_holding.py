"""What a buyer does with a hold, and what is offered when the seats are gone."""

from support.stage.buyer import seats_of
from support.stage.person import Person, problem


async def test_a_refused_hold_names_the_taken_seats_and_the_alternative_can_be_held(stage):
    event_id = await stage.event()
    await stage.buyer().hold(event_id, "Stalls-1-4")
    buyer = stage.buyer()

    refusal = await buyer.hold(event_id, "Stalls-1-3", "Stalls-1-4", expect=409)
    assert ["/problems/seats-taken", ["Stalls-1-4"]] == [refusal["type"], refusal["taken"]]
    alternative = seats_of(refusal["alternative"])
    assert 2 == len(alternative)
    assert alternative == seats_of(await buyer.hold(event_id, *alternative))


async def test_a_released_hold_lets_another_buyer_have_the_seats(stage):
    event_id = await stage.event()
    buyer = stage.buyer()
    hold = await buyer.hold(event_id, "Stalls-1-1", "Stalls-1-2")
    await buyer.write("DELETE", f"/holds/{hold['hold_id']}", expect=204)

    assert "released" == (await buyer.read_hold(hold))["state"]
    await stage.buyer().hold(event_id, "Stalls-1-1", "Stalls-1-2")


async def test_a_single_seat_can_be_given_up(stage):
    event_id = await stage.event()
    buyer = stage.buyer()
    hold = await buyer.hold(event_id, "Stalls-1-1", areas={"floor": 1})
    (place,) = [seat["seat_id"] for seat in hold["seats"] if seat["area_id"]]
    path = f"/holds/{hold['hold_id']}/seats/{place}"
    smaller = (await buyer.write("DELETE", path, expect=200)).json()

    assert ["Stalls-1-1"] == seats_of(smaller)
    order = await buyer.order(smaller)
    assert ["Stalls-1-1"] == seats_of(order)
    await stage.buyer().hold(event_id, areas={"floor": 10})


async def test_a_hold_is_renewed_twice_and_no_more(stage):
    buyer = stage.buyer()
    hold = await buyer.hold(await stage.event(), "Stalls-1-1")
    path = f"/holds/{hold['hold_id']}/renewals"
    renewed = [(await buyer.write("POST", path, expect=200)).json() for _ in range(2)]

    assert [2, 1, 0] == [each["renewals_left"] for each in (hold, *renewed)]
    assert hold["expires_at"] < renewed[0]["expires_at"] <= renewed[1]["expires_at"]
    refused = await buyer.write("POST", path, expect=409)
    assert "renewals-used-up" == problem(refused)
    await buyer.order(renewed[1])


async def test_the_bearer_of_a_hold_token_owns_the_hold(stage):
    event_id = await stage.event()
    hold = await stage.buyer().hold(event_id, "Stalls-1-1")
    bearer, headers = Person(gateway=stage.gateway), {"Hold-Token": hold["hold_token"]}

    await bearer.get(f"/holds/{hold['hold_id']}", expect=401)
    assert "active" == (await bearer.get(f"/holds/{hold['hold_id']}", headers=headers)).json()["state"]
    await bearer.write("DELETE", f"/holds/{hold['hold_id']}", expect=204, headers=headers)


async def test_availability_travels_only_when_it_changed(stage):
    event_id = await stage.event()
    buyer, path = stage.buyer(), f"/events/{event_id}/availability"
    seen = (await buyer.get(path)).headers["etag"]

    for _ in range(4):  # each replica knows it
        await buyer.get(path, expect=304, headers={"If-None-Match": seen})
    await buyer.hold(event_id, "Stalls-1-1")
    await buyer.see_seats(event_id, "Stalls-1-1", become="h")
    assert seen != (await buyer.get(path)).headers["etag"]
