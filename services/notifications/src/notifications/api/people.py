"""What notifications knows of a person, for the export that accounts puts together."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.http import SnapshotConn
from chassis.internal_api import InternalCaller
from notifications.queries import mails_of_account

router = APIRouter(prefix="/internal", include_in_schema=False)


class MailOut(BaseModel):
    """That a mail was sent, and when; what it said is kept nowhere."""

    kind: str
    state: str
    caused_at: datetime
    ended_at: datetime | None


class PersonOut(BaseModel):
    mails: list[MailOut]


@router.get("/people/{account_id}/export")
async def export(account_id: UUID, conn: SnapshotConn, _caller: InternalCaller) -> PersonOut:
    """Every record that names the account."""
    found = await mails_of_account(conn, account_id=account_id)
    return PersonOut(mails=[MailOut.model_validate(dict(row)) for row in found])
