"""Invitations that are open. The invited e-mail is sealed; it is found by its fingerprint."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from accounts.domain.invitations import Invitation
from accounts.domain.roles import Role
from accounts.storage.sealed import INVITED
from accounts.storage.tables import invitations, mail_requests
from chassis.database import Snapshot, Transaction
from chassis.sealing import Sealer


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What accepting an invitation gives, and to whose e-mail it is made."""

    organization_id: UUID
    role: Role
    email_fingerprint: str


async def put_invitation(
    tx: Transaction, *, sealer: Sealer, invitation: Invitation, email_fingerprint: str
) -> UUID:
    """Insert the invitation, or renew the one there is for this e-mail and role; gives its id.

    What was mailed for the one there is works no longer.
    """
    email = {"email": invitation.email}
    values = {
        "invitation_id": invitation.invitation_id,
        "organization_id": invitation.organization_id,
        "email_fingerprint": email_fingerprint,
        "sealed": await sealer.seal_json(email, place=INVITED.place, row=str(invitation.invitation_id)),
        "role": invitation.role,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
    }
    insertion = insert(invitations).values(values)
    told = insertion.excluded
    statement = insertion.on_conflict_do_update(
        index_elements=["organization_id", "email_fingerprint", "role"],
        set_={"created_at": told.created_at, "expires_at": told.expires_at},
    )
    invitation_id = (await tx.execute(statement.returning(invitations.c.invitation_id))).scalar_one()
    await tx.execute(delete(mail_requests).where(mail_requests.c.invitation_id == invitation_id))
    return invitation_id


async def load_invitation(
    connection: Snapshot | Transaction, *, sealer: Sealer, invitation_id: UUID
) -> Invitation | None:
    """An open invitation with its e-mail, or None."""
    statement = select(*INVITATION_COLUMNS).where(invitations.c.invitation_id == invitation_id, is_open())
    row = (await connection.execute(statement)).mappings().one_or_none()
    return await unsealed_invitation(sealer, row) if row else None


async def take_invitation(tx: Transaction, *, invitation_id: UUID) -> Offer | None:
    """End an open invitation because it is accepted; of two at once one gets it."""
    statement = (
        delete(invitations)
        .where(invitations.c.invitation_id == invitation_id, is_open())
        .returning(invitations.c.organization_id, invitations.c.role, invitations.c.email_fingerprint)
    )
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        return None
    organization_id, role, email_fingerprint = row
    return Offer(organization_id=organization_id, role=Role(role), email_fingerprint=email_fingerprint)


async def revoke_open_invitation(tx: Transaction, *, organization_id: UUID, invitation_id: UUID) -> bool:
    """End an open invitation of the organization unaccepted; False if there is no such one."""
    statement = delete(invitations).where(
        invitations.c.invitation_id == invitation_id,
        invitations.c.organization_id == organization_id,
        is_open(),
    )
    return (await tx.execute(statement.returning(invitations.c.invitation_id))).first() is not None


async def forget_invitations_to(tx: Transaction, *, email_fingerprint: str) -> None:
    """Delete every invitation to this e-mail: its owner asked to be erased."""
    await tx.execute(delete(invitations).where(invitations.c.email_fingerprint == email_fingerprint))


async def delete_over_invitations(tx: Transaction, *, rows_max: int) -> int:
    """Forget some invitations whose time is over; gives how many."""
    over = (
        select(invitations.c.invitation_id)
        .where(invitations.c.expires_at <= func.clock_timestamp())
        .limit(rows_max)
        .with_for_update(skip_locked=True)
    )
    return (await tx.execute(delete(invitations).where(invitations.c.invitation_id.in_(over)))).rowcount


INVITATION_COLUMNS = (
    invitations.c.invitation_id,
    invitations.c.organization_id,
    invitations.c.sealed,
    invitations.c.role,
    invitations.c.created_at,
    invitations.c.expires_at,
)


def is_open() -> Any:
    """Neither accepted nor revoked, which deletes it, nor over."""
    return invitations.c.expires_at > func.clock_timestamp()


async def unsealed_invitation(sealer: Sealer, row: RowMapping) -> Invitation:
    """The invitation in a row of INVITATION_COLUMNS."""
    row_id = str(row["invitation_id"])
    person = await sealer.unseal_json(row["sealed"], place=INVITED.place, row=row_id)
    return Invitation(
        invitation_id=row["invitation_id"],
        organization_id=row["organization_id"],
        email=person["email"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
