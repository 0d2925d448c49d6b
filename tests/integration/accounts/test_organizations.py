"""Organizations: who sees them, who belongs to them, and that one of them always can invite."""

import asyncio
import uuid
from typing import Any

import pytest
from integration.accounts.conftest import Desk
from integration.accounts.people import Mailbox, Person, new_email, problem
from integration.accounts.staff import Staff, items, make
from sqlalchemy import text

from accounts.domain.roles import Role
from support.queries import count_queries


async def test_an_operator_creates_an_organization(operator: Person) -> None:
    created = await operator.send("POST", "/organizations", {"name": " Globe Theatre "})
    shown = await operator.get(created.headers["Location"].removeprefix("/api/v1"))
    assert (created.status_code, shown.json()["name"], shown.json()) == (201, "Globe Theatre", created.json())


async def test_nobody_else_creates_one(ada: Person, desk: Desk, staff: Staff, globe: str) -> None:
    organizer = await staff.organizer(globe)
    for person, refusal in (
        (desk.person(), (401, "unauthenticated")),
        (ada, (403, "forbidden")),
        (organizer, (403, "forbidden")),
    ):
        assert problem(await person.send("POST", "/organizations", {"name": "Mine"})) == refusal


async def test_a_member_sees_the_organization_with_their_roles(staff: Staff, globe: str) -> None:
    both = await staff.member(globe, Role.ORGANIZER, Role.ENTRANCE_STAFF)
    [listed] = await items(both, "/organizations")
    assert listed == (await both.get(f"/organizations/{globe}")).json()
    assert (listed["organization_id"], listed["roles"]) == (globe, ["entrance_staff", "organizer"])


async def test_each_lists_their_own_and_an_operator_all_over_pages(staff: Staff, operator: Person) -> None:
    first, second = await make(operator, "First"), await make(operator, "Second")
    organizer = await staff.organizer(first)
    assert [o["organization_id"] for o in await items(organizer, "/organizations")] == [first]
    page = (await operator.get("/organizations?limit=1")).json()
    rest = (await operator.get(f"/organizations?limit=1&cursor={page['next_cursor']}")).json()
    assert [o["organization_id"] for o in page["items"] + rest["items"]] == [second, first]
    assert rest["next_cursor"] is None


async def test_others_find_no_organization_and_staff_decides_nothing(
    ada: Person, staff: Staff, operator: Person, globe: str
) -> None:
    rival = await staff.organizer(await make(operator, "Rose"))
    usher = await staff.member(globe, Role.ENTRANCE_STAFF)
    member = await staff.account_id(await staff.organizer(globe))
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"/organizations/{globe}", None),
        ("GET", f"/organizations/{globe}/members", None),
        ("GET", f"/organizations/{globe}/invitations", None),
        ("POST", f"/organizations/{globe}/invitations", {"email": new_email(), "role": "organizer"}),
        ("DELETE", f"/organizations/{globe}/invitations/{uuid.uuid4()}", None),
        ("DELETE", f"/organizations/{globe}/members/{member}", None),
    ]
    for method, path, body in asked:
        for stranger in (ada, rival):
            answer = await stranger.send(method, path, body)
            assert problem(answer) == (404, "organization-not-found"), path
        answer = await usher.send(method, path, body)
        expected = 200 if path == f"/organizations/{globe}" else 403
        assert answer.status_code == expected, path
    nobodys = await ada.get(f"/organizations/{uuid.uuid4()}")
    assert problem(nobodys) == (404, "organization-not-found")


async def test_an_organizer_lists_the_members(staff: Staff, globe: str) -> None:
    organizer = await staff.organizer(globe)
    usher = await staff.member(globe, Role.ENTRANCE_STAFF, Role.ORGANIZER)
    listed = await items(organizer, f"/organizations/{globe}/members")
    assert [(m["email"], m["name"], m["roles"]) for m in listed] == [
        (organizer.email, "Ada", ["organizer"]),
        (usher.email, "Ada", ["entrance_staff", "organizer"]),
    ]


async def test_members_are_listed_over_pages(staff: Staff, globe: str) -> None:
    organizer = await staff.organizer(globe)
    await staff.member(globe, Role.ENTRANCE_STAFF)
    path = f"/organizations/{globe}/members?limit=1"
    page = (await organizer.get(path)).json()
    rest = (await organizer.get(f"{path}&cursor={page['next_cursor']}")).json()
    emails = [member["email"] for member in page["items"] + rest["items"]]
    assert (len(set(emails)), rest["next_cursor"]) == (2, None)


async def test_a_page_of_members_costs_no_query_more_than_one_member(
    desk: Desk, staff: Staff, globe: str
) -> None:
    organizer = await staff.organizer(globe)

    async def queries() -> int:
        with count_queries(desk.db) as statements:
            await items(organizer, f"/organizations/{globe}/members")
        return len(statements)

    alone = await queries()
    await staff.member(globe, Role.ORGANIZER)
    assert await queries() == alone


