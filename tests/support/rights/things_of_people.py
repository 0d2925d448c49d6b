"""Things that belong to somebody, with an account or without."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from support.rights.cast import invite
from support.rights.place import Place
from support.rights.things import Thing
from support.stage.account import AccountHolder, new_email, new_password
from support.stage.buyer import Buyer
from support.stage.guest import Guest
from support.stage.person import Person


async def _hold(place: Place, person: Any) -> Thing:
    hold = await person.hold(await place.event_with_room(), best=("Stalls", 2))
    owner = person.holding(hold) if isinstance(person, Guest) else person
    seats = [seat["seat_id"] for seat in hold["seats"]]
    names = {"hold_id": hold["hold_id"], "hold_token": hold["hold_token"]}
    return Thing(owner, "hold_id", {**names, "seat_id": seats[0], "seat_ids": " ".join(seats)})


async def _order(place: Place, person: Any, *, ticket_type: str = "visitor") -> Thing:
    hold = await person.hold(await place.event_with_room(), best=("Stalls", 2))
    order = await person.order(hold, ticket_type=ticket_type)
    owner = person.owning(order) if isinstance(person, Guest) else person
    line_id, amount = order["lines"][0]["line_id"], str(order["total"]["amount_minor"])
    names = {"order_id": order["order_id"], "line_id": line_id, "amount_minor": amount}
    return Thing(owner, "order_id", names)


async def _priced_order(place: Place, person: Any) -> Thing:
    return await _order(place, person, ticket_type="adult")


async def _payment(place: Place, person: Any) -> Thing:
    order = await _priced_order(place, person)
    answer = await order.owner.send("POST", f"/orders/{order.name}/payments", {})
    assert answer.is_success, answer.text
    return replace(order, names={**order.names, "payment_id": answer.json()["payment_id"]})


async def _notice(place: Place, person: Any) -> Thing:
    return Thing(person, "", {"provider": "sandbox"})


async def _confirmed_order(place: Place, person: Any) -> Thing:
    """With the first of its tickets."""
    thing = await _order(place, person)
    order = {"order_id": thing.names["order_id"]}
    owner = thing.owner
    assert isinstance(owner, Buyer), "whoever has an order bought it"
    await owner.finalize(order)
    await owner.see_order(order, become="confirmed")
    ticket, *_ = await owner.tickets(order)
    return replace(thing, names={**thing.names, "ticket_id": ticket["ticket_id"]})


async def _session(place: Place, person: AccountHolder) -> Thing:
    again = await person.log_in_again()
    return Thing(person, "session_id", {"session_id": again.session["session_id"]})


async def _self(place: Place, person: AccountHolder) -> Thing:
    """An account that can be spared."""
    fresh = await place.stage.register()
    return Thing(fresh, "", {"password": fresh.password})


async def _invitation(place: Place, person: AccountHolder) -> Thing:
    organization_id, host = place.organization_id, place.host
    token = await invite(place.stage, person.email, organization_id, role="entrance_staff", invited_by=host)
    return Thing(person, "token", {"token": token})


async def _verification(place: Place, person: Any) -> Thing:
    nobody, email = Person(gateway=place.stage.gateway), new_email()
    await nobody.write("POST", "/accounts", {"email": email, "password": new_password()}, expect=202)
    token = await place.stage.mailbox.link_token(email, page="account/verify-email")
    return Thing(nobody, "token", {"token": token})


async def _reset(place: Place, person: Any) -> Thing:
    nobody, holder = Person(gateway=place.stage.gateway), await place.stage.register()
    await nobody.write("POST", "/accounts/password-resets", {"email": holder.email}, expect=202)
    token = await place.stage.mailbox.link_token(holder.email, page="account/reset-password")
    return Thing(nobody, "token", {"token": token})


async def _login(place: Place, person: Any) -> Thing:
    holder = await place.stage.register()
    names = {"email": holder.email, "password": holder.password, "refresh_token": holder.refresh_token}
    return Thing(holder, "refresh_token", names)


MAKERS: Mapping[str, Callable[[Place, Any], Awaitable[Thing]]] = {
    "self": _self,
    "session": _session,
    "invitation": _invitation,
    "hold": _hold,
    "order": _order,
    "confirmed": _confirmed_order,
    "priced": _priced_order,
    "payment": _payment,
    "notice": _notice,
    "verification": _verification,
    "reset": _reset,
    "login": _login,
}
