"""How far the launcher of a home got, for the other commands to read."""

import os
import time
from dataclasses import dataclass
from typing import Literal

from rowlock_local.files import read_json, write_json
from rowlock_local.home import Home
from rowlock_local.identity import identify

Status = Literal["starting", "ready", "failed", "stopping"]


@dataclass(frozen=True)
class State:
    """Written by the launcher, believed only while it lives (see `lock.is_held`)."""

    status: Status
    url: str
    launcher: dict[str, object]
    error: str = ""
    mailbox: str | None = None
    payment_sandbox: str | None = None


def write_state(
    home: Home,
    *,
    status: Status,
    url: str,
    error: str = "",
    mailbox: str | None = None,
    payment_sandbox: str | None = None,
) -> None:
    """Note this process as the launcher of the home."""
    launcher = identify(os.getpid())
    write_json(
        home.state_file,
        {
            "status": status,
            "url": url,
            "error": error,
            "mailbox": mailbox,
            "payment_sandbox": payment_sandbox,
            "launcher": launcher,
            "at": int(time.time()),
        },
    )


def read_state(home: Home) -> State | None:
    """What the last launcher noted, or None."""
    state = read_json(home.state_file)
    if not state:
        return None
    return State(
        state["status"],
        state["url"],
        state.get("launcher") or {},
        state.get("error", ""),
        state.get("mailbox"),
        state.get("payment_sandbox"),
    )
