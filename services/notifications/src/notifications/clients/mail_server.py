"""One connection to the mail server: SMTP through aiosmtplib.

What a server answers often repeats the address, and aiosmtplib's errors carry it too. So nothing of
them leaves this module but the three digits of the reply.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import aiosmtplib

from notifications.domain.mail_server import MailServer
from notifications.domain.mails import Failure

COMMAND_TIMEOUT_S = 30.0
PERMANENT_FROM = 500


class MailNotTaken(Exception):
    """The server did not take the mail; `is_final` when it would not later either."""

    def __init__(self, failure: Failure, *, smtp_code: int | None = None, is_final: bool = False) -> None:
        super().__init__(f"{failure}, {smtp_code or 'no reply'}")
        self.failure = failure
        self.smtp_code = smtp_code
        self.is_final = is_final


class Line:
    """One connection, made when the first mail is sent and again when it is lost."""

    def __init__(self, server: MailServer, *, hello_name: str) -> None:
        self._smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls_from_start,
            start_tls=server.start_tls,
            local_hostname=hello_name,
            timeout=COMMAND_TIMEOUT_S,
        )

    async def send(self, message: EmailMessage, *, sender: str, recipient: str) -> None:
        """Return when the server has taken the message. Raises MailNotTaken.

        When the connection breaks after the message was sent, the server may have taken it: a copy
        sent later bears the same Message-ID.
        """
        with _as_mail_not_taken():
            try:
                if not self._smtp.is_connected:
                    await self._smtp.connect()
                await self._smtp.send_message(message, sender=sender, recipients=[recipient])
            except BaseException:
                # Whatever went wrong (also a timeout of ours), the next mail begins with a clean connection.
                self._smtp.close()
                raise

    async def close(self) -> None:
        """Say goodbye; a server that does not answer is left alone."""
        if self._smtp.is_connected:
            try:
                await self._smtp.quit(timeout=1)
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                self._smtp.close()


async def try_server(server: MailServer) -> None:
    """Connect, log in where there is a user, and say goodbye. Raises MailNotTaken."""
    smtp = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.tls_from_start,
        start_tls=server.start_tls,
        timeout=COMMAND_TIMEOUT_S,
    )
    with _as_mail_not_taken():
        try:
            await smtp.connect()
            await smtp.quit()
        finally:
            smtp.close()


@contextmanager
def _as_mail_not_taken() -> Iterator[None]:
    """Sort the library's errors. A reply about the recipient or the message counts against the mail,
    everything else (our login, our sender, the connection) against the server: that can be mended.
    """
    try:
        yield
    except aiosmtplib.SMTPRecipientsRefused as refused:
        raise _refusal(refused.recipients[0].code) from None
    except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError) as refused:
        raise _refusal(refused.code) from None
    except aiosmtplib.SMTPResponseException as refused:
        raise MailNotTaken(Failure.SERVER_UNAVAILABLE, smtp_code=refused.code) from None
    except (aiosmtplib.SMTPNotSupported, ValueError):
        # An address with letters that this server cannot transport, or none at all.
        raise MailNotTaken(Failure.ADDRESS_UNUSABLE, is_final=True) from None
    except (aiosmtplib.SMTPException, ssl.SSLError, OSError, TimeoutError):
        raise MailNotTaken(Failure.SERVER_UNAVAILABLE) from None


def _refusal(code: int) -> MailNotTaken:
    if code >= PERMANENT_FROM:
        return MailNotTaken(Failure.REFUSED, smtp_code=code, is_final=True)
    return MailNotTaken(Failure.REFUSED_FOR_NOW, smtp_code=code)
