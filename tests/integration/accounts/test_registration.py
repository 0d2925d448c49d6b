"""Registering and verifying an e-mail; and that nobody learns which addresses are registered."""

import asyncio
import base64
import uuid

from integration.accounts.conftest import Desk, OpenDesk
from integration.accounts.people import PASSWORD, problem
from sqlalchemy import text

CHECK_YOUR_MAIL = {"next": "check_your_mail"}


async def count(desk: Desk, table: str) -> int:
    async with desk.db.snapshot() as connection:
        return await connection.scalar(text(f"SELECT count(*) FROM accounts.{table}"))


async def test_whoever_registers_and_follows_the_link_can_log_in(desk: Desk) -> None:
    ada = desk.person()

    assert (await ada.register()).json() == CHECK_YOUR_MAIL
    [mail] = await desk.mailbox.mails_to(ada.email)
    confirmed = await ada.confirm(mail["link_token"])
    me = await (await ada.login()).get("/accounts/me")

    assert mail["kind"] == "email_verification"
    assert me.json() | {"created_at": "", "email_verified_at": ""} == {
        "account_id": confirmed.json()["account_id"],
        "email": ada.email,
        "name": "Ada",
        "roles": ["buyer"],
        "organizations": [],
        "created_at": "",
        "email_verified_at": "",
    }
    kinds = [kind for kind, _ in await desk.mailbox.messages()]
    assert kinds == ["email_verification_requested", "email_verified"]


async def test_an_address_is_one_however_it_is_typed_and_mail_goes_to_its_normalised_spelling(
    desk: Desk,
) -> None:
    tail = uuid.uuid4().hex
    for spelling in (f"  Stra\u00dfe-{tail}@Example.ORG ", f"STRASSE-{tail}@example.org"):
        assert (await desk.person(spelling).register()).status_code == 202

    assert await count(desk, "accounts") == 1
    assert len(await desk.mailbox.mails_to(f"strasse-{tail}@example.org")) == 2


async def test_a_link_works_once_and_the_same_request_again_gets_the_same_answer(desk: Desk) -> None:
    ada = desk.person()
    await ada.register()
    link = await desk.mailbox.last_link(ada.email)

    first = await ada.confirm(link, key="k1")
    again = await ada.confirm(link, key="k1")
    another = await ada.confirm(link)

    assert (first.status_code, again.json()) == (200, first.json())
    assert problem(another) == (422, "link-invalid")
    assert await desk.mailbox.mails_to(ada.email) == []


async def test_a_link_made_up_changed_or_of_another_kind_does_not_work(desk: Desk) -> None:
    ada = desk.person()
    await ada.register()
    link = await desk.mailbox.last_link(ada.email)
    changed = bytearray(base64.urlsafe_b64decode(link))
    changed[-1] ^= 1

    for token in ("x", "A" * 64, base64.urlsafe_b64encode(changed).decode(), link[:-4], f"{link}AAAA"):
        assert problem(await ada.confirm(token)) == (422, "link-invalid")
    body = {"token": link, "new_password": "another long password"}
    reset = await ada.send("POST", "/accounts/password-resets/confirmation", body)
    assert problem(reset) == (422, "link-invalid")
    assert (await ada.confirm(link)).status_code == 200


async def test_a_link_that_is_over_does_not_work_and_its_mail_is_not_sent(desk: Desk) -> None:
    ada = desk.person()
    await ada.register()
    link = await desk.mailbox.last_link(ada.email)
    async with desk.db.transaction() as tx:
        await tx.execute(text("UPDATE accounts.mail_requests SET expires_at = now()"))

    assert problem(await ada.confirm(link)) == (422, "link-invalid")
    _, message = (await desk.mailbox.messages())[0]
    assert problem(await desk.mailbox.facts(message["mail_request_id"])) == (410, "gone")


