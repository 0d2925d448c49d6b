import pytest

NO_ID = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a01"


async def test_an_organizer_drafts_an_event(organizer, house):
    draft = await house.draft()
    assert ("draft", 1, None, {"min_minor": 8000, "max_minor": 12000, "currency": "PLN"}) == (
        draft["state"],
        draft["version"],
        draft["availability"],
        draft["price_range"],
    )
    assert draft == (await organizer.get(f"/events/{draft['event_id']}")).json()


async def test_a_draft_shows_the_categories_in_the_colours_of_the_plan(house):
    draft = await house.draft()
    assert [("Stalls", "#7f4a91")] == [(c["name"], c["color"]) for c in draft["price_categories"]]


async def test_times_may_be_given_in_any_offset(house):
    body = await house.event_body()
    draft = await house.draft(starts_at=body["starts_at"].replace("Z", "+00:00"))
    assert body["starts_at"] == draft["starts_at"]


@pytest.mark.parametrize(
    ("changes", "problem_type"),
    [
        ({"venue_id": NO_ID}, "venue-unknown"),
        ({"seating_plan_id": NO_ID}, "seating-plan-unknown"),
        ({"currency": "XXX"}, "currency-unknown"),
        ({"price_categories": []}, "price-category-unpriced"),
        ({"tickets_per_person_max": 2}, "person-limit-without-pesel"),
        ({"pesel_required": True, "tickets_per_person_max": 0}, "validation-failed"),
        ({"title": "   "}, "validation-failed"),
        ({"seats_per_order_max": 0}, "validation-failed"),
        ({"starts_at": "2027-05-01T19:00:00"}, "validation-failed"),
        ({"starts_at": "0001-01-01T00:00:00+01:00"}, "validation-failed"),
        ({"starts_at": 1_800_000_000}, "validation-failed"),
    ],
)
async def test_a_draft_that_breaks_a_rule_is_refused(organizer, house, refusal, changes, problem_type):
    answer = await organizer.post("/events", await house.event_body() | changes)
    assert (422, problem_type) == refusal(answer)


async def test_a_buyer_drafts_no_event(buyer, house, refusal):
    assert (403, "forbidden") == refusal(await buyer.post("/events", await house.event_body()))


async def test_buyers_do_not_see_a_draft(anyone, buyer, house, refusal):
    path = f"/events/{(await house.draft())['event_id']}"
    for caller in (anyone, buyer):
        assert (404, "event-not-found") == refusal(await caller.get(path))
        assert (404, "event-not-found") == refusal(await caller.get(f"{path}/seating-plan"))


async def test_a_draft_changes_only_in_what_is_sent(organizer, house):
    draft = await house.draft()
    answer = await organizer.patch(f"/events/{draft['event_id']}", {"title": "Macbeth"})
    assert draft | {"title": "Macbeth", "version": 2} == answer.json()


async def test_a_deadline_is_taken_back_with_null(organizer, house):
    draft = await house.draft(cancellation_deadline_at=house.at(days=-1))
    answer = await organizer.patch(f"/events/{draft['event_id']}", {"cancellation_deadline_at": None})
    assert None is answer.json()["cancellation_deadline_at"]


async def test_attendees_are_final_no_later_than_the_event_starts(organizer, house, refusal):
    body = await house.event_body(attendees_final_at=house.at(hours=1))
    assert (422, "attendees-final-after-start") == refusal(await organizer.post("/events", body))


async def test_a_pesel_that_is_no_longer_asked_for_takes_its_limit_along(organizer, house, refusal):
    draft = await house.draft(pesel_required=True, tickets_per_person_max=2)
    path = f"/events/{draft['event_id']}"
    kept = await organizer.patch(path, {"pesel_required": False})
    assert (422, "person-limit-without-pesel") == refusal(kept)
    both = await organizer.patch(path, {"pesel_required": False, "tickets_per_person_max": None})
    assert (200, None) == (both.status_code, both.json()["tickets_per_person_max"])


async def test_a_title_is_not_taken_back_with_null(organizer, house, refusal):
    draft = await house.draft()
    answer = await organizer.patch(f"/events/{draft['event_id']}", {"title": None})
    assert (422, "validation-failed") == refusal(answer)


async def test_a_change_keeps_the_rules(organizer, house, refusal):
    draft = await house.draft()
    answer = await organizer.patch(f"/events/{draft['event_id']}", {"ends_at": draft["starts_at"]})
    assert (422, "event-ends-before-it-starts") == refusal(answer)


async def test_a_change_of_what_someone_else_changed_is_refused(organizer, house, refusal):
    draft = await house.draft()
    path = f"/events/{draft['event_id']}"
    etag = (await organizer.get(path)).headers["ETag"]
    assert 200 == (await organizer.patch(path, {"title": "A"}, headers={"If-Match": etag})).status_code
    late = await organizer.patch(path, {"title": "B"}, headers={"If-Match": etag})
    assert (412, "event-has-changed") == refusal(late)
    assert "A" == (await organizer.get(path)).json()["title"]


async def test_a_senseless_if_match_is_refused(organizer, house, refusal):
    path = f"/events/{(await house.draft())['event_id']}"
    answer = await organizer.patch(path, {"title": "A"}, headers={"If-Match": "latest"})
    assert (400, "if-match-invalid") == refusal(answer)


async def test_an_event_nobody_made_does_not_change(organizer, refusal):
    answer = await organizer.patch(f"/events/{NO_ID}", {"title": "A"})
    assert (404, "event-not-found") == refusal(answer)
