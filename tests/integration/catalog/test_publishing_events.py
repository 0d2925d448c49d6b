import asyncio


async def test_a_published_event_is_told_to_the_others(house, outbox, ours):
    event = await house.published(
        cancellation_deadline_at=house.at(days=-1),
        pesel_required=True,
        tickets_per_person_max=2,
        attendees_final_at=house.at(days=-2),
        refund_policy={"full_until": house.at(days=-30), "part_until": house.at(days=-1), "part_percent": 50,
                       "fee_minor": 300},
    )  # fmt: skip
    ((message_type, data),) = await outbox()
    assert "catalog.event_published.v1" == message_type
    assert {
        "event_id": event["event_id"],
        "organization_id": ours,
        "version": 2,
        "title": "Hamlet",
        "starts_at": house.at(hours=0),
        "ends_at": house.at(hours=3),
        "sales_start_at": house.at(days=-100),
        "sales_end_at": house.at(hours=0),
        "cancellation_deadline_at": house.at(days=-1),
        "seating_plan_id": event["seating_plan"]["seating_plan_id"],
        "seating_plan_sha256": event["seating_plan"]["sha256"],
        "currency": "PLN",
        "price_categories": [
            {
                "name": "Stalls",
                "ticket_types": [
                    {"name": "adult", "price_minor": 12000},
                    {"name": "concession", "price_minor": 8000},
                ],
            }
        ],
        "seats_per_order_max": 6,
        "pesel_required": True,
        "tickets_per_person_max": 2,
        "attendees_final_at": house.at(days=-2),
        "refund_policy": {
            "full_until": house.at(days=-30),
            "part_until": house.at(days=-1),
            "part_percent": 50,
            "fee_minor": 300,
            "fee_refunded": False,
        },
    } == data


async def test_buyers_see_a_published_event(anyone, house):
    event = await house.published()
    answer = await anyone.get(f"/events/{event['event_id']}")
    assert (200, "published", event) == (answer.status_code, answer.json()["state"], answer.json())


async def test_all_seats_are_left_until_reservation_tells(house):
    plan = await house.plan(rows=2, seats_per_row=4)
    event = await house.published(seating_plan_id=plan["seating_plan_id"])
    assert {
        "available": 8,
        "total": 8,
        "version": 0,
        "as_of": event["published_at"],
        "categories": [{"price_category": "Stalls", "available": 8, "total": 8}],
    } == event["availability"]


async def test_an_event_is_published_once(organizer, house, outbox, refusal):
    event = await house.published()
    answer = await organizer.post(f"/events/{event['event_id']}/publication")
    assert (409, "event-not-draft") == refusal(answer)
    assert 1 == len(await outbox())


async def test_publishing_twice_at_once_tells_the_others_once(organizer, house, outbox):
    path = f"/events/{(await house.draft())['event_id']}/publication"
    answers = await asyncio.gather(*(organizer.post(path) for _ in range(8)))
    assert [202] + [409] * 7 == sorted(answer.status_code for answer in answers)
    assert 1 == len(await outbox())


async def test_the_same_key_publishes_once_and_answers_twice(organizer, house, outbox):
    path = f"/events/{(await house.draft())['event_id']}/publication"
    headers = organizer.write_headers()
    answers = [await organizer.post(path, headers=headers) for _ in range(2)]
    assert [202, 202] == [answer.status_code for answer in answers]
    assert answers[0].json() == answers[1].json()
    assert 1 == len(await outbox())


async def test_a_published_event_does_not_change(organizer, house, refusal):
    event = await house.published()
    answer = await organizer.patch(f"/events/{event['event_id']}", {"title": "Macbeth"})
    assert (409, "event-not-draft") == refusal(answer)


async def test_an_event_whose_sales_are_over_stays_a_draft(organizer, house, refusal):
    draft = await house.draft(sales_start_at=house.at(days=-200), sales_end_at=house.at(days=-199))
    answer = await organizer.post(f"/events/{draft['event_id']}/publication")
    assert (409, "sales-already-over") == refusal(answer)


async def test_a_cancelled_event_is_told_to_the_others(house, outbox):
    event = await house.cancelled()
    message_type, data = (await outbox())[-1]
    assert "catalog.event_cancelled.v1" == message_type
    assert {
        "event_id": event["event_id"],
        "version": 3,
        "reason": "Fire",
        "cancelled_at": event["cancelled_at"],
    } == data


async def test_buyers_see_that_an_event_was_cancelled(anyone, house):
    event = await house.cancelled()
    shown = (await anyone.get(f"/events/{event['event_id']}")).json()
    assert ("cancelled", "Fire") == (shown["state"], shown["cancellation_reason"])


async def test_a_draft_is_not_cancelled(organizer, house, refusal):
    draft = await house.draft()
    answer = await organizer.post(f"/events/{draft['event_id']}/cancellation", {"reason": "Fire"})
    assert (409, "event-not-published") == refusal(answer)


async def test_an_event_is_cancelled_once(organizer, house, refusal):
    event = await house.cancelled()
    answer = await organizer.post(f"/events/{event['event_id']}/cancellation", {"reason": "Again"})
    assert (409, "event-not-published") == refusal(answer)


async def test_a_buyer_neither_publishes_nor_cancels(buyer, house, refusal):
    path = f"/events/{(await house.draft())['event_id']}"
    assert (403, "forbidden") == refusal(await buyer.post(f"{path}/publication"))
    assert (403, "forbidden") == refusal(await buyer.post(f"{path}/cancellation", {"reason": "Fire"}))
