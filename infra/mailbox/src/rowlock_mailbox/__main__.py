"""Runs the mailbox: `python -m rowlock_mailbox`."""

import asyncio
import sys
from datetime import UTC, datetime

import uvicorn
from pydantic import ValidationError

from rowlock_mailbox.caught import Mailbox
from rowlock_mailbox.failures import Failures
from rowlock_mailbox.settings import MailboxSettings
from rowlock_mailbox.smtp import Catcher, listen
from rowlock_mailbox.web import create_app


def main() -> None:
    """Run until a signal comes; 1 where the mailbox must not or cannot run."""
    try:
        settings = MailboxSettings()
    except ValidationError as error:
        raise SystemExit(f"The mailbox does not start: {error}") from None
    if settings.rowlock_mode == "production":
        raise SystemExit(
            "The mailbox does not start in production: it would swallow real mail. Set SMTP_URL."
        )
    asyncio.run(run(settings))


async def run(settings: MailboxSettings) -> None:
    """Take mail and show it, in this event loop."""
    mailbox = Mailbox(mails_max=settings.mailbox_mails_max, bytes_max=settings.mailbox_bytes_max)
    failures = Failures()
    catcher = Catcher(mailbox, failures, clock=lambda: datetime.now(UTC))
    app = create_app(mailbox, failures, trusted_hosts=settings.mailbox_trusted_hosts.split(","))
    smtp = await listen(
        catcher,
        host=settings.mailbox_host,
        port=settings.mailbox_smtp_port,
        mail_bytes_max=settings.mailbox_mail_bytes_max,
    )
    async with smtp:
        await serve_pages(app, host=settings.mailbox_host, port=settings.mailbox_http_port)


async def serve_pages(app: object, *, host: str, port: int) -> None:
    """Until SIGTERM or SIGINT, which uvicorn handles."""
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False)  # pyright: ignore[reportArgumentType]
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    sys.exit(main())
