"""Grants and revokes roles at an operator's word. A role within an organization is a membership."""

from datetime import datetime
from uuid import UUID

from accounts.domain.account import AccountNotFound
from accounts.domain.roles import GRANTED_ROLES, MEMBER_ROLES, Role
from accounts.storage.accounts import lock_credentials
from accounts.storage.rights import add_grant, remove_grant
from accounts.usecases.change_membership import grant_membership, revoke_membership
from chassis.database import Transaction


class RoleHeldElsewhere(Exception):
    """The role is held within an organization, or everywhere, or by everybody."""

    def __init__(self, role: Role) -> None:
        if role in MEMBER_ROLES:
            words = f"the role {role} is held within an organization: name it"
        elif role in GRANTED_ROLES:
            words = f"the role {role} is not held within an organization"
        else:
            words = f"every account has the role {role}"
        super().__init__(words)


async def grant_role(
    tx: Transaction, *, email_fingerprint: str, role: Role, organization_id: UUID | None, now: datetime
) -> UUID:
    """Grant a role to the verified account with this e-mail; granted already, nothing changes.

    Raises AccountNotFound, RoleHeldElsewhere, or OrganizationNotFound.
    """
    account_id = await _account_to_change(tx, email_fingerprint, role, organization_id)
    if organization_id is None:
        await add_grant(tx, account_id=account_id, role=role, at=now)
    else:
        await grant_membership(tx, organization_id=organization_id, account_id=account_id, role=role, now=now)
    return account_id


async def revoke_role(
    tx: Transaction, *, email_fingerprint: str, role: Role, organization_id: UUID | None
) -> UUID:
    """Take it back; tokens that carry it are over within ACCESS_TOKEN_S. Raises as `grant_role`,
    MemberNotFound, or LastOrganizer.
    """
    account_id = await _account_to_change(tx, email_fingerprint, role, organization_id)
    if organization_id is None:
        await remove_grant(tx, account_id=account_id, role=role)
    else:
        await revoke_membership(tx, organization_id=organization_id, account_id=account_id, role=role)
    return account_id


async def _account_to_change(
    tx: Transaction, email_fingerprint: str, role: Role, organization_id: UUID | None
) -> UUID:
    if role not in (GRANTED_ROLES if organization_id is None else MEMBER_ROLES):
        raise RoleHeldElsewhere(role)
    account = await lock_credentials(tx, email_fingerprint=email_fingerprint)
    if account is None or not account.is_verified:
        raise AccountNotFound
    return account.account_id
