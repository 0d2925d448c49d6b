"""An organizer acts for their own organizations only; of others' they see what buyers see."""

import psycopg
import pytest
from psycopg import errors

from support.seating_plans import plan_document

VENUE = {"name": "Grand Theatre", "city": "Kraków", "country": "PL", "time_zone": "Europe/Warsaw"}
NOBODYS = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1b09"


@pytest.fixture
def organizer_of_nothing(http, mint_token, organizer):
    """Has the role of an organizer, but no organization to act for."""
    return type(organizer)(http, mint_token("organizer", subject="noel"))


@pytest.fixture
def usher(http, mint_token, organizer, ours):
    """Organizes elsewhere and only lets people in here."""
    organizations = {NOBODYS: ["organizer"], ours: ["entrance_staff"]}
    token = mint_token("organizer", "entrance_staff", subject="ursula", organizations=organizations)
    return type(organizer)(http, token)


@pytest.fixture
def execute(admin_database_url):
    """Run a statement behind the service's back."""

    def run(statement, values):
        with psycopg.connect(admin_database_url) as connection:
            connection.execute(statement, values)

    return run


async def test_what_an_organizer_makes_belongs_to_their_organization(house, ours):
    made = [await house.venue(), await house.plan(), await house.draft(), await house.published()]
    assert {ours} == {thing["organization_id"] for thing in made}


async def test_an_organizer_of_two_organizations_says_for_which_one(agent, refusal, theirs):
    made = [
        await agent.post("/venues", VENUE | {"organization_id": theirs}),
        await agent.post(f"/seating-plans?organization_id={theirs}", plan_document()),
    ]
    assert [theirs, theirs] == [answer.json()["organization_id"] for answer in made]
    assert (422, "organization-required") == refusal(await agent.post("/venues", VENUE))
    assert (422, "organization-required") == refusal(await agent.post("/seating-plans", plan_document()))


async def test_an_organizer_of_two_organizations_drafts_for_the_one_they_name(agent, house, refusal, ours):
    body = await house.event_body()
    assert (422, "organization-required") == refusal(await agent.post("/events", body))
    assert ours == (await agent.post("/events", body | {"organization_id": ours})).json()["organization_id"]


@pytest.mark.parametrize("caller", ["rival", "organizer_of_nothing", "usher"])
async def test_nobody_makes_anything_for_others(request, house, refusal, ours, caller):
    stranger, body = request.getfixturevalue(caller), await house.event_body()
    answers = [
        await stranger.post("/venues", VENUE | {"organization_id": ours}),
        await stranger.post(f"/seating-plans?organization_id={ours}", plan_document()),
        await stranger.post("/events", body | {"organization_id": ours}),
    ]
    assert [(403, "organization-foreign")] * 3 == [refusal(answer) for answer in answers]


async def test_an_organization_nobody_knows_is_refused_as_anothers_is(organizer, refusal):
    answer = await organizer.post("/venues", VENUE | {"organization_id": NOBODYS})
    assert (403, "organization-foreign") == refusal(answer)


@pytest.mark.parametrize("caller", ["rival", "organizer_of_nothing", "usher"])
async def test_others_venues_plans_and_drafts_are_not_found(request, house, refusal, caller):
    stranger, draft = request.getfixturevalue(caller), await house.draft()
    event = f"/events/{draft['event_id']}"
    answers = [
        await stranger.get(f"/venues/{draft['venue']['venue_id']}"),
        await stranger.get(f"/seating-plans/{draft['seating_plan']['seating_plan_id']}"),
        await stranger.get(event),
        await stranger.get(f"{event}/seating-plan"),
        await stranger.patch(event, {"title": "Mine now"}),
        await stranger.post(f"{event}/publication"),
        await stranger.post(f"{event}/cancellation", {"reason": "Spite"}),
    ]
    found = [refusal(answer) for answer in answers]
    assert [
        (404, "venue-not-found"),
        (404, "seating-plan-not-found"),
        *[(404, "event-not-found")] * 5,
    ] == found


async def test_what_is_anothers_looks_like_what_nobody_made(rival, house):
    event = (await house.draft())["event_id"]
    theirs, nobodys = [await rival.post(f"/events/{event_id}/publication") for event_id in (event, NOBODYS)]
    assert {**theirs.json(), "instance": ""} == {**nobodys.json(), "instance": ""}


async def test_a_published_event_of_others_is_seen_but_neither_changed_nor_cancelled(rival, house, refusal):
    path = f"/events/{(await house.published())['event_id']}"
    assert 200 == (await rival.get(path)).status_code
    answer = await rival.post(f"{path}/cancellation", {"reason": "Spite"})
    assert (404, "event-not-found") == refusal(answer)
    assert "published" == (await rival.get(path)).json()["state"]


@pytest.mark.parametrize("path", ["/venues", "/seating-plans", "/organizer/events"])
async def test_an_organizer_lists_their_own_only(
    organizer, rival, agent, organizer_of_nothing, house, other_house, ours, theirs, path
):
    await house.draft()
    await other_house.draft()
    lists = [
        [item["organization_id"] for item in (await caller.get(path)).json()["items"]]
        for caller in (organizer, rival, agent, organizer_of_nothing)
    ]
    assert [[ours], [theirs], [theirs, ours], []] == lists


async def test_an_event_takes_place_at_a_venue_of_its_organization(agent, house, other_house, refusal, ours):
    body = await house.event_body(venue_id=(await other_house.venue())["venue_id"], organization_id=ours)
    assert (422, "venue-unknown") == refusal(await agent.post("/events", body))


async def test_an_event_is_on_a_plan_of_its_organization(agent, house, other_house, refusal, ours):
    plan_id = (await other_house.plan())["seating_plan_id"]
    body = await house.event_body(seating_plan_id=plan_id, organization_id=ours)
    assert (422, "seating-plan-unknown") == refusal(await agent.post("/events", body))


async def test_a_draft_does_not_move_to_anothers_venue(agent, house, other_house, refusal):
    venue_id = (await other_house.venue())["venue_id"]
    answer = await agent.patch(f"/events/{(await house.draft())['event_id']}", {"venue_id": venue_id})
    assert (422, "venue-unknown") == refusal(answer)


async def test_the_database_keeps_venues_and_plans_within_their_organization(house, other_house, execute):
    event_id = (await house.draft())["event_id"]
    for column, value in (
        ("venue_id", (await other_house.venue())["venue_id"]),
        ("seating_plan_id", (await other_house.plan())["seating_plan_id"]),
    ):
        with pytest.raises(errors.ForeignKeyViolation):
            execute(f"UPDATE catalog.events SET {column} = %s WHERE event_id = %s", [value, event_id])


async def test_the_database_keeps_versions_of_a_plan_apart(house, execute):
    await house.plan(rows=1)
    with pytest.raises(errors.UniqueViolation):
        execute(
            "UPDATE catalog.seating_plans SET version = 1 WHERE seating_plan_id = %s",
            [(await house.plan(rows=2))["seating_plan_id"]],
        )
