"""What the processes of a local system are told, and what the `rowlock` command finds beside it."""

from collections.abc import Mapping

from rowlock_cli.keys import INTERNAL_API_KEY, LOOKUP_KEY, WRAPPING_KEYS
from rowlock_local.command import Command
from rowlock_local.home import Home
from rowlock_local.parts.mailbox import smtp_url
from rowlock_local.parts.payment_sandbox import payment_environment
from rowlock_local.parts.rabbitmq import amqp_url
from rowlock_local.parts.services import service_processes
from rowlock_local.settings import LocalSettings


def gateway_url(settings: LocalSettings) -> str:
    """The one address a person needs."""
    return f"http://127.0.0.1:{settings.rowlock_port}"


def service_environment(settings: LocalSettings, home: Home, ports: Mapping[str, int]) -> dict[str, str]:
    """What every service process is told."""
    keys = home.keys.resolve()
    accounts = _api(ports, "accounts")
    return {
        "AMQP_URL": settings.amqp_url or amqp_url(home, port=ports["amqp"]),
        "ACCESS_TOKEN_JWKS": f"{accounts}/.well-known/jwks.json",
        "HOLD_TOKEN_PRIVATE_KEY": str(keys / "hold-token.jwk"),
        "HOLD_TOKEN_JWKS": str(keys / "hold-token.jwks"),
        "WRAPPING_KEYS": str(keys / WRAPPING_KEYS),
        "LOOKUP_KEY": str(keys / LOOKUP_KEY),
        "INTERNAL_API_KEY": str(keys / INTERNAL_API_KEY),
        "TRUSTED_PROXIES": str(settings.gateway_trusted_proxies),
        **payment_environment(settings, home, ports),
        "CATALOG_URL": _api(ports, "catalog"),
        "RESERVATION_URL": _api(ports, "reservation"),
        "ORDERS_URL": _api(ports, "orders"),
        "ACCOUNTS_URL": accounts,
        "NOTIFICATIONS_URL": _api(ports, "notifications"),
        "PUBLIC_URL": settings.public_url or gateway_url(settings),
        "SMTP_URL": smtp_url(settings, ports),
        "MAIL_FROM": settings.mail_from,
    }


def cli_environment(
    settings: LocalSettings,
    services: Mapping[str, str],
    database_urls: Mapping[str, str],
    admin_url: str | None,
    ports: Mapping[str, int],
) -> dict[str, str]:
    """What the `rowlock` command is told: what the services are, where each database, each process and the
    gateway is, and how long a process has to stop.
    """
    own = {f"{service.upper()}_DATABASE_URL": url for service, url in database_urls.items()}
    admin = {"POSTGRES_URL": admin_url} if admin_url else {}
    return {
        **services,
        **own,
        **admin,
        **_replica_urls(settings, ports),
        "ROWLOCK_URL": gateway_url(settings),
        "GATEWAY_TRUSTED_PROXIES": str(settings.gateway_trusted_proxies),
        "STOP_GRACE_S": str(Command.stop_s_max),
    }


def _replica_urls(settings: LocalSettings, ports: Mapping[str, int]) -> dict[str, str]:
    """As `ORDERS_API_REPLICA_URLS`: where each process tells how it is."""
    urls: dict[str, list[str]] = {}
    for process in service_processes(settings):
        name = f"{process.service}_{process.process_type}_REPLICA_URLS".upper()
        urls.setdefault(name, []).append(f"http://127.0.0.1:{ports[process.name]}")
    return {name: " ".join(several) for name, several in urls.items()}


def _api(ports: Mapping[str, int], service: str) -> str:
    """Services ask the first replica of each other; the launcher brings it back should it end."""
    return f"http://127.0.0.1:{ports[f'{service}-api-1']}"
