"""The payment sandbox as a process of its own: a provider whose pages are paid at and whose notices are real."""

import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from rowlock_local.command import Command
from rowlock_local.ports import claim_ports
from rowlock_local.probes import http_answers
from support.processes import running, temporary_home

API_KEY = "the-key-of-the-tests"
NOTICE_SECRET = "whsec_" + b64encode(b"of the tests, and 32 bytes long.").decode()
CARD = "4242424242424242"
RETURN_URL = "http://127.0.0.1:9/orders/1"
SECRET_FILES = {"SANDBOX_API_KEY": API_KEY, "SANDBOX_NOTICE_SECRET": NOTICE_SECRET}

Json = dict[str, Any]


def payment_body(**wanted: Any) -> Json:
    """The body of POST /v1/payments."""
    return {
        "amount_minor": 9000,
        "currency": "PLN",
        "merchant_reference": str(uuid4()),
        "description": "Two seats",
        "expires_at": (datetime.now(UTC) + timedelta(minutes=10)).isoformat(),
        "return_url": RETURN_URL,
        **wanted,
    }


@dataclass(frozen=True)
class PaymentSandboxServer:
    """A running sandbox, for a merchant, for the person who pays, and for its switches."""

    url: str
    folder: Path

    def secret_files(self) -> dict[str, str]:
        """The settings SANDBOX_API_KEY and SANDBOX_NOTICE_SECRET of a merchant."""
        return {name: str(self.folder / name) for name in SECRET_FILES}

    def open_payment(self, **wanted: Any) -> Json:
        """A new payment page."""
        return self.post("/v1/payments", payment_body(**wanted)).json()

    def payment(self, payment: Json) -> Json:
        """The payment as it is now."""
        return self.ask("GET", f"/v1/payments/{payment['payment_id']}").json()

    def refund(self, capture: Json, amount_minor: int) -> Json:
        """Give this much of the capture back."""
        body = {"capture_id": capture["capture_id"], "amount_minor": amount_minor, "merchant_reference": "r"}
        return self.post("/v1/refunds", body).json()

    def pay(self, payment: Json, card: str = CARD) -> httpx.Response:
        """Send the form of the payment's page; where it leads, or the page with what is wrong."""
        return self._send("POST", f"/pay/{payment['payment_id']}", data={"card": card})

    def answer_confirmation(self, payment: Json, answer: str) -> httpx.Response:
        """`answer`: confirm or refuse."""
        return self._send("POST", f"/pay/{payment['payment_id']}/confirmation", data={"answer": answer})

    def notices(self, about: str) -> list[Json]:
        """The notices about a payment or refund, the newest first."""
        return self.ask("GET", "/control/notices", params={"about": about}).json()["items"]

    def deliver_notices(self, mode: str, **more: int) -> None:
        """How notices made from now on are delivered."""
        self.ask("PUT", "/control/notices", json={"mode": mode, **more})

    def send_again(self, notice: Json) -> Json:
        """Send it now; the notice as it is then."""
        return self.ask("POST", f"/control/notices/{notice['notice_id']}/deliveries").json()

    def fail(self, **outage: int) -> None:
        """Do these things wrong, and nothing else."""
        self.ask("PUT", "/control/outage", json=outage)

    def reset(self) -> None:
        """Do nothing wrong."""
        self.deliver_notices("normal")
        self.fail()

    def post(self, path: str, body: Json, *, key: str | None = None) -> httpx.Response:
        """A write that must succeed, under a key that is new unless given."""
        return self.ask("POST", path, json=body, headers={"Idempotency-Key": key or str(uuid4())})

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A call of the API that must succeed."""
        return self.try_to_ask(method, path, **more).raise_for_status()

    def try_to_ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """As `ask`, whatever the answer."""
        headers = {"Authorization": f"Bearer {API_KEY}", **more.pop("headers", {})}
        return self._send(method, path, headers=headers, **more)

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        return httpx.request(method, f"{self.url}{path}", trust_env=False, timeout=30, **more)


@dataclass
class PaymentSandboxHouse:
    """Where one sandbox lives: what it knows stays when it is ended and started again."""

    folder: Path
    logs: Path
    port: int
    settings: Mapping[str, str]

    @contextmanager
    def running(self) -> Iterator[tuple[PaymentSandboxServer, "subprocess.Popen[bytes]"]]:
        """Run it until the block ends."""
        server = PaymentSandboxServer(f"http://127.0.0.1:{self.port}", self.folder)

        async def ready() -> bool:
            return await http_answers(f"{server.url}/readyz")

        command = Command(
            name="payment-sandbox",
            argv=(sys.executable, "-m", "rowlock_payment_sandbox"),
            ready=ready,
            env={**os.environ, **self._own(server), **self.settings},
        )
        with running(command, logs=self.logs) as process:
            yield server, process

    def _own(self, server: PaymentSandboxServer) -> dict[str, str]:
        return {
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_URL": server.url,
            "SANDBOX_DATABASE": str(self.folder / "sandbox.sqlite3"),
            "SANDBOX_NOTICE_URL": "http://127.0.0.1:9/nobody",
            "SANDBOX_CAPTURE_LATE_S": "0.5",
            "SANDBOX_REFUND_SETTLES_S": "0.5",
            "SANDBOX_NOTICE_RETRY_S": "0.1",
            **server.secret_files(),
        }


@contextmanager
def payment_sandbox_house(**settings: str) -> Iterator[PaymentSandboxHouse]:
    """A place for a sandbox; `settings` are those of its environment."""
    with temporary_home() as home:
        for name, secret in SECRET_FILES.items():
            (home.secrets / name).write_text(f"{secret}\n")
        port = claim_ports(home, names=["payment-sandbox"])["payment-sandbox"]
        yield PaymentSandboxHouse(home.secrets, home.logs, port, settings)


@contextmanager
def running_payment_sandbox(**settings: str) -> Iterator[PaymentSandboxServer]:
    """Run a sandbox until the block ends; `settings` such as SANDBOX_NOTICE_URL are those of its environment."""
    with payment_sandbox_house(**settings) as house, house.running() as (server, _):
        yield server


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End it as a power cut would."""
    process.send_signal(signal.SIGKILL)
    process.wait()
