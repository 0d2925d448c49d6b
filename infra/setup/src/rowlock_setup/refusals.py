"""What production must not start with: every secret that is written in compose.yaml, and what is for play."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from chassis.production import DEVELOPMENT_PASSWORDS, has_development_password

PASSWORDS = {
    "POSTGRES_URL": "POSTGRES_PASSWORD",
    "AMQP_URL": "RABBITMQ_PASSWORD",
    "CATALOG_DATABASE_URL": "CATALOG_DATABASE_PASSWORD",
    "RESERVATION_DATABASE_URL": "RESERVATION_DATABASE_PASSWORD",
    "ORDERS_DATABASE_URL": "ORDERS_DATABASE_PASSWORD",
    "ACCOUNTS_DATABASE_URL": "ACCOUNTS_DATABASE_PASSWORD",
    "NOTIFICATIONS_DATABASE_URL": "NOTIFICATIONS_DATABASE_PASSWORD",
}
"""URL a container is given -> setting of compose.yaml its password comes from."""


def refusals(environment: Mapping[str, str]) -> list[str]:
    """One line for each setting that is not for production, naming it; no secret is repeated."""
    return [
        *_known_passwords(environment),
        *_for_play(environment),
        *_one_address_for_all(environment),
        *_for_tests(environment),
    ]


def kept_by_a_server(environment: Mapping[str, str]) -> list[str]:
    """What to do about known passwords that a server may have put into its volume; nothing without any."""
    if not any(has_development_password(environment.get(url, "")) for url in ("POSTGRES_URL", "AMQP_URL")):
        return []
    return [
        "PostgreSQL and RabbitMQ keep the password they first started with; it may have been this one.",
        "Nothing in them to keep: `docker compose down --volumes`. Otherwise change it in them too:",
        "  docker compose exec postgres psql -U postgres -c \"ALTER ROLE postgres PASSWORD '…'\"",
        "  docker compose exec rabbitmq rabbitmqctl change_password rowlock …",
    ]


def _known_passwords(environment: Mapping[str, str]) -> Iterator[str]:
    for url, setting in PASSWORDS.items():
        if has_development_password(environment.get(url, "")):
            yield f"  {setting}: the password everybody knows"
    if environment.get("GRAFANA_PASSWORD") in DEVELOPMENT_PASSWORDS:
        yield "  GRAFANA_PASSWORD: the password everybody knows"


def _for_play(environment: Mapping[str, str]) -> Iterator[str]:
    if environment.get("PAYMENT_PROVIDER") == "sandbox":
        yield "  PAYMENT_PROVIDER: the sandbox would sell tickets for no money; name stripe, or none"
    if urlsplit(environment.get("SMTP_URL", "")).hostname in (None, "mailbox"):
        yield "  SMTP_URL: the mailbox delivers nothing"
    if environment.get("MAIL_FROM", "").rstrip("> ").endswith(".example"):
        yield "  MAIL_FROM: nobody can answer an address at .example"
    if not environment.get("PUBLIC_URL", "").startswith("https://"):
        yield "  PUBLIC_URL: where the world reaches the gateway, beginning with https://"


def _one_address_for_all(environment: Mapping[str, str]) -> Iterator[str]:
    """The gateway speaks plain HTTP: what ends TLS stands before it, and all requests come from there."""
    at_tls = environment.get("PUBLIC_URL", "").startswith("https://")
    if at_tls and environment.get("GATEWAY_TRUSTED_PROXIES") == "0":
        yield "  GATEWAY_TRUSTED_PROXIES: everybody would be one client, your proxy; say how many there are"


def _for_tests(environment: Mapping[str, str]) -> Iterator[str]:
    for setting in ("FAILPOINTS", "FAILPOINTS_DIRECTORY"):
        if environment.get(setting):
            yield f"  {setting}: for tests"
