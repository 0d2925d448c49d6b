"""One table: which error is which problem document."""

from collections.abc import Mapping
from typing import Any

from accounts.clients.passwords import PasswordsBusy
from accounts.clients.people import ExportIncomplete
from accounts.domain.account import AccountNotFound, CredentialsWrong
from accounts.domain.mails import LinkInvalid
from accounts.domain.sessions import RefreshTokenInvalid, SessionNotFound, SessionOver
from accounts.usecases.change_password import PasswordWrong
from accounts.usecases.erase_account import LoginTooOld
from chassis.problems import ProblemSpec


def _challenge(_error: Any) -> dict[str, str]:
    return {"WWW-Authenticate": 'Bearer realm="rowlock"'}


def _come_back(error: Any) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after_s)}


CREDENTIALS_WRONG = ProblemSpec(
    401, "credentials-wrong", "The e-mail or the password is wrong", headers=_challenge
)
REFRESH_TOKEN_INVALID = ProblemSpec(
    401, "refresh-token-invalid", "The refresh token is not good any more", headers=_challenge
)
SESSION_OVER = ProblemSpec(401, "session-over", "The session has ended", headers=_challenge)
LOGIN_TOO_OLD = ProblemSpec(403, "login-too-old", "This needs a login of the last minutes")
PASSWORD_WRONG = ProblemSpec(403, "password-wrong", "The current password is wrong")
LINK_INVALID = ProblemSpec(422, "link-invalid", "The link does not work")
ACCOUNT_NOT_FOUND = ProblemSpec(404, "account-not-found", "There is no such account")
SESSION_NOT_FOUND = ProblemSpec(404, "session-not-found", "There is no such session")
PASSWORDS_BUSY = ProblemSpec(
    503, "passwords-busy", "Too many people are logging in at this moment", headers=_come_back
)
EXPORT_INCOMPLETE = ProblemSpec(
    503, "export-incomplete", "Not everything about you can be read at this moment", headers=_come_back
)

PROBLEMS: Mapping[type[Exception], ProblemSpec] = {
    AccountNotFound: ACCOUNT_NOT_FOUND,
    CredentialsWrong: CREDENTIALS_WRONG,
    ExportIncomplete: EXPORT_INCOMPLETE,
    LinkInvalid: LINK_INVALID,
    LoginTooOld: LOGIN_TOO_OLD,
    PasswordWrong: PASSWORD_WRONG,
    PasswordsBusy: PASSWORDS_BUSY,
    RefreshTokenInvalid: REFRESH_TOKEN_INVALID,
    SessionNotFound: SESSION_NOT_FOUND,
    SessionOver: SESSION_OVER,
}
