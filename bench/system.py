"""The whole system as `make up` runs it, in a home of the bench's own, with nothing taken out."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from accounts.commands.signing import load_signing_key, mint
from accounts.settings import Settings as AccountsSettings
from chassis.signing import SigningKey
from rowlock_cli.environment import read_env_file
from rowlock_local.files import read_json
from rowlock_local.home import Home
from rowlock_local.parts.postgres import DATABASE
from rowlock_local.ports import is_free
from rowlock_local.state import read_state

_HOME = Path(".rowlock/bench")
_LOG = Path(".rowlock/bench.log")
_READY_S_MAX = 300
TOKENS_VALID_S = 6 * 3600
# All load comes from one address, and all logins are of a few accounts. Each limit is asked all the same.
_NO_LIMITS = {
    "HOLDS_PER_ADDRESS": "1000000/1s",
    "LOGINS_PER_ADDRESS": "100000/1s",
    "LOGINS_PER_EMAIL": "100000/1s",
}


class SystemFailed(Exception):
    """The system did not start; the message ends with what it said last."""


@dataclass(frozen=True, kw_only=True)
class RunningSystem:
    """Where its parts are. `settings` are those the `rowlock` command is given."""

    home: Home
    url: str
    settings: dict[str, str]

    @property
    def admin_url(self) -> str:
        """The superuser's URL of the database that holds all schemas."""
        return f"{self.settings['POSTGRES_URL'].rpartition('/')[0]}/{DATABASE}"

    @cached_property
    def token_key(self) -> SigningKey:
        """What accounts signs access tokens with; it is told of tokens that are valid for TOKENS_VALID_S."""
        mint(subject="bench", roles=(), lifetime_s=TOKENS_VALID_S, settings=self.accounts_settings)
        return load_signing_key(self.accounts_settings)

    @cached_property
    def accounts_settings(self) -> AccountsSettings:
        """Those of its accounts service."""
        given = {name.lower(): value for name, value in self.settings.items()}
        return AccountsSettings.model_validate(given | {"database_url": given["accounts_database_url"]})

    def port(self, name: str) -> int:
        """The port of a process, as `reservation-api-1`."""
        return read_json(self.home.ports_file)[name]

    def pids(self) -> dict[str, int]:
        """Pid of each process by its name."""
        return {record.stem: read_json(record)["pid"] for record in sorted(self.home.run.glob("*.json"))}

    def groups(self) -> dict[str, list[int]]:
        """Pids by part, for the report: postgres, gateway, the apis of reservation and accounts, the rest."""
        named = {
            "postgres": "postgres",
            "gateway": "gateway",
            "reservation-api-1": "reservation api",
            "accounts-api-1": "accounts api",
        }
        groups: dict[str, list[int]] = {}
        for name, pid in self.pids().items():
            groups.setdefault(named.get(name, "the rest"), []).append(pid)
        return groups


@contextmanager
def running(**settings: str) -> Iterator[RunningSystem]:
    """Start it with an empty home and wait until it is ready; end it and remove the home afterwards.

    `settings` are those of `make up`, in upper case, as RESERVATION_API_REPLICAS="2".
    """
    shutil.rmtree(_HOME, ignore_errors=True)
    _LOG.parent.mkdir(exist_ok=True)
    port = _free_port()
    env = (
        os.environ
        | {"ROWLOCK_HOME": str(_HOME), "ROWLOCK_PORT": str(port), "ROWLOCK_DEMO": "false"}
        | _NO_LIMITS
        | settings
    )
    with _LOG.open("wb") as log:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "rowlock_local", "up", "--no-follow"],
            env=env,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        home = Home(_HOME)
        _wait_until_ready(home, launcher)
        settings_written = read_env_file(home.env_file)
        yield RunningSystem(home=home, url=f"http://127.0.0.1:{port}", settings=settings_written)
    finally:
        launcher.send_signal(signal.SIGTERM)
        launcher.wait()
        shutil.rmtree(_HOME, ignore_errors=True)


def _wait_until_ready(home: Home, launcher: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_S_MAX
    while launcher.poll() is None and time.monotonic() < deadline:
        state = read_state(home)
        if state and state.status == "ready":
            return
        time.sleep(0.1)
    raise SystemFailed(_LOG.read_text()[-3000:])


def _free_port() -> int:
    return next(port for port in range(18_080, 18_180) if is_free(port))
