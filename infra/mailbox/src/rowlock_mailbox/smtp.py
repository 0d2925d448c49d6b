"""The SMTP side: takes every mail, unless told to fail."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from aiosmtpd.smtp import SMTP, Envelope, Session

from rowlock_mailbox.caught import Mailbox
from rowlock_mailbox.failures import REFUSED_PREFIX, Failures

TAKEN = "250 OK"
NOT_NOW = "451 4.3.0 Not now, as told"
NEVER = "554 5.7.1 Never, as told"

# It logs who writes to whom.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Catcher:
    """What aiosmtpd asks when a mail comes in."""

    def __init__(self, mailbox: Mailbox, failures: Failures, *, clock: Callable[[], datetime]) -> None:
        self._mailbox = mailbox
        self._failures = failures
        self._clock = clock

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith(REFUSED_PREFIX):
            return f"550 5.1.1 <{address}>: nobody here of that name"
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._failures.take("refuse_temporarily"):
            return NOT_NOW
        if self._failures.take("refuse_permanently"):
            return NEVER
        self._mailbox.catch(
            envelope.original_content or b"",
            sender=envelope.mail_from or "",
            recipients=envelope.rcpt_tos,
            now=self._clock(),
        )
        if self._failures.take("close_after_data"):
            assert server.transport, "a mail comes over a connection"
            server.transport.close()
            raise ConnectionResetError
        await asyncio.sleep(self._failures.answer_after_ms / 1000)
        return TAKEN


async def listen(catcher: Catcher, *, host: str, port: int, mail_bytes_max: int) -> asyncio.Server:
    """Take mail on this address; OSError when the port is taken."""

    def protocol() -> SMTP:
        return SMTP(
            catcher,
            hostname="mailbox",
            ident="Rowlock mailbox",
            data_size_limit=mail_bytes_max,
            enable_SMTPUTF8=True,
        )

    return await asyncio.get_running_loop().create_server(protocol, host, port)
