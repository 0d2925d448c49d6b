"""Things that belong to an organization."""

from collections.abc import Awaitable, Callable, Mapping

from support.rights.cast import join
from support.rights.place import Place
from support.rights.things import Thing
from support.stage.account import new_email
from support.stage.organizer import small_plan

BLOCKED = "Stalls-1-1"


async def _organization(place: Place) -> Thing:
    return Thing(place.host, "organization_id", {"organization_id": place.organization_id})


async def _member(place: Place) -> Thing:
    """One of the staff, who can be spared."""
    newcomer, organization_id = await place.stage.register(), place.organization_id
    await join(place.stage, newcomer, organization_id, role="entrance_staff", invited_by=place.host)
    account_id = (await newcomer.me())["account_id"]
    return Thing(place.host, "account_id", {"organization_id": organization_id, "account_id": account_id})


async def _open_invitation(place: Place) -> Thing:
    path = f"/organizations/{place.organization_id}/invitations"
    body = {"email": new_email(), "role": "entrance_staff"}
    invitation = (await place.host.write("POST", path, body, expect=202)).json()
    names = {"organization_id": place.organization_id, "invitation_id": invitation["invitation_id"]}
    return Thing(place.host, "invitation_id", names)


async def _venue(place: Place) -> Thing:
    return Thing(place.host, "venue_id", {"venue_id": await place.organizer.make_venue()})


async def _plan(place: Place) -> Thing:
    plan_id = await place.organizer.import_plan(small_plan())
    return Thing(place.host, "seating_plan_id", {"seating_plan_id": plan_id})


async def _draft(place: Place) -> Thing:
    draft = await place.draft()
    names = {
        "event_id": draft["event_id"],
        "venue_id": draft["venue"]["venue_id"],
        "seating_plan_id": draft["seating_plan"]["seating_plan_id"],
        "organization_id": place.organization_id,
    }
    return Thing(place.host, "event_id", names)


async def _event(place: Place) -> Thing:
    return Thing(place.host, "event_id", {"event_id": await place.publish()})


async def _blocked(place: Place) -> Thing:
    """An event with a blocked seat."""
    event = await _event(place)
    body = {"seat_ids": [BLOCKED], "reason": "camera"}
    await place.organizer.write("POST", f"/events/{event.name}/blocked-seats", body, expect=200)
    return event


MAKERS: Mapping[str, Callable[[Place], Awaitable[Thing]]] = {
    "organization": _organization,
    "member": _member,
    "open-invitation": _open_invitation,
    "venue": _venue,
    "plan": _plan,
    "draft": _draft,
    "event": _event,
    "blocked": _blocked,
}
