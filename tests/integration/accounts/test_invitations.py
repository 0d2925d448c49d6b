"""Invitations: to whoever an e-mail address belongs to, good once, and telling the inviter nothing."""

import asyncio
from typing import Any

import psycopg
import pytest
from integration.accounts.conftest import Desk, OpenDesk
from integration.accounts.people import Person, new_email, problem
from integration.accounts.staff import Staff, items, make
from psycopg import sql
from sqlalchemy import text

from accounts.domain.roles import Role
from accounts.jobs import jobs
from accounts.storage.invitations import forget_invitations_to


@pytest.fixture
async def organizer(staff: Staff, globe: str) -> Person:
    return await staff.organizer(globe)


async def invite(organizer: Person, globe: str, email: str, *, role: str = "organizer", key: str = "") -> Any:
    return await organizer.send(
        "POST", f"/organizations/{globe}/invitations", {"email": email, "role": role}, key=key
    )


async def accept(person: Person, token: str, *, key: str = "") -> Any:
    return await person.send("POST", "/invitations/acceptance", {"token": token}, key=key)


async def count_invitations(desk: Desk) -> int:
    async with desk.db.snapshot() as connection:
        return await connection.scalar(text("SELECT count(*) FROM accounts.invitations"))


async def test_the_invited_accept_by_the_link_in_their_mail(
    desk: Desk, organizer: Person, globe: str, ada: Person
) -> None:
    await invite(organizer, globe, ada.email, role="entrance_staff")
    mail = (await desk.mailbox.mails_to(ada.email))[-1]
    accepted = await accept(ada, mail["link_token"])
    assert (mail["kind"], mail["organization_name"], mail["name"]) == ("invitation", "Globe Theatre", None)
    assert (accepted.status_code, accepted.json()["roles"]) == (200, ["entrance_staff"])
    me = (await (await ada.login()).get("/accounts/me")).json()
    assert me["organizations"] == [
        {"organization_id": globe, "name": "Globe Theatre", "roles": ["entrance_staff"]}
    ]


async def test_who_has_no_account_yet_registers_and_then_accepts(
    desk: Desk, organizer: Person, globe: str
) -> None:
    email = new_email("new")
    await invite(organizer, globe, email)
    link = await desk.mailbox.last_link(email)
    newcomer = await (await desk.verified(email)).login()
    assert (await accept(newcomer, link)).json()["roles"] == ["organizer"]


async def test_an_invitation_is_answered_alike_whoever_has_the_e_mail(
    desk: Desk, organizer: Person, globe: str, ada: Person
) -> None:
    unverified = desk.person()
    await unverified.register()
    emails = [ada.email, unverified.email, organizer.email, new_email()]
    answers = [await invite(organizer, globe, email) for email in emails]
    told = [
        (answer.status_code, sorted(answer.json()), sorted(answer.headers), answer.json()["role"])
        for answer in answers
    ]
    assert told == [told[0]] * 4
    assert [len(await desk.mailbox.mails_to(email)) > 0 for email in emails] == [True] * 4


async def test_an_invitation_is_accepted_by_nobody_else(
    desk: Desk, staff: Staff, organizer: Person, globe: str, ada: Person
) -> None:
    invited = await (await desk.verified()).login()
    await invite(organizer, globe, invited.email)
    link = await desk.mailbox.last_link(invited.email)
    assert problem(await accept(ada, link)) == (403, "invitation-for-another")
    assert problem(await accept(desk.person(), link)) == (401, "unauthenticated")
    assert (await accept(invited, link)).status_code == 200
    assert len(await items(organizer, f"/organizations/{globe}/members")) == 2


async def test_an_account_whose_e_mail_was_never_verified_accepts_nothing(
    desk: Desk, organizer: Person, globe: str, ada: Person
) -> None:
    """As it would be if the address had changed hands: the token is older than the doubt."""
    await invite(organizer, globe, ada.email)
    async with desk.db.transaction() as tx:
        await tx.execute(text("UPDATE accounts.accounts SET email_verified_at = NULL"))
    answer = await accept(ada, await desk.mailbox.last_link(ada.email))
    assert problem(answer) == (403, "invitation-for-another")


