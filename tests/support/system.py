"""The whole system, run by the launcher that `make up` runs, in a home and on ports of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from joserfc.jwk import OKPKey

from accounts.commands.signing import load_signing_key, mint
from accounts.settings import Settings as AccountsSettings
from rowlock_cli.environment import read_env_file
from rowlock_local.command import Command
from rowlock_local.files import read_json
from rowlock_local.home import Home
from rowlock_local.parts.rabbitmq import environment
from rowlock_local.parts.rabbitmq_install import find_programs
from rowlock_local.ports import claim_ports
from rowlock_local.settings import SERVICES
from rowlock_local.state import read_state
from support.processes import running, temporary_home
from support.stage.mailbox import Mailbox
from support.tokens import TOKEN_LIFE_S, MintToken

ROOT = Path(__file__).parents[2]
STOP_S_MAX = 60


@dataclass(frozen=True)
class System:
    """A running system and the means to hurt it."""

    url: str
    home: Home
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    """What its processes were told beside the defaults."""

    @cached_property
    def token(self) -> MintToken:
        """`system.token("organizer", subject="olga")` is a signed access token, of no account."""
        return MintToken(self._signing_key_file)

    @cached_property
    def signing_key(self) -> OKPKey:
        """The private key that accounts signed with when the tests began."""
        return OKPKey.import_key(json.loads(self._signing_key_file.read_text()))

    @cached_property
    def _signing_key_file(self) -> Path:
        """Out of accounts' database; it is told of tokens that outlive a rotation, as ours do."""
        told = {name.lower(): text for name, text in self._environment.items()}
        settings = AccountsSettings(**told | {"database_url": self.database_url("accounts")})  # pyright: ignore[reportArgumentType]
        with ThreadPoolExecutor(1) as thread:  # a loop of its own, beside that of the tests
            life_s = 2 * TOKEN_LIFE_S
            thread.submit(mint, subject="tests", roles=(), lifetime_s=life_s, settings=settings).result()
            key = thread.submit(load_signing_key, settings).result()
        file = self.home.keys / "tests-signing-key.jwk"
        file.write_text(key.to_json())
        return file

    @property
    def _environment(self) -> dict[str, str]:
        """What the operators' command is told."""
        return read_env_file(self.home.env_file)

    def database_url(self, service: str) -> str:
        """DATABASE_URL of a service, for looking behind its back or for moving its clock."""
        return self._environment[f"{service.upper()}_DATABASE_URL"]

    @cached_property
    def amqp_url(self) -> str:
        """The broker's URL."""
        return self._environment["AMQP_URL"]

    @cached_property
    def mailbox_url(self) -> str:
        """The page and JSON of the mailbox, where every mail of this system ends."""
        state = read_state(self.home)
        assert state, "a running system has a state"
        assert state.mailbox, "it was started without SMTP_URL"
        return state.mailbox

    @cached_property
    def sandbox_url(self) -> str:
        """The payment sandbox, where people of this system pay."""
        state = read_state(self.home)
        assert state, "a running system has a state"
        assert state.payment_sandbox, "it was started without another PAYMENT_PROVIDER"
        return state.payment_sandbox

    @property
    def sandbox_api_key(self) -> str:
        """What a merchant shows the sandbox."""
        return Path(self._environment["SANDBOX_API_KEY"]).read_text().strip()

    @property
    def sandbox_notice_secret(self) -> str:
        """What the sandbox signs its notices with."""
        return Path(self._environment["SANDBOX_NOTICE_SECRET"]).read_text().strip()

    @cached_property
    def mailbox(self) -> Mailbox:
        """`await system.mailbox.letter(address, about="/account/verify-email")` waits for a mail."""
        return Mailbox(self.mailbox_url)

    def rowlock(self, *arguments: str) -> str:
        """Run the operators' command on this system; what it printed. Raises CalledProcessError."""
        return subprocess.run(
            (Path(sys.executable).with_name("rowlock"), *arguments),
            env={**os.environ, **self.settings, "ROWLOCK_HOME": str(self.home.path)},
            cwd=self.home.path,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def replicas(self, service: str, process_type: str) -> list[int]:
        """The numbers of the running processes of a service's "api" or "worker"."""
        records = self.home.run.glob(f"{service}-{process_type}-*.json")
        return sorted(int(record.stem.rpartition("-")[2]) for record in records)

    def pid(self, service: str, process_type: str, number: int = 1) -> int | None:
        """The pid of a process; None while it is being started again."""
        return read_json(self.home.run / f"{service}-{process_type}-{number}.json").get("pid")

    def kill(self, service: str, process_type: str, number: int = 1) -> int:
        """End a process with SIGKILL; the launcher starts it again. Returns the pid that was killed."""
        return self._kill(f"{service}-{process_type}-{number}")

    @contextmanager
    def stopped_workers(self) -> Iterator[None]:
        """No worker of any service does anything (SIGSTOP) until the block ends."""
        pids = [
            pid
            for service in SERVICES
            for n in self.replicas(service, "worker")
            if (pid := self.pid(service, "worker", n))
        ]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def kill_rabbitmq(self) -> int:
        """End the broker with SIGKILL; the launcher starts it again."""
        return self._kill("rabbitmq")

    def stop_rabbitmq(self) -> None:
        """Close the broker's connections and listeners, until `start_rabbitmq`."""
        self._rabbitmqctl("stop_app")

    def start_rabbitmq(self) -> None:
        """Let the broker serve again, with all it had kept."""
        self._rabbitmqctl("start_app")

    def _kill(self, name: str) -> int:
        pid = int(read_json(self.home.run / f"{name}.json")["pid"])
        os.kill(pid, signal.SIGKILL)
        return pid

    def _rabbitmqctl(self, *arguments: str) -> None:
        programs = find_programs()
        assert programs, "the system runs on RabbitMQ, so its programs are here"
        own = environment(self.home.rabbitmq.resolve(), read_json(self.home.ports_file))
        subprocess.run(
            (programs.server.with_name("rabbitmqctl"), *arguments),
            env={**os.environ, **own},
            check=True,
            capture_output=True,
        )


@contextmanager
def run_system(*, replicas: int, **settings: str) -> Iterator[System]:
    """Run everything with `replicas` processes of each kind; `settings` reach every process."""
    with temporary_home() as home:
        ports = claim_ports(home, names=["gateway", "mailbox", "payment-sandbox"])
        launcher = Command(
            name="launcher",
            argv=(sys.executable, "-m", "rowlock_local", "up", "--no-follow"),
            ready=_ready(home),
            env={**os.environ, **_settings(home, ports=ports, replicas=replicas), **settings},
            cwd=ROOT,
            stop_s_max=STOP_S_MAX,
        )
        with running(launcher, logs=home.logs):
            yield System(url=f"http://127.0.0.1:{ports['gateway']}", home=home, settings=settings)


def _ready(home: Home):
    async def ready() -> bool:
        state = read_state(home)
        return state is not None and state.status == "ready"

    return ready


def _settings(home: Home, *, ports: dict[str, int], replicas: int) -> dict[str, str]:
    kinds = [f"{service.upper()}_{kind}" for service in SERVICES for kind in ("API", "WORKER")]
    return {
        "ROWLOCK_HOME": str(home.path),
        "ROWLOCK_PORT": str(ports["gateway"]),
        "ROWLOCK_MAILBOX_PORT": str(ports["mailbox"]),
        "ROWLOCK_PAYMENT_SANDBOX_PORT": str(ports["payment-sandbox"]),
        "ROWLOCK_DEMO": "false",
        # The machine that runs the tests is busy: no rest between passwords, and no standing back for others.
        "PASSWORD_BUSY_SHARE_MAX": "1",
        "ACCOUNTS_API_NICENESS": "0",
        "MAILS_NICENESS": "0",
        **{f"{kind}_REPLICAS": str(replicas) for kind in kinds},
    }
