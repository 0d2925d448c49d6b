from support.queries import count_queries

VENUE = {
    "name": "Grand Theatre",
    "city": "Kraków",
    "country": "PL",
    "address": None,
    "time_zone": "Europe/Warsaw",
}


async def test_an_organizer_creates_a_venue(organizer):
    created = await organizer.post("/venues", VENUE)
    shown = await organizer.get(created.headers["Location"].removeprefix("/api/v1"))
    assert (201, created.json(), VENUE) == (
        created.status_code,
        shown.json(),
        {name: shown.json()[name] for name in VENUE},
    )


async def test_a_buyer_creates_no_venue(buyer, refusal):
    assert (403, "forbidden") == refusal(await buyer.post("/venues", VENUE))


async def test_nobody_creates_no_venue(anyone, refusal):
    assert (401, "unauthenticated") == refusal(await anyone.post("/venues", VENUE))


async def test_a_venue_in_no_country_is_refused(organizer, refusal):
    assert (422, "country-unknown") == refusal(await organizer.post("/venues", VENUE | {"country": "XX"}))


async def test_a_venue_in_no_time_zone_is_refused(organizer, refusal):
    answer = await organizer.post("/venues", VENUE | {"time_zone": "Mars/Olympus"})
    assert (422, "time-zone-unknown") == refusal(answer)


async def test_a_member_nobody_knows_is_refused(organizer, refusal):
    assert (422, "validation-failed") == refusal(await organizer.post("/venues", VENUE | {"seats": 4}))


async def test_the_same_key_creates_one_venue(organizer, house):
    headers = organizer.write_headers()
    first = await organizer.post("/venues", VENUE, headers=headers)
    second = await organizer.post("/venues", VENUE, headers=headers)
    assert first.json() == second.json()
    assert 1 == len((await organizer.get("/venues")).json()["items"])


async def test_a_venue_nobody_made_is_not_found(organizer, refusal):
    answer = await organizer.get("/venues/0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1a02")
    assert (404, "venue-not-found") == refusal(answer)


async def test_venues_are_listed_newest_first_over_pages(organizer, house):
    made = [await house.venue(name=f"Venue {number}") for number in range(3)]
    first = (await organizer.get("/venues", limit=2)).json()
    second = (await organizer.get("/venues", limit=2, cursor=first["next_cursor"])).json()
    assert made[::-1] == first["items"] + second["items"]
    assert None is second["next_cursor"]


async def test_a_page_of_venues_is_one_query(db, organizer, house):
    for number in range(3):
        await house.venue(name=f"Venue {number}")
    with count_queries(db) as statements:
        await organizer.get("/venues")
    assert 1 == len(statements)


async def test_a_cursor_of_nothing_is_refused(organizer, refusal):
    assert (422, "cursor-invalid") == refusal(await organizer.get("/venues", cursor="WyJub3BlIl0"))
