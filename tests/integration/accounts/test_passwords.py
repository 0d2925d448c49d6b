"""Changing and resetting a password, and how it is stored."""

import asyncio

from integration.accounts.conftest import Desk, OpenDesk
from integration.accounts.people import Person, problem
from sqlalchemy import text

NEW = "four wide-awake owls"
INVALID_LINK = (422, "link-invalid")


async def stored_hash(desk: Desk, person: Person) -> str:
    statement = text("SELECT password_hash FROM accounts.accounts WHERE email_fingerprint = :fingerprint")
    async with desk.db.snapshot() as connection:
        fingerprint = desk.app.state.fingerprints.email(person.email)
        return str(await connection.scalar(statement, {"fingerprint": fingerprint}))


async def change(person: Person, *, current: str = "", new: str = NEW, key: str = ""):
    body = {"current_password": current or person.password, "new_password": new}
    return await person.send("PUT", "/accounts/me/password", body, key=key)


async def reset_link(desk: Desk, email: str) -> str:
    await desk.person().send("POST", "/accounts/password-resets", {"email": email})
    return await desk.mailbox.last_link(email)


async def reset(person: Person, link: str, *, password: str = NEW, key: str = ""):
    body = {"token": link, "new_password": password}
    return await person.send("POST", "/accounts/password-resets/confirmation", body, key=key)


