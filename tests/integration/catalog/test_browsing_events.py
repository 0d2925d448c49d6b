import pytest

from catalog.usecases.record_availability import record_availability
from messages.reservation import AvailabilityChanged
from support.queries import count_queries


@pytest.fixture
def titles(anyone):
    """Call it with filters for the titles of the first page."""

    async def find(**query):
        answer = await anyone.get("/events", **query)
        assert 200 == answer.status_code, answer.text
        return [item["title"] for item in answer.json()["items"]]

    return find


@pytest.fixture
def sell_out(db, house):
    """Call it with an event for reservation to tell that no seat is left."""

    async def tell(event):
        message = AvailabilityChanged(
            event_id=event["event_id"],
            version=1,
            available=0,
            total=8,
            categories=(),
            counted_at=house.opens_at,
        )
        await db.run(lambda tx: record_availability(tx, message=message))

    return tell


async def test_a_listed_event_shows_its_prices_and_seats_left(anyone, house):
    event = await house.published()
    assert {
        "items": [
            {
                "event_id": event["event_id"],
                "title": "Hamlet",
                "starts_at": house.at(hours=0),
                "ends_at": house.at(hours=3),
                "sales_start_at": house.at(days=-100),
                "sales_end_at": house.at(hours=0),
                "venue": {"name": "Grand Theatre", "city": "Kraków"},
                "price_range": {"min_minor": 8000, "max_minor": 12000, "currency": "PLN"},
                "availability": {"available": 8, "total": 8, "version": 0, "as_of": event["published_at"]},
            }
        ],
        "next_cursor": None,
    } == (await anyone.get("/events")).json()


async def test_only_published_events_are_listed(house, titles):
    await house.draft(title="Draft")
    await house.cancelled(title="Cancelled")
    await house.published(title="Published")
    assert ["Published"] == await titles()


async def test_an_event_that_has_started_is_no_longer_listed(house, titles, admin_database_url):
    import psycopg

    await house.published()
    with psycopg.connect(admin_database_url) as connection:
        connection.execute("UPDATE catalog.listings SET starts_at = now() - interval '1 minute'")
    assert [] == await titles()
    assert [] == await titles(**{"from": house.at(days=-300)})


async def test_events_are_listed_by_start_over_pages(anyone, house):
    later = await house.published(starts_at=house.at(hours=2), title="Later")
    same = [await house.published(title=f"Same {number}") for number in range(2)]
    seen, cursor = [], None
    while True:
        page = (await anyone.get("/events", limit=1, **({"cursor": cursor} if cursor else {}))).json()
        seen += [item["event_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [*(event["event_id"] for event in same), later["event_id"]] == seen


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hamlet", True),
        ("HAM", True),
        ("haml krak", True),
        ("tragedy acts", True),
        ("theatre", True),
        ("amlet", False),
        ("hamlet warsaw", False),
        ("ham & !let | (", False),
        ("kraków", True),
        ("!!!", False),
        ("ham:*", True),
        ("' OR 1=1 --", False),
    ],
)
async def test_text_finds_events_by_how_their_words_begin(house, titles, text, found):
    await house.published()
    assert (["Hamlet"] if found else []) == await titles(text=text)


async def test_a_period_is_half_open(house, titles):
    await house.published()
    start, later = house.at(hours=0), house.at(hours=1)
    assert ["Hamlet"] == await titles(**{"from": start, "to": later})
    assert [] == await titles(**{"from": house.at(hours=-1), "to": start})


async def test_a_city_is_found_in_any_case(house, titles):
    venue = await house.venue(city="Łódź")
    await house.published(venue_id=venue["venue_id"], title="There")
    await house.published(title="Elsewhere")
    assert ["There"] == await titles(city="łÓDŹ")


async def test_sold_out_events_are_told_apart(house, titles, sell_out):
    await sell_out(await house.published(title="Sold out"))
    await house.published(title="On sale")
    assert ["On sale"] == await titles(has_seats_left=True)
    assert ["Sold out"] == await titles(has_seats_left=False)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"from": "tomorrow"},
        {"text": ""},
        {"has_seats_left": "perhaps"},
    ],
)
async def test_a_senseless_filter_is_refused(anyone, refusal, query):
    assert (422, "validation-failed") == refusal(await anyone.get("/events", **query))


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "WzEsMl0"])
async def test_a_cursor_this_list_did_not_give_is_refused(anyone, refusal, cursor):
    assert (422, "cursor-invalid") == refusal(await anyone.get("/events", cursor=cursor))


async def test_a_page_of_events_is_one_query(db, anyone, house):
    for number in range(3):
        await house.published(title=f"Event {number}")
    with count_queries(db) as statements:
        await anyone.get("/events", text="event", city="Kraków", has_seats_left=True)
    assert 1 == len(statements)


async def test_an_event_is_one_query(db, anyone, house):
    event = await house.published()
    with count_queries(db) as statements:
        await anyone.get(f"/events/{event['event_id']}")
    assert 1 == len(statements)


async def test_organizers_list_events_in_every_state(organizer, house):
    made = [await house.draft(), await house.published(), await house.cancelled()]
    listed = (await organizer.get("/organizer/events")).json()["items"]
    assert [(event["event_id"], event["state"]) for event in reversed(made)] == [
        (item["event_id"], item["state"]) for item in listed
    ]


async def test_organizers_list_events_in_one_state_over_pages(organizer, house):
    drafts = [(await house.draft())["event_id"] for _ in range(3)]
    await house.published()
    first = (await organizer.get("/organizer/events", state="draft", limit=2)).json()
    second = (
        await organizer.get("/organizer/events", state="draft", limit=2, cursor=first["next_cursor"])
    ).json()
    assert drafts[::-1] == [item["event_id"] for item in first["items"] + second["items"]]


async def test_a_page_of_an_organizers_events_is_one_query(db, organizer, house):
    for number in range(3):
        await house.draft(title=f"Event {number}")
    with count_queries(db) as statements:
        await organizer.get("/organizer/events")
    assert 1 == len(statements)


async def test_buyers_do_not_list_an_organizers_events(buyer, refusal):
    assert (403, "forbidden") == refusal(await buyer.get("/organizer/events"))
