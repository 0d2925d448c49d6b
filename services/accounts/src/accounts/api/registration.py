"""Before anybody is logged in: registering, verifying an e-mail, and getting a new password.

None of these answers tells whether an e-mail is registered. The status, the body and the headers are the
same in each case, a password is hashed in each case, and the limits count what was asked, not what was found.
"""

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.api import problems
from accounts.api.dependencies import AtDesk
from accounts.api.schemas import (
    ConfirmationIn,
    EmailIn,
    MailOut,
    PasswordResetIn,
    RegistrationIn,
    VerifiedOut,
)
from accounts.domain.account import Account
from accounts.domain.mails import MailKind
from accounts.storage.links import mail_request_of
from accounts.usecases.register_account import register_account
from accounts.usecases.request_email_verification import request_email_verification
from accounts.usecases.request_password_reset import request_password_reset
from accounts.usecases.reset_password import reset_password
from accounts.usecases.verify_email import verify_email
from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.idempotency import IdempotentWrite
from chassis.ids import new_id
from chassis.problems import TOO_MANY_REQUESTS, problem_responses

router = APIRouter(prefix="/accounts", tags=["accounts"])


@router.post(
    "",
    status_code=202,
    response_model=MailOut,
    summary="Register",
    responses=problem_responses(TOO_MANY_REQUESTS, problems.PASSWORDS_BUSY),
)
async def post_account(
    body: RegistrationIn, write: IdempotentWrite, request: Request, desk: AtDesk
) -> Response:
    """The mailbox gets a link that verifies the e-mail; then one can log in. If the e-mail is registered
    already, its owner is told so by mail, and nobody else is.
    """
    email_fingerprint = desk.fingerprints.email(body.email)
    await desk.limits.take("registration", request, identity=email_fingerprint)
    password_hash = await desk.passwords.hash(body.password)
    now = utc_now()
    account = Account(
        account_id=new_id(), email=body.email, name=body.name, email_verified_at=None, created_at=now
    )

    async def work(tx: Transaction) -> MailOut:
        await register_account(
            tx,
            sealer=desk.sealer,
            account=account,
            email_fingerprint=email_fingerprint,
            password_hash=password_hash,
            verification_s=desk.settings.email_verification_s,
            now=now,
        )
        return MailOut()

    return await write.once(work, status=202, scope=email_fingerprint)


@router.post(
    "/email-verifications",
    status_code=202,
    response_model=MailOut,
    summary="Ask for another verification link",
    responses=problem_responses(TOO_MANY_REQUESTS),
)
async def post_email_verification(
    body: EmailIn, write: IdempotentWrite, request: Request, desk: AtDesk
) -> Response:
    """Mailed only if there is an account that still waits to be verified. Where its e-mail was registered
    more than once, or long ago, the link lets its owner choose the password.
    """
    email_fingerprint = desk.fingerprints.email(body.email)
    await desk.limits.take("email verification", request, identity=email_fingerprint)

    async def work(tx: Transaction) -> MailOut:
        await request_email_verification(
            tx,
            email_fingerprint=email_fingerprint,
            good_for_s=desk.settings.email_verification_s,
            reset_good_for_s=desk.settings.password_reset_s,
            now=utc_now(),
        )
        return MailOut()

    return await write.once(work, status=202, scope=email_fingerprint)


@router.post(
    "/email-verifications/confirmation",
    response_model=VerifiedOut,
    summary="Verify an e-mail by its link",
    responses=problem_responses(problems.LINK_INVALID, TOO_MANY_REQUESTS),
)
async def post_email_confirmation(
    body: ConfirmationIn, write: IdempotentWrite, request: Request, desk: AtDesk
) -> Response:
    """The token is good once. The account's password is the one that was registered for this link."""
    await desk.limits.take("confirmation", request)
    kind = MailKind.EMAIL_VERIFICATION
    mail_request_id = mail_request_of(desk.fingerprints, kind=kind, token=body.token)

    async def work(tx: Transaction) -> VerifiedOut:
        account_id = await verify_email(tx, mail_request_id=mail_request_id, now=utc_now())
        return VerifiedOut(account_id=account_id)

    return await write.once(work, scope=str(mail_request_id))


@router.post(
    "/password-resets",
    status_code=202,
    response_model=MailOut,
    summary="Ask for a link that sets a new password",
    responses=problem_responses(TOO_MANY_REQUESTS),
)
async def post_password_reset(
    body: EmailIn, write: IdempotentWrite, request: Request, desk: AtDesk
) -> Response:
    """Mailed only if the e-mail has an account."""
    email_fingerprint = desk.fingerprints.email(body.email)
    await desk.limits.take("password reset", request, identity=email_fingerprint)

    async def work(tx: Transaction) -> MailOut:
        good_for_s = desk.settings.password_reset_s
        await request_password_reset(
            tx, email_fingerprint=email_fingerprint, good_for_s=good_for_s, now=utc_now()
        )
        return MailOut()

    return await write.once(work, status=202, scope=email_fingerprint)


@router.post(
    "/password-resets/confirmation",
    status_code=204,
    summary="Set a new password by a link",
    responses=problem_responses(problems.LINK_INVALID, TOO_MANY_REQUESTS, problems.PASSWORDS_BUSY),
)
async def post_password_reset_confirmation(
    body: PasswordResetIn, write: IdempotentWrite, request: Request, desk: AtDesk
) -> Response:
    """The token is good once. Every session of the account ends."""
    await desk.limits.take("confirmation", request)
    kind = MailKind.PASSWORD_RESET
    mail_request_id = mail_request_of(desk.fingerprints, kind=kind, token=body.token)
    password_hash = await desk.passwords.hash(body.new_password)

    async def work(tx: Transaction) -> None:
        await reset_password(tx, mail_request_id=mail_request_id, password_hash=password_hash, now=utc_now())

    return await write.once(work, status=204, scope=str(mail_request_id))
