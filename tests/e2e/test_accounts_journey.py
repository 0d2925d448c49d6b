"""Somebody registers, buys with their account, comes back, and gets in again after forgetting the password."""

import pytest

from support.stage.account import log_in, new_email, new_password, verify
from support.stage.buyer import Buyer, seats_of, states_of
from support.stage.person import Person, problem, said
from support.waiting import wait_until

REGISTRATION, RESET = "/accounts", "/accounts/password-resets"


async def test_somebody_registers_buys_and_sees_the_history(stage):
    email, password = new_email(), new_password()
    nobody = Person(gateway=stage.gateway)
    wanted = {"email": email, "password": password, "name": "Ada Nowak"}
    await nobody.write("POST", REGISTRATION, wanted, expect=202)
    early = await nobody.write("POST", "/sessions", {"email": email, "password": password}, expect=401)
    assert "credentials-wrong" == problem(early)

    token = await stage.mailbox.link_token(email, page="account/verify-email")
    verified = await verify(stage.gateway, token=token)
    session = await log_in(stage.gateway, email=email, password=password)
    assert ["Bearer", True] == [session["token_type"], session["expires_in_s"] <= 900]

    buyer = Buyer(gateway=stage.gateway, token=session["access_token"])
    me = (await buyer.get("/accounts/me")).json()
    assert [verified["account_id"], email, "Ada Nowak"] == [me["account_id"], me["email"], me["name"]]
    hold = await buyer.hold(await stage.event(), "Stalls-1-3", "Stalls-1-4")
    order = await buyer.finalize(await buyer.order(hold))
    assert ["awaiting_payment", "finalizing", "confirmed"] == list(states_of(order))
    assert "order_access_token" not in order or order["order_access_token"] is None
    history = (await buyer.get("/orders")).json()["items"]
    assert [(order["order_id"], seats_of(hold))] == [(old["order_id"], seats_of(old)) for old in history]


async def test_a_session_goes_on_by_refreshing_and_ends_by_logging_out(stage):
    first = await stage.register()
    second = await first.refresh()
    assert first.refresh_token != second.refresh_token
    assert (await first.me())["account_id"] == (await second.me())["account_id"]

    await second.write("DELETE", "/sessions/current", expect=204)
    refused = await second.write(
        "POST", "/sessions/refresh", {"refresh_token": second.refresh_token}, expect=401
    )
    assert "refresh-token-invalid" == problem(refused)
    assert (await second.log_in_again()).session["session_id"] != second.session["session_id"]


async def test_one_session_is_ended_from_another_and_then_all_of_them(stage):
    here = await stage.register()
    phone, laptop = await here.log_in_again(), await here.log_in_again()
    listed = {session["session_id"] for session in (await here.get("/sessions")).json()["items"]}
    assert {each.session["session_id"] for each in (here, phone, laptop)} == listed

    await here.write("DELETE", f"/sessions/{phone.session['session_id']}", expect=204)
    await assert_ended(phone)
    laptop = await laptop.refresh()
    await here.write("DELETE", "/sessions", expect=204)
    await assert_ended(laptop)
    await assert_ended(here)


async def test_who_forgot_the_password_resets_it_and_is_logged_out_everywhere_else(stage):
    holder = await stage.register()
    order = await holder.order(await holder.hold(await stage.event(), "Stalls-1-1"))
    nobody, chosen = Person(gateway=stage.gateway), new_password()

    await nobody.write("POST", RESET, {"email": holder.email}, expect=202)
    token = await stage.mailbox.link_token(holder.email, page="account/reset-password")
    confirmation = {"token": token, "new_password": chosen}
    await nobody.write("POST", f"{RESET}/confirmation", confirmation, expect=204)

    await assert_ended(holder)
    refused = await nobody.send("POST", "/sessions", {"email": holder.email, "password": holder.password})
    assert [401, "credentials-wrong"] == [refused.status_code, problem(refused)]
    again = await holder.log_in_again(password=chosen)
    history = (await again.get("/orders")).json()["items"]
    assert [order["order_id"]] == [old["order_id"] for old in history]
    used = await nobody.send("POST", f"{RESET}/confirmation", confirmation)
    assert 400 <= used.status_code < 500, "a link works once"


async def test_a_changed_password_lets_in_and_the_old_one_does_not(stage):
    holder, chosen = await stage.register(), new_password()
    body = {"current_password": holder.password, "new_password": chosen}
    await holder.write(
        "PUT", "/accounts/me/password", {**body, "current_password": "not it at all"}, expect=403
    )
    await holder.write("PUT", "/accounts/me/password", body, expect=204)

    await holder.log_in_again(password=chosen)
    with pytest.raises(AssertionError, match="credentials-wrong"):
        await holder.log_in_again()


async def test_nobody_learns_by_asking_whether_an_address_is_registered(stage):
    holder, nobody = await stage.register(), Person(gateway=stage.gateway)
    stranger = new_email()
    questions = [
        (REGISTRATION, lambda email: {"email": email, "password": new_password()}),
        (f"{REGISTRATION}/email-verifications", lambda email: {"email": email}),
        (RESET, lambda email: {"email": email}),
        ("/sessions", lambda email: {"email": email, "password": "not it at all"}),
        ("/orders/lookups", lambda email: {"email": email}),
    ]
    for path, body in questions:
        known, unknown = [await nobody.send("POST", path, body(email)) for email in (holder.email, stranger)]
        assert said(known) == said(unknown), path


async def test_registering_again_mails_the_one_who_has_the_address(stage):
    holder = await stage.register()
    wanted = {"email": holder.email.upper(), "password": new_password()}
    await Person(gateway=stage.gateway).write("POST", REGISTRATION, wanted, expect=202)

    async def told() -> bool:
        return len(await stage.mailbox.letters(holder.email)) == 2

    await wait_until(told, deadline_s=60, what="the owner is told")
    await holder.log_in_again()
    with pytest.raises(AssertionError, match="credentials-wrong"):
        await holder.log_in_again(password=wanted["password"])


async def assert_ended(holder) -> None:
    """The session's refresh token is good for nothing."""
    nobody = Person(gateway=holder.gateway)
    await nobody.write("POST", "/sessions/refresh", {"refresh_token": holder.refresh_token}, expect=401)