async def test_a_password_is_stored_with_at_least_the_parameters_owasp_asks_for(open_desk: OpenDesk) -> None:
    async with open_desk(argon2_memory_kib=19_456, argon2_passes=2) as desk:
        ada = await desk.verified()
        assert (await stored_hash(desk, ada)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_login_renews_a_hash_of_weaker_parameters(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        ada = await desk.verified()
        await ada.login()
        weak = await stored_hash(desk, ada)
    async with open_desk(argon2_memory_kib=9_000, argon2_passes=2) as desk:
        await Person(desk.http, desk.mailbox, ada.email).login()
        strong = await stored_hash(desk, ada)
        await Person(desk.http, desk.mailbox, ada.email).login()
        assert await stored_hash(desk, ada) == strong

    assert "$m=8192,t=1,p=1$" in weak
    assert "$m=9000,t=2,p=1$" in strong


async def test_a_changed_password_ends_every_other_session_and_is_told_by_mail(
    ada: Person, desk: Desk
) -> None:
    elsewhere = await ada.elsewhere().login()

    assert (await change(ada)).status_code == 204

    assert problem(await elsewhere.refresh()) == (401, "refresh-token-invalid")
    assert (await ada.refresh()).status_code == 200
    assert problem(await ada.elsewhere().try_login()) == (401, "credentials-wrong")
    assert (await ada.elsewhere().login(password=NEW)).tokens
    assert [mail["kind"] for mail in await desk.mailbox.mails_to(ada.email)] == ["password_changed"]


async def test_a_change_needs_the_current_password_and_a_session_that_goes_on(ada: Person) -> None:
    assert problem(await change(ada, current="not the password")) == (403, "password-wrong")
    await ada.send("DELETE", "/sessions/current")
    assert problem(await change(ada)) == (401, "session-over")
    assert (await ada.elsewhere().login()).tokens


async def test_a_change_sent_again_gets_its_answer_again(ada: Person, desk: Desk) -> None:
    assert (await change(ada, key="k1")).status_code == 204

    again = await change(ada, key="k1")

    assert (again.status_code, again.headers["idempotent-replay"]) == (204, "true")
    assert problem(await change(ada)) == (403, "password-wrong")
    assert [mail["kind"] for mail in await desk.mailbox.mails_to(ada.email)] == ["password_changed"]


async def test_tries_at_the_current_password_are_limited(open_desk: OpenDesk) -> None:
    async with open_desk(password_changes_per_account="2/600s") as desk:
        ada = await (await desk.verified()).login()
        tries = [await change(ada, current="not the password") for _ in range(3)]

    assert [answer.status_code for answer in tries] == [403, 403, 429]


async def test_of_ten_changes_at_once_one_counts(ada: Person) -> None:
    passwords = [f"new password number {n}" for n in range(10)]

    answers = await asyncio.gather(*(change(ada, new=password) for password in passwords))

    assert sorted(answer.status_code for answer in answers) == [204] + [403] * 9
    logins = [await ada.elsewhere().try_login(password=password) for password in passwords]
    assert sorted(answer.status_code for answer in logins) == [201] + [401] * 9


async def test_a_login_with_the_old_password_at_the_instant_of_a_change_leaves_no_session(desk: Desk) -> None:
    for _ in range(8):
        ada = await (await desk.verified()).login()
        elsewhere = ada.elsewhere()
        changed, login = await asyncio.gather(change(ada), elsewhere.try_login())
        assert changed.status_code == 204
        if login.status_code == 201:
            elsewhere.tokens = login.json()
            assert problem(await elsewhere.refresh()) == (401, "refresh-token-invalid")


async def test_a_reset_sets_the_password_ends_every_session_and_is_told_by_mail(
    ada: Person, desk: Desk
) -> None:
    link = await reset_link(desk, ada.email)

    assert (await reset(desk.person(), link)).status_code == 204

    assert problem(await ada.refresh()) == (401, "refresh-token-invalid")
    assert problem(await ada.elsewhere().try_login()) == (401, "credentials-wrong")
    assert (await ada.elsewhere().login(password=NEW)).tokens
    assert [mail["kind"] for mail in await desk.mailbox.mails_to(ada.email)] == ["password_changed"]


async def test_a_reset_link_works_once_and_its_request_again_gets_the_same_answer(
    ada: Person, desk: Desk
) -> None:
    link = await reset_link(desk, ada.email)

    assert (await reset(desk.person(), link, key="k1")).status_code == 204
    assert (await reset(desk.person(), link, key="k1")).status_code == 204
    assert problem(await reset(desk.person(), link)) == INVALID_LINK


async def test_of_ten_resets_with_one_link_at_once_one_counts(ada: Person, desk: Desk) -> None:
    link = await reset_link(desk, ada.email)

    answers = await asyncio.gather(
        *(reset(desk.person(), link, password=f"new password number {n}") for n in range(10))
    )

    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 9


async def test_a_changed_password_voids_reset_links_mailed_before(ada: Person, desk: Desk) -> None:
    links = [await reset_link(desk, ada.email) for _ in range(2)]
    await change(ada)

    for link in links:
        assert problem(await reset(desk.person(), link)) == INVALID_LINK


async def test_a_reset_verifies_the_address_too_because_its_mailbox_was_read(desk: Desk) -> None:
    ada = desk.person()
    await ada.register()
    verification = await desk.mailbox.last_link(ada.email)

    assert (await reset(ada, await reset_link(desk, ada.email))).status_code == 204

    assert (await ada.login(password=NEW)).tokens
    assert problem(await ada.confirm(verification)) == INVALID_LINK
    kinds = [kind for kind, _ in await desk.mailbox.messages()]
    assert kinds.count("email_verified") == 1


async def test_asking_for_a_reset_of_an_unknown_address_leads_to_no_mail(desk: Desk) -> None:
    unknown = desk.person()

    answer = await unknown.send("POST", "/accounts/password-resets", {"email": unknown.email})

    assert (answer.status_code, answer.json()) == (202, {"next": "check_your_mail"})
    assert await desk.mailbox.messages() == []


async def test_a_password_is_the_same_on_every_keyboard(desk: Desk) -> None:
    ada = await desk.verified(password="Ångström und Käse")
    assert (await ada.login(password="A\u030angstro\u0308m und Ka\u0308se")).tokens


async def test_a_password_has_12_to_128_characters(desk: Desk) -> None:
    for password, status in (("x" * 11, 422), ("x" * 12, 202), ("x" * 128, 202), ("x" * 129, 422)):
        answer = await desk.person(password=password).register()
        assert answer.status_code == status
        assert password not in answer.text
