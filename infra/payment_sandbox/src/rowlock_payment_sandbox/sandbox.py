"""What every part of the sandbox shares."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection

from rowlock_payment_sandbox.settings import SandboxSettings
from rowlock_payment_sandbox.switches import Switches


@dataclass
class Sandbox:
    """One running sandbox. `woken` is set when there may be something to send or to do."""

    settings: SandboxSettings
    db: Connection
    clock: Callable[[], datetime]
    api_key: str
    notice_secret: str
    switches: Switches = field(default_factory=Switches)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def page_url(self, payment_id: str) -> str:
        """Where a person pays."""
        return f"{self.settings.sandbox_url.rstrip('/')}/pay/{payment_id}"


def read_secret(file: Path) -> str:
    """The one line of a secret's file. Raises OSError."""
    return file.read_text().strip()
