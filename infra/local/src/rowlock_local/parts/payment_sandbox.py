"""The development payment provider, unless payments are taken by a real one or by none."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from rowlock_cli.keys import SANDBOX_API_KEY, SANDBOX_NOTICE_SECRET
from rowlock_local.command import Command
from rowlock_local.home import Home
from rowlock_local.ports import prefer_port, require_free
from rowlock_local.probes import http_answers
from rowlock_local.settings import LocalSettings

PORT = "payment-sandbox"
PORT_WISHED = 8090
NOTICES = "/api/v1/payment-notices/sandbox"
"""Where notices go, through the gateway as those of any provider."""


def payment_sandbox_ports(home: Home, settings: LocalSettings) -> list[str]:
    """Names of the ports to claim for it; none where PAYMENT_PROVIDER names another.

    Raises LauncherError when its port is given and taken.
    """
    if settings.payment_provider != "sandbox":
        return []
    if settings.rowlock_payment_sandbox_port:
        require_free(
            settings.rowlock_payment_sandbox_port,
            setting="ROWLOCK_PAYMENT_SANDBOX_PORT",
            purpose="the payment sandbox",
        )
        return []
    prefer_port(home, PORT_WISHED, name=PORT)
    return [PORT]


def payment_sandbox_url(settings: LocalSettings, ports: Mapping[str, int]) -> str | None:
    """Its API, its pages and its view for people; None where another provider takes payments."""
    if settings.payment_provider != "sandbox":
        return None
    return f"http://127.0.0.1:{settings.rowlock_payment_sandbox_port or ports[PORT]}"


def payment_environment(settings: LocalSettings, home: Home, ports: Mapping[str, int]) -> dict[str, str]:
    """Who takes payments, as orders and the `rowlock` command are told."""
    told: dict[str, object | None] = {"PAYMENT_PROVIDER": settings.payment_provider}
    if settings.payment_provider == "stripe":
        told["STRIPE_API_KEY"] = settings.stripe_api_key and settings.stripe_api_key.resolve()
        told["STRIPE_NOTICE_SECRET"] = (
            settings.stripe_notice_secret and settings.stripe_notice_secret.resolve()
        )
    if url := payment_sandbox_url(settings, ports):
        keys = home.keys.resolve()
        told |= {
            "SANDBOX_URL": url,
            "SANDBOX_API_KEY": keys / SANDBOX_API_KEY,
            "SANDBOX_NOTICE_SECRET": keys / SANDBOX_NOTICE_SECRET,
        }
    return {name: str(value) for name, value in told.items() if value}


def payment_sandbox_command(
    settings: LocalSettings, home: Home, ports: Mapping[str, int], *, gateway_url: str
) -> Command:
    """The sandbox, ready when it answers. Its notices wait until the gateway is there."""
    url = payment_sandbox_url(settings, ports)

    async def ready() -> bool:
        return await http_answers(f"{url}/readyz")

    own = {
        **payment_environment(settings, home, ports),
        "SANDBOX_HOST": "127.0.0.1",
        "SANDBOX_PORT": str(settings.rowlock_payment_sandbox_port or ports[PORT]),
        "SANDBOX_DATABASE": str(home.payment_sandbox.resolve() / "sandbox.sqlite3"),
        "SANDBOX_NOTICE_URL": gateway_url + NOTICES,
        "PYTHONUNBUFFERED": "1",
    }
    return Command(
        name="payment-sandbox",
        argv=(sys.executable, "-m", "rowlock_payment_sandbox"),
        ready=ready,
        env={**os.environ, **own},
        cwd=Path.cwd(),
    )
