"""What notifications asks. Never routed by the gateway; answers 410 where nobody is to get a mail."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter

from accounts.api.dependencies import AtDesk
from accounts.api.schemas import ContactOut
from accounts.domain.account import AccountNotFound
from accounts.queries.mails import MailFacts, mail_facts
from accounts.storage.accounts import load_account
from chassis.http import SnapshotConn
from chassis.internal_api import InternalCaller
from chassis.problems import ProblemError, ProblemSpec

router = APIRouter(prefix="/internal", tags=["internal"], include_in_schema=False)

GONE = ProblemSpec(HTTPStatus.GONE, "gone", "Nobody is to get this mail")


@router.get("/mails/{mail_request_id}")
async def get_mail(
    mail_request_id: UUID, _caller: InternalCaller, connection: SnapshotConn, desk: AtDesk
) -> MailFacts:
    """The facts of one mail; its link is made now and kept nowhere."""
    facts = await mail_facts(
        connection, sealer=desk.sealer, fingerprints=desk.fingerprints, mail_request_id=mail_request_id
    )
    if facts is None:
        raise ProblemError(GONE)
    return facts


@router.get("/accounts/{account_id}/contact")
async def get_contact(
    account_id: UUID, _caller: InternalCaller, connection: SnapshotConn, desk: AtDesk
) -> ContactOut:
    """Where an account's owner is reached."""
    try:
        account = await load_account(connection, sealer=desk.sealer, account_id=account_id)
    except AccountNotFound:
        raise ProblemError(GONE) from None
    return ContactOut(email=account.email, name=account.name)
