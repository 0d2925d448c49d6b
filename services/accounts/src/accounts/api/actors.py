"""Who asks about an organization: somebody's account, or an operator, who may have none."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from accounts.domain.organizations import Actor
from accounts.domain.roles import Role
from chassis.access import CurrentPrincipal


async def actor(principal: CurrentPrincipal) -> Actor:
    """The token says who it is and whether they operate; what they organize stands in the database."""
    try:
        account_id = UUID(principal.subject)
    except ValueError:
        account_id = None
    return Actor(account_id=account_id, is_operator=Role.OPERATOR in principal.roles)


AsActor = Annotated[Actor, Depends(actor)]
