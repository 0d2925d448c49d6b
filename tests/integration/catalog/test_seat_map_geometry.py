async def test_the_geometry_of_a_published_event_may_be_kept_for_ever(anyone, house):
    event = await house.published()
    answer = await anyone.get(f"/events/{event['event_id']}/seating-plan")
    assert (200, "public, max-age=31536000, immutable") == (
        answer.status_code,
        answer.headers["Cache-Control"],
    )
    assert (event["seating_plan"]["seating_plan_id"], 1, 8) == (
        answer.json()["seating_plan_id"],
        answer.json()["version"],
        answer.json()["seats_total"],
    )


async def test_a_geometry_one_has_is_not_sent_again(anyone, house):
    path = f"/events/{(await house.published())['event_id']}/seating-plan"
    etag = (await anyone.get(path)).headers["ETag"]
    again = await anyone.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (304, b"", etag) == (again.status_code, again.content, again.headers["ETag"])


async def test_the_geometry_of_a_draft_is_not_kept(organizer, house):
    path = f"/events/{(await house.draft())['event_id']}/seating-plan"
    assert "private, no-cache" == (await organizer.get(path)).headers["Cache-Control"]


async def test_an_event_nobody_made_has_no_geometry(anyone, refusal):
    answer = await anyone.get("/events/0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a01/seating-plan")
    assert (404, "event-not-found") == refusal(answer)
