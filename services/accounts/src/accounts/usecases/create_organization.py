"""Create an organization, at an operator's word."""

from uuid import UUID

from accounts.domain.organizations import Organization
from accounts.storage.organizations import add_organization
from chassis.database import Transaction


class OrganizationExists(Exception):
    """There is an organization with this id already."""

    def __init__(self, organization_id: UUID) -> None:
        super().__init__(f"there is an organization {organization_id} already")


async def create_organization(tx: Transaction, *, organization: Organization) -> None:
    """Store it, without members yet. Raises OrganizationExists."""
    if not await add_organization(tx, organization=organization):
        raise OrganizationExists(organization.organization_id)
