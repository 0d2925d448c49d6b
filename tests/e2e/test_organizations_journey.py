"""Two organizations on one system: their people come by mail, and neither touches what is the other's."""

import uuid

import pytest

from support.stage.account import new_email
from support.stage.organizer import Organizer, small_plan
from support.stage.person import problem


@pytest.fixture
async def found(stage):
    """Call it for a new organization's id and its first organizer, who came by mail."""

    async def organization():
        body = {"name": f"Theatre {uuid.uuid4().hex[:6]}"}
        made = (await stage.operator.write("POST", "/organizations", body, expect=201)).json()
        return made["organization_id"], await join(stage, stage.operator, made["organization_id"])

    return organization


async def join(stage, inviter, organization_id, *, role="organizer"):
    """Somebody new who is invited by mail, registers, accepts, and has an access token that says so."""
    email = new_email()
    invitation = {"email": email, "role": role}
    await inviter.write("POST", f"/organizations/{organization_id}/invitations", invitation, expect=202)
    holder = await stage.register(email=email)
    token = await stage.mailbox.link_token(email, page="account/invitation")
    await holder.write("POST", "/invitations/acceptance", {"token": token}, expect=200)
    return await holder.refresh()


def as_organizer(holder):
    return Organizer(gateway=holder.gateway, token=holder.token)


@pytest.fixture
async def on_sale(found):
    """An organization's id, its organizer, and their event on sale."""
    organization_id, holder = await found()
    organizer = as_organizer(holder)
    event = await organizer.draft(
        venue_id=await organizer.make_venue(), seating_plan_id=await organizer.import_plan(small_plan())
    )
    await organizer.publish(event["event_id"])
    await organizer.see_on_sale(event["event_id"])
    return organization_id, holder, event


async def test_the_invited_put_an_event_of_their_organization_on_sale(on_sale):
    organization_id, holder, event = on_sale
    assert event["organization_id"] == organization_id
    (membership,) = (await holder.me())["organizations"]
    assert (membership["organization_id"], membership["roles"]) == (organization_id, ["organizer"])


async def test_an_organizer_of_another_organization_touches_nothing_of_it(found, on_sale):
    _, holder, event = on_sale
    _, rival = await found()
    seats = {"seat_ids": ["Stalls-1-1"]}
    path = f"/events/{event['event_id']}"
    asked = [
        await rival.send("POST", f"{path}/cancellation", {"reason": "Spite"}),
        await rival.send("PATCH", path, {"title": "Mine"}),
        await rival.send("POST", f"{path}/blocked-seats", seats),
        await rival.send("GET", f"/organizer{path}/attendees"),
        await rival.send("GET", f"/venues/{event['venue']['venue_id']}"),
    ]
    assert [404] * len(asked) == [answer.status_code for answer in asked]
    assert [] == (await rival.get("/organizer/events")).json()["items"]
    await holder.write("POST", f"{path}/blocked-seats", seats, expect=200)


async def test_whoever_is_removed_acts_for_the_organization_no_more(stage, found):
    organization_id, holder = await found()
    colleague = await join(stage, holder, organization_id)
    members = f"/organizations/{organization_id}/members"
    account_id = (await colleague.me())["account_id"]

    await holder.write("DELETE", f"{members}/{account_id}", expect=204)

    await colleague.get(members, expect=404)  # at once, whatever the access token says
    colleague = await colleague.refresh()
    refused = await as_organizer(colleague).send("POST", "/venues", {"name": "x"})
    assert (403, "forbidden") == (refused.status_code, problem(refused))


async def test_entrance_staff_organizes_nothing(stage, found):
    organization_id, holder = await found()
    usher = await join(stage, holder, organization_id, role="entrance_staff")
    await usher.get(f"/organizations/{organization_id}")
    await usher.get(f"/organizations/{organization_id}/members", expect=403)
    await usher.get("/organizer/events", expect=403)
