"""What operators type to make organizations."""

import uuid

from integration.accounts.conftest import Desk, Run
from integration.accounts.people import Person, new_email
from sqlalchemy import text

FIRST = "00000000-0000-7000-8000-000000000001"


async def test_an_organization_is_made_with_its_first_organizer(ada: Person, rowlock: Run) -> None:
    made = await rowlock("organizations", "create", " Globe Theatre ", "--organizer", ada.email)
    me = (await (await ada.login()).get("/accounts/me")).json()
    assert (made.exit_code, me["organizations"]) == (
        0,
        [{"organization_id": made.stdout.strip(), "name": "Globe Theatre", "roles": ["organizer"]}],
    )


async def test_an_organization_of_a_certain_id_is_made_once(rowlock: Run) -> None:
    made = await rowlock("organizations", "create", "First", "--id", FIRST)
    again = await rowlock("organizations", "create", "Other", "--id", FIRST)
    if_missing = await rowlock("organizations", "create", "Other", "--id", FIRST, "--if-missing")
    listed = await rowlock("organizations", "list")
    assert (made.stdout, if_missing.stdout) == (f"{FIRST}\n", f"{FIRST}\n")
    assert (again.exit_code, again.stderr) == (1, f"there is an organization {FIRST} already\n")
    assert listed.stdout == f"{FIRST}  First\n"


async def test_nothing_is_made_for_an_organizer_without_a_verified_account(rowlock: Run) -> None:
    refused = await rowlock("organizations", "create", "Globe", "--organizer", new_email())
    listed = await rowlock("organizations", "list")
    assert (refused.exit_code, refused.stderr, listed.stdout) == (1, "there is no such account\n", "")


async def test_more_organizations_than_a_page_are_listed(rowlock: Run, desk: Desk) -> None:
    async with desk.db.transaction() as tx:
        await tx.execute(
            text(
                "INSERT INTO accounts.organizations SELECT gen_random_uuid(), 'Theatre', now()"
                " FROM generate_series(1, 205)"
            )
        )
    ids = [line.split()[0] for line in (await rowlock("organizations", "list")).stdout.splitlines()]
    assert (len(set(ids)), ids) == (205, sorted(ids, key=uuid.UUID, reverse=True))
