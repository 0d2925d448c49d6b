"""Sends what is due, over a few lines at once.

Each line claims one mail, sends it without a transaction and writes down what came of it, until no
mail is due. A process that is killed in between loses only its lease; one that is told to stop lets
the mails under way be finished.
"""

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from email.headerregistry import Address
from functools import partial
from typing import Self

from chassis import tracing
from chassis.backoff import backoff_s
from chassis.database import Database
from chassis.database_errors import is_transient
from chassis.internal_client import InternalClient
from chassis.logs import get_logger
from chassis.trace_context import follow
from notifications.clients.mail_server import Line
from notifications.clients.owners import Owners
from notifications.domain.addresses import sender_of
from notifications.domain.mail_server import MailServer
from notifications.domain.mails import ClaimedMail, Failure, MailState
from notifications.domain.outcomes import Outcome, Postponed
from notifications.settings import Settings
from notifications.usecases.claim_mail import claim_mail
from notifications.usecases.mail_text.writing import MailWriter
from notifications.usecases.record_outcome import Patience, record_outcome
from notifications.usecases.send_mail import send_mail

STOP_S = 1.5  # less than the worker grants its jobs
RECORD_AGAIN_S = 0.1
RECORD_AGAIN_S_MAX = 5.0

log = get_logger()


class Sending:
    """The job `send_mails` of one worker."""

    def __init__(
        self,
        db: Database,
        *,
        owners: Owners,
        writer: MailWriter,
        server: MailServer,
        sender: Address,
        settings: Settings,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._owners = owners
        self._writer = writer
        self._server = server
        self._sender = sender
        self._settings = settings
        self._clock = clock
        self._stopping = False

    @classmethod
    def of(cls, db: Database, settings: Settings, *, clock: Callable[[], datetime]) -> Self:
        """The job as these settings have it; reaches nothing yet."""
        ask = partial(InternalClient, key=settings.internal_api_key)
        return cls(
            db,
            owners=Owners(accounts=ask(settings.accounts_url), orders=ask(settings.orders_url)),
            writer=MailWriter(public_url=settings.public_url),
            server=MailServer.of(settings.smtp_url),
            sender=sender_of(settings.mail_from),
            settings=settings,
            clock=clock,
        )

    async def run(self) -> int:
        """Send until nothing is due; gives how many mails were sent."""
        first = await self._claim()
        if first is None:
            return 0
        mails = [first, *[None] * (self._settings.mail_lines - 1)]
        lines = [asyncio.create_task(self._work_off(mail)) for mail in mails]
        try:
            await asyncio.wait(lines)
        except asyncio.CancelledError:
            self._stopping = True
            await asyncio.wait(lines, timeout=STOP_S)
            for line in lines:
                line.cancel()
            raise
        return sum(line.result() for line in lines)

    async def _work_off(self, mail: ClaimedMail | None) -> int:
        """One line: begins with `mail`, if it was claimed already."""
        line = Line(self._server, hello_name=self._sender.domain)
        sent = 0
        try:
            while not self._stopping and (mail := mail or await self._claim()):
                sent += await self._attempt(mail, line) is MailState.SENT
                mail = None
        finally:
            await line.close()
        return sent

    async def _claim(self) -> ClaimedMail | None:
        async with self._db.raw() as connection:
            return await claim_mail(connection, lease_s=self._settings.mail_lease_s)

    async def _attempt(self, mail: ClaimedMail, line: Line) -> MailState | None:
        origin = follow(mail.traceparent, mail.request_id)
        with tracing.work(origin, f"send mail {mail.cause.kind}") as span:
            state = await self._try(mail, line)
            if state not in (MailState.SENT, MailState.SKIPPED):
                span.failed(str(state))
            return state

    async def _try(self, mail: ClaimedMail, line: Line) -> MailState | None:
        outcome = await self._send(mail, line)
        state = await self._record(mail, outcome)
        tell = log.error if state is MailState.GIVEN_UP else log.info
        tell(
            "mail_tried",
            mail_id=str(mail.mail_id),
            kind=mail.cause.kind,
            claims=mail.claims,
            state=state,
            **asdict(outcome),
        )
        return state

    async def _send(self, mail: ClaimedMail, line: Line) -> Outcome:
        try:
            async with asyncio.timeout(self._settings.mail_attempt_s_max):
                return await send_mail(
                    mail,
                    owners=self._owners,
                    writer=self._writer,
                    line=line,
                    sender=self._sender,
                    now=self._clock(),
                )
        except TimeoutError:
            return Postponed(Failure.TOOK_TOO_LONG)
        except Exception as error:  # noqa: BLE001 -- one mail that cannot be written must not stop the others
            # Without the error's own words: they may hold what the mail was to say.
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error(  # noqa: TRY400 -- as above
                "mail_broken",
                mail_id=str(mail.mail_id),
                kind=mail.cause.kind,
                error=type(error).__name__,
                at=f"{where.filename}:{where.lineno}",
            )
            return Postponed(Failure.UNFORESEEN)

    async def _record(self, mail: ClaimedMail, outcome: Outcome) -> MailState | None:
        """While the database is away, wait for it: a sent mail that is not recorded goes out twice."""
        work = partial(record_outcome, mail=mail, outcome=outcome, patience=self._patience, now=self._clock())
        failures = 0
        async with asyncio.timeout(self._settings.mail_lease_s):
            while True:
                try:
                    return await self._db.run(work)
                except Exception as error:
                    if not is_transient(error):
                        raise
                failures += 1
                await asyncio.sleep(backoff_s(failures, first_s=RECORD_AGAIN_S, most_s=RECORD_AGAIN_S_MAX))

    @property
    def _patience(self) -> Patience:
        return Patience(
            retry_s=self._settings.mail_retry_s,
            retry_s_max=self._settings.mail_retry_s_max,
            give_up_s=self._settings.mail_give_up_s,
        )