async def test_twenty_registrations_of_one_address_at_once_make_one_account(desk: Desk) -> None:
    ada = desk.person()

    answers = await asyncio.gather(*(ada.register() for _ in range(20)))

    assert {(answer.status_code, answer.text) for answer in answers} == {(202, '{"next":"check_your_mail"}')}
    assert await count(desk, "accounts") == 1
    links = [mail["link_token"] for mail in await desk.mailbox.mails_to(ada.email)]
    confirmed = await asyncio.gather(*(ada.confirm(link) for link in links))
    assert [answer.status_code for answer in confirmed].count(200) == 1
    assert (await ada.login()).tokens


async def test_of_one_link_followed_twenty_times_at_once_one_verifies(desk: Desk) -> None:
    ada = desk.person()
    await ada.register()
    link = await desk.mailbox.last_link(ada.email)

    answers = await asyncio.gather(*(ada.confirm(link) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 19
    kinds = [kind for kind, _ in await desk.mailbox.messages()]
    assert kinds.count("email_verified") == 1


async def test_a_link_brings_the_password_of_whoever_registered_for_it(desk: Desk) -> None:
    """Otherwise one could register somebody else's address and wait for its owner to verify it."""
    owner, thief = desk.person(), desk.person(password="planted by a thief")
    thief.email = owner.email
    await thief.register()
    await owner.register()
    await thief.register()
    links = [mail["link_token"] for mail in await desk.mailbox.mails_to(owner.email)]

    assert (await owner.confirm(links[1])).status_code == 200

    assert (await owner.login()).tokens
    assert problem(await thief.try_login()) == (401, "credentials-wrong")
    for link in (links[0], links[2]):
        assert problem(await thief.confirm(link)) == (422, "link-invalid")


async def test_another_link_brings_no_password_that_somebody_registered_over_the_first(desk: Desk) -> None:
    """Otherwise the owner who asks for another link would verify the account of a thief."""
    owner, thief = desk.person(), desk.person(password="planted by a thief")
    thief.email = owner.email
    await owner.register()
    await thief.register()
    await owner.send("POST", "/accounts/email-verifications", {"email": owner.email})
    link = await desk.mailbox.last_link(owner.email)

    assert problem(await owner.confirm(link)) == (422, "link-invalid")
    body = {"token": link, "new_password": "four wide-awake owls"}
    chosen = await owner.send("POST", "/accounts/password-resets/confirmation", body)

    assert chosen.status_code == 204
    assert problem(await thief.try_login()) == (401, "credentials-wrong")
    assert (await owner.login(password="four wide-awake owls")).tokens


async def test_another_link_after_the_first_is_forgotten_lets_the_owner_choose(desk: Desk) -> None:
    owner = desk.person()
    await owner.register()
    async with desk.db.transaction() as tx:
        await tx.execute(text("DELETE FROM accounts.mail_requests"))

    await owner.send("POST", "/accounts/email-verifications", {"email": owner.email})

    [mail] = await desk.mailbox.mails_to(owner.email)
    assert mail["kind"] == "password_reset"


async def test_a_mail_to_an_unverified_address_repeats_no_word_of_whoever_typed_it(desk: Desk) -> None:
    ada = desk.person()
    await ada.register(name="Buy pills at http://example.com")

    [mail] = await desk.mailbox.mails_to(ada.email)

    assert mail["name"] is None


async def test_registering_again_tells_only_the_owner(desk: Desk) -> None:
    ada = await desk.verified()
    stranger = desk.person(ada.email, password="a stranger's password")

    answer = await stranger.register(name="Stranger")

    assert (answer.status_code, answer.json()) == (202, CHECK_YOUR_MAIL)
    mails = await desk.mailbox.mails_to(ada.email)
    assert [(mail["kind"], mail["name"], mail["link_token"]) for mail in mails] == [
        ("registration_repeated", "Ada", None)
    ]
    assert problem(await stranger.try_login()) == (401, "credentials-wrong")
    assert (await ada.login()).tokens


async def test_another_link_is_mailed_only_to_who_waits_for_one(desk: Desk) -> None:
    waiting, verified, unknown = desk.person(), await desk.verified(), desk.person()
    await waiting.register()
    before = len(await desk.mailbox.messages())

    for person in (verified, unknown, waiting):
        answer = await person.send("POST", "/accounts/email-verifications", {"email": person.email})
        assert (answer.status_code, answer.json()) == (202, CHECK_YOUR_MAIL)

    assert len(await desk.mailbox.messages()) == before + 1
    assert (await waiting.confirm(await desk.mailbox.last_link(waiting.email))).status_code == 200
    assert (await waiting.login()).tokens


async def test_no_answer_tells_whether_an_address_is_registered(desk: Desk) -> None:
    """Same status, same body, same headers but the request's own id."""
    verified, waiting, unknown = await desk.verified(), desk.person(), desk.person()
    await waiting.register()
    requests = [
        ("/accounts", {"password": PASSWORD}),
        ("/accounts/email-verifications", {}),
        ("/accounts/password-resets", {}),
        ("/sessions", {"password": "wrong, whoever it is"}),
    ]
    for path, body in requests:
        answers = {
            await comparable(person, path, body | {"email": person.email})
            for person in (verified, waiting, unknown)
        }
        assert len(answers) == 1, path


async def comparable(person, path, body):
    answer = await person.send("POST", path, body)
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    document = answer.json() | {"instance": ""}
    return answer.status_code, str(sorted(document.items())), str(sorted(headers.items()))


async def test_logging_in_after_registering_does_not_tell_either(desk: Desk) -> None:
    """With an own password somebody could register an address, log in, and see what is said."""
    taken, free = await desk.verified(), desk.person()
    for email in (taken.email, free.email):
        assert (await desk.person(email, password="a curious password").register()).status_code == 202

    answers = {
        await comparable(desk.person(), "/sessions", {"email": email, "password": "a curious password"})
        for email in (taken.email, free.email)
    }

    assert len(answers) == 1


async def test_a_hash_is_made_whether_or_not_there_is_an_account(desk: Desk, monkeypatch) -> None:
    verified, unknown = await desk.verified(), desk.person()
    work: list[str] = []
    passwords = desk.app.state.desk.passwords
    in_thread = passwords._in_thread

    async def counted(job, *arguments):
        work.append(job.__name__)
        return await in_thread(job, *arguments)

    monkeypatch.setattr(passwords, "_in_thread", counted)
    for person in (verified, unknown):
        await person.try_login(password="wrong, whoever it is")
        await person.register()

    assert work == ["_matches", "hash"] * 2


async def test_limits_count_by_address_and_by_email_whoever_is_registered(open_desk: OpenDesk) -> None:
    limits = {"registrations_per_address": "4/3600s", "registrations_per_email": "2/3600s"}
    async with open_desk(**limits) as desk:
        ada = desk.person()
        by_email = [await ada.register() for _ in range(3)]
        by_address = [await desk.person().register() for _ in range(2)]

    assert [answer.status_code for answer in by_email] == [202, 202, 429]
    assert [answer.status_code for answer in by_address] == [202, 429]
    assert problem(by_email[2]) == (429, "too-many-requests")
    assert 0 < int(by_email[2].headers["retry-after"]) <= 1800
    assert 0 < int(by_address[1].headers["retry-after"]) <= 900


async def test_an_account_nobody_verified_is_forgotten(desk: Desk) -> None:
    from accounts.worker import create_worker

    late, early, verified = desk.person(), desk.person(), await desk.verified()
    await late.register()
    await early.register()
    async with desk.db.transaction() as tx:
        statement = "UPDATE accounts.accounts SET created_at = now() - interval '8 days' WHERE email_fingerprint IN (:a, :b)"
        fingerprints = desk.app.state.fingerprints
        await tx.execute(
            text(statement), {"a": fingerprints.email(late.email), "b": fingerprints.email(verified.email)}
        )
    worker = create_worker(desk.settings)
    job = next(job for job in worker.jobs if job.name == "forget_unverified_accounts")

    assert await job.run() == 1
    await worker.db.close()

    assert await count(desk, "accounts") == 2
    assert (await verified.login()).tokens