async def test_an_invitation_works_once_and_the_same_request_again_gets_the_same_answer(
    desk: Desk, organizer: Person, globe: str, ada: Person
) -> None:
    await invite(organizer, globe, ada.email)
    link = await desk.mailbox.last_link(ada.email)
    first, again = await accept(ada, link, key="k1"), await accept(ada, link, key="k1")
    assert (first.json(), again.headers["Idempotent-Replay"]) == (again.json(), "true")
    assert problem(await accept(ada, link)) == (422, "link-invalid")


async def test_of_acceptances_at_once_one_takes_the_invitation(
    desk: Desk, organizer: Person, globe: str, ada: Person
) -> None:
    await invite(organizer, globe, ada.email)
    link = await desk.mailbox.last_link(ada.email)
    answers = await asyncio.gather(*(accept(ada, link) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 5


async def test_revoking_and_accepting_at_once_have_one_outcome(
    desk: Desk, organizer: Person, globe: str, ada: Person
) -> None:
    for _ in range(5):
        invitation_id = (await invite(organizer, globe, ada.email)).json()["invitation_id"]
        link = await desk.mailbox.last_link(ada.email)
        path = f"/organizations/{globe}/invitations/{invitation_id}"
        accepted, revoked = await asyncio.gather(accept(ada, link), organizer.send("DELETE", path))
        assert {accepted.status_code, revoked.status_code} in ({200, 404}, {422, 204})
        joined = ada.email in {m["email"] for m in await items(organizer, f"/organizations/{globe}/members")}
        assert joined is (accepted.status_code == 200)
        if joined:
            return


async def test_a_revoked_invitation_is_neither_mailed_nor_accepted(
    desk: Desk, organizer: Person, globe: str, ada: Person
) -> None:
    invitation_id = (await invite(organizer, globe, ada.email)).json()["invitation_id"]
    link = await desk.mailbox.last_link(ada.email)
    path = f"/organizations/{globe}/invitations/{invitation_id}"
    assert (await organizer.send("DELETE", path)).status_code == 204
    assert problem(await accept(ada, link)) == (422, "link-invalid")
    assert link not in [mail["link_token"] for mail in await desk.mailbox.mails_to(ada.email)]
    assert problem(await organizer.send("DELETE", path)) == (404, "invitation-not-found")


async def test_another_organizations_invitation_is_not_revoked(
    desk: Desk, staff: Staff, operator: Person, organizer: Person, globe: str, ada: Person
) -> None:
    invitation_id = (await invite(organizer, globe, ada.email)).json()["invitation_id"]
    rose = await make(operator, "Rose")
    rival = await staff.organizer(rose)
    answer = await rival.send("DELETE", f"/organizations/{rose}/invitations/{invitation_id}")
    assert problem(answer) == (404, "invitation-not-found")
    assert await count_invitations(desk) == 1


async def let_pass(desk: Desk, table: str) -> None:
    """As if the rows of the table were a week older."""
    week = "interval '7 days'"
    async with desk.db.transaction() as tx:
        await tx.execute(
            text(
                f"UPDATE accounts.{table} SET created_at = created_at - {week}, expires_at = expires_at - {week}"
            )
        )


@pytest.mark.parametrize("table", ["invitations", "mail_requests"])
async def test_an_invitation_is_over_in_time(
    desk: Desk, organizer: Person, globe: str, ada: Person, table: str
) -> None:
    await invite(organizer, globe, ada.email)
    link = await desk.mailbox.last_link(ada.email)
    await let_pass(desk, table)
    assert problem(await accept(ada, link)) == (422, "link-invalid")


async def test_an_invitation_that_is_over_is_shown_no_longer_and_then_forgotten(
    desk: Desk, organizer: Person, globe: str
) -> None:
    invitation_id = (await invite(organizer, globe, new_email())).json()["invitation_id"]
    await let_pass(desk, "invitations")
    path = f"/organizations/{globe}/invitations"
    assert await items(organizer, path) == []
    revoked = await organizer.send("DELETE", f"{path}/{invitation_id}")
    assert problem(revoked) == (404, "invitation-not-found")
    [job] = [job for job in jobs(desk.db, desk.settings) if job.name == "forget_invitations"]
    await job.run()
    assert await count_invitations(desk) == 0


async def test_inviting_again_renews_the_invitation_and_voids_the_link_before(
    desk: Desk, organizer: Person, globe: str, ada: Person
) -> None:
    first = (await invite(organizer, globe, ada.email)).json()
    before = await desk.mailbox.last_link(ada.email)
    second = (await invite(organizer, globe, ada.email)).json()
    assert (first["invitation_id"], first["expires_at"] < second["expires_at"]) == (
        second["invitation_id"],
        True,
    )
    assert problem(await accept(ada, before)) == (422, "link-invalid")
    assert (await accept(ada, await desk.mailbox.last_link(ada.email))).status_code == 200


async def test_open_invitations_are_listed_newest_first_over_pages(organizer: Person, globe: str) -> None:
    emails = [new_email() for _ in range(3)]
    for email in emails:
        await invite(organizer, globe, email, role="entrance_staff")
    path = f"/organizations/{globe}/invitations?limit=2"
    page = (await organizer.get(path)).json()
    rest = (await organizer.get(f"{path}&cursor={page['next_cursor']}")).json()
    assert [item["email"] for item in page["items"] + rest["items"]] == emails[::-1]


async def test_a_link_of_another_kind_accepts_nothing(desk: Desk, ada: Person) -> None:
    await ada.send("POST", "/accounts/password-resets", {"email": ada.email})
    answer = await accept(ada, await desk.mailbox.last_link(ada.email))
    assert problem(answer) == (422, "link-invalid")


@pytest.mark.parametrize("role", ["operator", "buyer", "king", None])
async def test_only_a_role_within_an_organization_is_offered(
    organizer: Person, globe: str, role: str | None
) -> None:
    body = {"email": new_email(), "role": role}
    answer = await organizer.send("POST", f"/organizations/{globe}/invitations", body)
    assert problem(answer) == (422, "validation-failed")


async def test_an_organization_invites_so_many_and_a_stranger_uses_none_of_them_up(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(invitations_per_organization="2/3600s") as desk:
        staff = Staff(desk)
        globe = await make(await staff.operator())
        organizer, stranger = await staff.organizer(globe), await (await desk.verified()).login()
        for _ in range(3):
            assert (await invite(stranger, globe, new_email())).status_code == 404
        answers = [await invite(organizer, globe, new_email()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert int(answers[-1].headers["Retry-After"]) > 0


async def test_an_e_mail_is_invited_so_often_by_whichever_organizations(open_desk: OpenDesk) -> None:
    async with open_desk(invitations_per_email="1/3600s") as desk:
        staff = Staff(desk)
        operator, email = await staff.operator(), new_email()
        globe, rose = await make(operator), await make(operator)
        assert (await invite(operator, globe, email)).status_code == 202
        assert problem(await invite(operator, rose, email)) == (429, "too-many-requests")


async def test_no_table_shows_whom_an_invitation_is_for(
    desk: Desk, organizer: Person, globe: str, admin_database_url: str
) -> None:
    email = new_email("canary")
    await invite(organizer, globe, email)
    link = await desk.mailbox.last_link(email)
    with psycopg.connect(admin_database_url) as admin:
        tables = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'accounts'").fetchall()
        query = sql.SQL("SELECT t::text FROM accounts.{} AS t")
        rows = [admin.execute(query.format(sql.Identifier(name))).fetchall() for (name,) in tables]
    dump = str(rows)
    assert (email in dump, email.encode().hex() in dump, link in dump) == (False, False, False)


async def test_the_person_who_is_erased_is_invited_no_more(
    desk: Desk, organizer: Person, globe: str, ada: Person
) -> None:
    await invite(organizer, globe, ada.email)
    assert (await ada.send("DELETE", "/accounts/me")).status_code == 204
    assert (await count_invitations(desk), await desk.mailbox.mails_to(ada.email)) == (0, [])


async def test_invitations_to_an_e_mail_without_an_account_can_be_forgotten(
    desk: Desk, organizer: Person, globe: str
) -> None:
    email, other = new_email(), new_email()
    for address in (email, other):
        await invite(organizer, globe, address)
    fingerprint = desk.app.state.fingerprints.email(email)
    await desk.db.run(lambda tx: forget_invitations_to(tx, email_fingerprint=fingerprint))
    assert [i["email"] for i in await items(organizer, f"/organizations/{globe}/invitations")] == [other]


async def test_a_member_who_is_invited_in_another_role_has_both(
    staff: Staff, desk: Desk, organizer: Person, globe: str
) -> None:
    usher = await staff.member(globe, Role.ENTRANCE_STAFF)
    await invite(organizer, globe, usher.email)
    accepted = await accept(usher, await desk.mailbox.last_link(usher.email))
    assert accepted.json()["roles"] == ["entrance_staff", "organizer"]
