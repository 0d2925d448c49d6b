"""The development mailbox, unless mail is to be delivered for real."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from rowlock_local.command import Command
from rowlock_local.home import Home
from rowlock_local.ports import prefer_port, require_free
from rowlock_local.probes import http_answers
from rowlock_local.settings import LocalSettings

SMTP_PORT, PAGE_PORT = "mailbox-smtp", "mailbox"
PAGE_PORT_WISHED = 8025


def mailbox_ports(home: Home, settings: LocalSettings) -> list[str]:
    """Names of the ports to claim for it; none where SMTP_URL names another server.

    Raises LauncherError when the page's port is given and taken.
    """
    if settings.smtp_url:
        return []
    if settings.rowlock_mailbox_port:
        require_free(settings.rowlock_mailbox_port, setting="ROWLOCK_MAILBOX_PORT", purpose="the mailbox")
        return [SMTP_PORT]
    prefer_port(home, PAGE_PORT_WISHED, name=PAGE_PORT)
    return [SMTP_PORT, PAGE_PORT]


def page_port(settings: LocalSettings, ports: Mapping[str, int]) -> int:
    """Where the page is."""
    return settings.rowlock_mailbox_port or ports[PAGE_PORT]


def mailbox_url(settings: LocalSettings, ports: Mapping[str, int]) -> str | None:
    """The page for people; None where mail is delivered."""
    return None if settings.smtp_url else f"http://127.0.0.1:{page_port(settings, ports)}"


def smtp_url(settings: LocalSettings, ports: Mapping[str, int]) -> str:
    """Where mail is handed over."""
    return settings.smtp_url or f"smtp://127.0.0.1:{ports[SMTP_PORT]}"


def mailbox_command(settings: LocalSettings, ports: Mapping[str, int]) -> Command:
    """The mailbox, ready when its page answers."""
    url = mailbox_url(settings, ports)

    async def ready() -> bool:
        return await http_answers(f"{url}/readyz")

    own = {
        "MAILBOX_HOST": "127.0.0.1",
        "MAILBOX_SMTP_PORT": str(ports[SMTP_PORT]),
        "MAILBOX_HTTP_PORT": str(page_port(settings, ports)),
        "PYTHONUNBUFFERED": "1",
    }
    return Command(
        name="mailbox",
        argv=(sys.executable, "-m", "rowlock_mailbox"),
        ready=ready,
        env={**os.environ, **own},
        cwd=Path.cwd(),
        niceness=settings.mails_niceness,
    )
