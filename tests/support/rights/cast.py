"""The people in the columns of the table: real accounts with the roles their operators and organizers gave them."""

import asyncio
from dataclasses import dataclass

from support.rights.table import WHO
from support.stage.account import AccountHolder
from support.stage.guest import Guest
from support.stage.person import Person
from support.stage.stage import Stage

ACCOUNTS = ("buyer", "organizer", "staff", "operator")
GUESTS = ("holder", "orderer")


@dataclass(frozen=True)
class Troupe:
    """One person of each kind; those with a role in an organization have it in the same one."""

    organization_id: str
    nobody: Guest
    buyer: AccountHolder
    organizer: AccountHolder
    staff: AccountHolder
    operator: AccountHolder
    holder: Person
    orderer: Person

    def play(self, who: str) -> Person:
        """The one of this column."""
        assert who in WHO, who
        return getattr(self, who)


async def gather_troupe(stage: Stage) -> Troupe:
    """Make an organization, its people and all the others."""
    people = await asyncio.gather(*(stage.register() for _ in ACCOUNTS))
    buyer, organizer, staff, operator = people
    await asyncio.to_thread(stage.system.rowlock, "roles", "grant", operator.email, "operator")
    operator = await operator.log_in_again()
    organization_id = await make_organization(stage, operator=operator, organizer=organizer)
    organizer = await organizer.log_in_again()
    staff = await join(stage, staff, organization_id, role="entrance_staff", invited_by=organizer)
    return Troupe(
        organization_id, stage.guest(), buyer, organizer, staff, operator, stage.guest(), stage.guest()
    )


async def make_organization(stage: Stage, *, operator: Person, organizer: AccountHolder) -> str:
    """An organization and its first organizer, whom the operator invites."""
    made = (await operator.write("POST", "/organizations", {"name": "Rowdy Players"}, expect=201)).json()
    await join(stage, organizer, made["organization_id"], role="organizer", invited_by=operator)
    return made["organization_id"]


async def join(
    stage: Stage, holder: AccountHolder, organization_id: str, *, role: str, invited_by: Person
) -> AccountHolder:
    """Follow an invitation into the organization, and log in again to have the role."""
    token = await invite(stage, holder.email, organization_id, role=role, invited_by=invited_by)
    await holder.write("POST", "/invitations/acceptance", {"token": token}, expect=200)
    return await holder.log_in_again()


async def invite(stage: Stage, email: str, organization_id: str, *, role: str, invited_by: Person) -> str:
    """Send an invitation; the token in its mail."""
    page, body = "account/invitation", {"email": email, "role": role}
    before = await stage.mailbox.count(email, about=f"/{page}#")
    await invited_by.write("POST", f"/organizations/{organization_id}/invitations", body, expect=202)
    return await stage.mailbox.link_token(email, page=page, count=before + 1)
