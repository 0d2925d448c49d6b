"""Gives routes what unseals people's data."""

from typing import Annotated

from fastapi import Depends, Request

from chassis.http import Sealing
from orders.storage.personal_data import PersonalData


async def personal_data(request: Request, sealer: Sealing) -> PersonalData:
    """With the sealer and the fingerprints of this process."""
    return PersonalData(sealer, request.app.state.fingerprints)


Personal = Annotated[PersonalData, Depends(personal_data)]