async def test_a_removed_member_is_one_no_longer_at_once(staff: Staff, globe: str) -> None:
    organizer, other = await staff.organizer(globe), await staff.organizer(globe)
    account_id = await staff.account_id(other)
    removed = await organizer.send("DELETE", f"/organizations/{globe}/members/{account_id}")
    # Their access token still says that they organize.
    invited = await other.send(
        "POST", f"/organizations/{globe}/invitations", {"email": new_email(), "role": "organizer"}
    )
    assert (removed.status_code, problem(invited)) == (204, (404, "organization-not-found"))
    me = (await (await other.login()).get("/accounts/me")).json()
    assert (me["roles"], me["organizations"]) == (["buyer"], [])


async def test_one_of_two_roles_is_taken_away(staff: Staff, globe: str) -> None:
    organizer = await staff.organizer(globe)
    both = await staff.member(globe, Role.ORGANIZER, Role.ENTRANCE_STAFF)
    path = f"/organizations/{globe}/members/{await staff.account_id(both)}?role=organizer"
    assert (await organizer.send("DELETE", path)).status_code == 204
    assert (await both.get(f"/organizations/{globe}")).json()["roles"] == ["entrance_staff"]
    assert problem(await organizer.send("DELETE", path)) == (404, "member-not-found")


async def test_who_is_no_member_is_not_removed(staff: Staff, globe: str) -> None:
    organizer = await staff.organizer(globe)
    answer = await organizer.send("DELETE", f"/organizations/{globe}/members/{uuid.uuid4()}")
    assert problem(answer) == (404, "member-not-found")


async def test_the_last_organizer_stays(staff: Staff, operator: Person, globe: str) -> None:
    organizer = await staff.organizer(globe)
    await staff.member(globe, Role.ENTRANCE_STAFF)
    path = f"/organizations/{globe}/members/{await staff.account_id(organizer)}"
    for person in (organizer, operator):
        for role in ("", "?role=organizer"):
            assert problem(await person.send("DELETE", path + role)) == (409, "last-organizer")
    assert (await organizer.get(f"/organizations/{globe}")).json()["roles"] == ["organizer"]


async def test_organizers_who_remove_one_another_at_once_leave_one(staff: Staff, globe: str) -> None:
    people = [await staff.organizer(globe) for _ in range(4)]
    ids = [await staff.account_id(person) for person in people]
    answers = await asyncio.gather(
        *(
            person.send("DELETE", f"/organizations/{globe}/members/{victim}")
            for person in people
            for victim in ids
        )
    )
    assert {answer.status_code for answer in answers} <= {204, 404, 409}
    async with staff.desk.db.snapshot() as connection:
        left = await connection.scalar(text("SELECT count(*) FROM accounts.memberships"))
    assert left == 1


async def test_an_access_token_carries_the_organizations(staff: Staff, globe: str) -> None:
    organizer = await staff.organizer(globe)
    me = (await organizer.get("/accounts/me")).json()
    assert me["roles"] == ["buyer", "organizer"]
    assert me["organizations"] == [
        {"organization_id": globe, "name": "Globe Theatre", "roles": ["organizer"]}
    ]


async def test_an_erased_organizer_leaves_their_organizations(staff: Staff, globe: str) -> None:
    organizer, other = await staff.organizer(globe), await staff.organizer(globe)
    assert (await other.send("DELETE", "/accounts/me")).status_code == 204
    listed = await items(organizer, f"/organizations/{globe}/members")
    assert [member["email"] for member in listed] == [organizer.email]


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "two\nlines"])
async def test_a_senseless_name_is_refused(operator: Person, name: str) -> None:
    answer = await operator.send("POST", "/organizations", {"name": name})
    assert problem(answer) == (422, "validation-failed")


async def test_an_operators_program_needs_no_account(desk: Desk, operator: Person, globe: str) -> None:
    """A token for a program, made by `rowlock token`, names no account."""
    from accounts.commands.process import Process
    from accounts.commands.signing import _minting

    state = desk.app.state
    process = Process(desk.settings, desk.db, state.sealer, state.fingerprints)
    token = await _minting("backstage", ["operator"], {}, 60)(process)
    program = Person(desk.http, Mailbox(desk.http, desk.db, ""), tokens={"access_token": token})
    assert (await program.get(f"/organizations/{globe}")).json()["roles"] == []
    assert [o["organization_id"] for o in await items(program, "/organizations")] == [globe]
    invited = await program.send(
        "POST", f"/organizations/{globe}/invitations", {"email": new_email(), "role": "organizer"}
    )
    assert invited.status_code == 202
