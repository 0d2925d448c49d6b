"""One's own account."""

from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from accounts.api import problems
from accounts.api.credentials import proven_again
from accounts.api.dependencies import AtDesk, Caller, Desk, Me
from accounts.api.schemas import AccountChangeIn, AccountOut, ExportOut, PasswordChangeIn, SessionOut
from accounts.queries.me import organization_names, sessions_of
from accounts.storage.accounts import load_account
from accounts.storage.rights import rights_of
from accounts.usecases.change_password import PasswordWrong, change_password
from accounts.usecases.erase_account import check_fresh_login, erase_account
from accounts.usecases.rename_account import rename_account
from chassis.clock import utc_now
from chassis.database import Snapshot, Transaction
from chassis.http import Db, SnapshotConn
from chassis.idempotency import IdempotentWrite
from chassis.problems import TOO_MANY_REQUESTS, problem_responses

router = APIRouter(prefix="/accounts/me", tags=["accounts"])


@router.get("", summary="Read your account", responses=problem_responses(problems.ACCOUNT_NOT_FOUND))
async def get_me(me: Me, connection: SnapshotConn, desk: AtDesk) -> AccountOut:
    """E-mail, name, and what you may do."""
    return await _account(connection, desk, me)


@router.patch(
    "",
    response_model=AccountOut,
    summary="Change your name",
    responses=problem_responses(problems.ACCOUNT_NOT_FOUND),
)
async def patch_me(body: AccountChangeIn, me: Me, write: IdempotentWrite, desk: AtDesk) -> Response:
    """Null takes the name away."""

    async def work(tx: Transaction) -> AccountOut:
        await rename_account(tx, sealer=desk.sealer, account_id=me.account_id, name=body.name)
        return await _account(tx, desk, me)

    return await write.once(work)


@router.put(
    "/password",
    status_code=204,
    summary="Change your password",
    responses=problem_responses(
        problems.PASSWORD_WRONG,
        problems.SESSION_OVER,
        problems.ACCOUNT_NOT_FOUND,
        TOO_MANY_REQUESTS,
        problems.PASSWORDS_BUSY,
    ),
)
async def put_password(
    body: PasswordChangeIn, me: Me, write: IdempotentWrite, desk: AtDesk, db: Db
) -> Response:
    """Every other session ends, and the mailbox hears of it."""
    session_id = me.live_session
    await desk.limits.take("password change", identity=str(me.account_id))
    try:
        proven = await proven_again(db, desk.passwords, me.account_id, body.current_password)
    except PasswordWrong as refusal:
        # Unless this very request has changed it: then it gets its answer again.
        return await write.once(partial(_refuse, because=refusal), status=204)
    password_hash = await desk.passwords.hash(body.new_password)

    async def work(tx: Transaction) -> None:
        await change_password(
            tx, proven=proven, password_hash=password_hash, session_id=session_id, now=utc_now()
        )

    return await write.once(work, status=204)


@router.delete(
    "",
    status_code=204,
    summary="Erase your account",
    responses=problem_responses(problems.LOGIN_TOO_OLD, problems.SESSION_OVER, problems.ACCOUNT_NOT_FOUND),
)
async def delete_me(me: Me, write: IdempotentWrite, desk: AtDesk) -> Response:
    """Erases what names you, here at once and in the other services shortly after. What bookkeeping needs
    stays, without a name. Needs a login of the last minutes.
    """
    fresh_login_s = desk.settings.fresh_login_s

    async def work(tx: Transaction) -> None:
        check_fresh_login(authenticated_at=me.authenticated_at, fresh_login_s=fresh_login_s, now=utc_now())
        await erase_account(tx, account_id=me.account_id, session_id=me.live_session)

    return await write.once(work, status=204)


@router.get(
    "/export",
    summary="Get all that is kept about you",
    responses=problem_responses(problems.ACCOUNT_NOT_FOUND, problems.EXPORT_INCOMPLETE),
)
async def get_export(me: Me, db: Db, desk: AtDesk) -> ExportOut:
    """From every service that keeps something; all of it, or 503."""
    async with db.snapshot() as connection:
        account = await _account(connection, desk, me)
        rows = await sessions_of(connection, sealer=desk.sealer, account_id=me.account_id)
    elsewhere: dict[str, Any] = await desk.people.export(me.account_id)
    sessions = [
        SessionOut.model_validate(row | {"current": row["session_id"] == me.session_id}) for row in rows
    ]
    return ExportOut(account=account, sessions=sessions, elsewhere=elsewhere)


async def _refuse(_tx: Transaction, *, because: Exception) -> None:
    raise because


async def _account(connection: Snapshot, desk: Desk, me: Caller) -> AccountOut:
    account = await load_account(connection, sealer=desk.sealer, account_id=me.account_id)
    rights = await rights_of(connection, account_id=me.account_id)
    names = await organization_names(connection, account_id=me.account_id)
    return AccountOut.of(account, rights, names)
