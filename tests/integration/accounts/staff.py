"""People with rights in organizations, made as an operator's commands make them."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integration.accounts.people import Person

from accounts.domain.roles import Role
from accounts.usecases.change_membership import grant_membership
from accounts.usecases.change_role import grant_role
from chassis.clock import utc_now

if TYPE_CHECKING:
    from integration.accounts.conftest import Desk


@dataclass
class Staff:
    """Makes people with rights: what an operator's commands do."""

    desk: "Desk"

    async def operator(self) -> Person:
        person = await self.desk.verified()
        fingerprint = self.desk.app.state.fingerprints.email(person.email)
        await self.desk.db.run(
            lambda tx: grant_role(
                tx, email_fingerprint=fingerprint, role=Role.OPERATOR, organization_id=None, now=utc_now()
            )
        )
        return await person.login()

    async def member(self, organization_id: str, *roles: Role, person: Person | None = None) -> Person:
        person = person or await (await self.desk.verified()).login()
        account_id = await self.account_id(person)
        for role in roles:
            await self.desk.db.run(
                lambda tx, role=role: grant_membership(
                    tx,
                    organization_id=uuid.UUID(organization_id),
                    account_id=account_id,
                    role=role,
                    now=utc_now(),
                )
            )
        return await person.login()

    async def organizer(self, organization_id: str) -> Person:
        return await self.member(organization_id, Role.ORGANIZER)

    async def account_id(self, person: Person) -> uuid.UUID:
        return uuid.UUID((await person.get("/accounts/me")).json()["account_id"])


async def make(operator: Person, name: str = "Globe Theatre") -> str:
    answer = await operator.send("POST", "/organizations", {"name": name})
    assert answer.status_code == 201, answer.text
    return answer.json()["organization_id"]


async def items(person: Person, path: str) -> list[dict[str, Any]]:
    answer = await person.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]
