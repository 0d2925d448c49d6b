"""The development mailbox as a process of its own: a real SMTP server that tells what it got, and fails on request."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from rowlock_local.command import Command
from rowlock_local.ports import claim_ports
from rowlock_local.probes import http_answers
from support.processes import running, temporary_home


@dataclass(frozen=True)
class MailboxServer:
    """A running mailbox."""

    smtp_url: str
    url: str

    def mails(self, *, to: str | None = None) -> list[dict[str, Any]]:
        """What it got, the newest first; see infra/mailbox/README.md."""
        return self._ask("GET", "/api/messages", params={"to": to} if to else {}).json()["items"]

    def fail(self, **failures: int) -> None:
        """Do these things wrong, and nothing else."""
        self._ask("PUT", "/api/failures", json=failures)

    def reset(self) -> None:
        """Forget mails and failures."""
        self._ask("DELETE", "/api/messages")
        self.fail()

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return httpx.request(method, f"{self.url}{path}", trust_env=False, **more).raise_for_status()


@contextmanager
def running_mailbox(**settings: str) -> Iterator[MailboxServer]:
    """Run a mailbox until the block ends; `settings` are those of its environment."""
    with temporary_home() as home:
        ports = claim_ports(home, names=["smtp", "http"])
        server = MailboxServer(f"smtp://127.0.0.1:{ports['smtp']}", f"http://127.0.0.1:{ports['http']}")
        own = {"MAILBOX_SMTP_PORT": str(ports["smtp"]), "MAILBOX_HTTP_PORT": str(ports["http"])}

        async def ready() -> bool:
            return await http_answers(f"{server.url}/readyz")

        command = Command(
            name="mailbox",
            argv=(sys.executable, "-m", "rowlock_mailbox"),
            ready=ready,
            env={**os.environ, **own, **settings},
        )
        with running(command, logs=home.logs):
            yield server
