"""What a person may set for a local system; everything else is derived from it."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SERVICES = ("catalog", "reservation", "orders", "accounts", "notifications")
PROCESS_TYPES = ("api", "worker")


class LocalSettings(BaseSettings):
    """Settings of the launcher, read from the environment (`.env` in the checkout is loaded into it)."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    rowlock_home: Path = Field(
        default=Path(".rowlock"), description="Folder of everything this system keeps."
    )
    rowlock_port: int = Field(default=8080, ge=1, le=65535, description="Port of the gateway on 127.0.0.1.")
    rowlock_mailbox_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port of the mailbox's page on 127.0.0.1; unless given 8025, or a free one.",
    )
    rowlock_payment_sandbox_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port of the payment sandbox on 127.0.0.1; unless given 8090, or a free one.",
    )
    rowlock_restart: bool = Field(default=True, description="Restart a process that ends by itself.")
    rowlock_demo: bool = Field(default=True, description="Load the demo events when the system is up.")
    rowlock_start_s_max: float = Field(
        default=180, gt=0, description="Longest wait for one part to be ready."
    )
    postgres_url: str | None = Field(
        default=None, description="Superuser URL of an existing PostgreSQL, instead of the embedded one."
    )
    amqp_url: str | None = Field(
        default=None, description="URL of an existing RabbitMQ, instead of a private one."
    )
    smtp_url: str | None = Field(
        default=None, description="URL of a mail server that delivers, instead of the mailbox."
    )
    mail_from: str = Field(default="Rowlock <tickets@rowlock.example>", description="Sender of every mail.")
    public_url: str | None = Field(
        default=None,
        description="Where the world reaches the gateway, for links in mails; unless given its own address.",
    )
    payment_provider: Literal["none", "sandbox", "stripe"] = Field(
        default="sandbox",
        description="Who takes payments; `sandbox` moves no money: the development provider is started.",
    )
    stripe_api_key: Path | None = Field(
        default=None, description="File with the secret key, for PAYMENT_PROVIDER=stripe."
    )
    stripe_notice_secret: Path | None = Field(
        default=None, description="File with the secret of the webhook endpoint, likewise."
    )
    gateway_trusted_proxies: int = Field(
        default=0, ge=0, le=16, description="Proxies of yours in front of the gateway."
    )
    otel_exporter_otlp_endpoint: str = Field(
        default="",
        description="Base URL of an OpenTelemetry collector (OTLP over HTTP), for the traces of all parts.",
    )
    traces_sample_ratio: float = Field(
        default=1.0, ge=0, le=1, description="Share of the traces that is made, by all parts."
    )
    catalog_database_url: str | None = Field(
        default=None, description="Database of catalog, already provisioned."
    )
    reservation_database_url: str | None = Field(
        default=None, description="Database of reservation, already provisioned."
    )
    orders_database_url: str | None = Field(
        default=None, description="Database of orders, already provisioned."
    )
    accounts_database_url: str | None = Field(
        default=None, description="Database of accounts, already provisioned."
    )
    notifications_database_url: str | None = Field(
        default=None, description="Database of notifications, already provisioned."
    )
    catalog_api_replicas: int = Field(default=1, ge=1, le=16, description="Processes of the catalog API.")
    catalog_worker_replicas: int = Field(
        default=1, ge=1, le=16, description="Processes of the catalog worker."
    )
    reservation_api_replicas: int = Field(
        default=1, ge=1, le=16, description="Processes of the reservation API."
    )
    reservation_worker_replicas: int = Field(
        default=1, ge=1, le=16, description="Processes of the reservation worker."
    )
    orders_api_replicas: int = Field(default=1, ge=1, le=16, description="Processes of the orders API.")
    orders_worker_replicas: int = Field(default=1, ge=1, le=16, description="Processes of the orders worker.")
    accounts_api_replicas: int = Field(default=1, ge=1, le=16, description="Processes of the accounts API.")
    accounts_api_niceness: int = Field(
        default=19,
        ge=0,
        le=19,
        description="How far the accounts API stands back where processors are short: a login costs them as "
        "much as a hundred holds.",
    )
    mails_niceness: int = Field(
        default=19,
        ge=0,
        le=19,
        description="How far the notifications worker and the mailbox stand back where processors are short: "
        "a mail may come a little later, a ticket should not.",
    )
    accounts_worker_replicas: int = Field(
        default=1, ge=1, le=16, description="Processes of the accounts worker."
    )
    notifications_api_replicas: int = Field(
        default=1, ge=1, le=16, description="Processes of the notifications API."
    )
    notifications_worker_replicas: int = Field(
        default=1, ge=1, le=16, description="Processes of the notifications worker."
    )

    def replicas(self, *, service: str, process_type: str) -> int:
        """How many processes of this type the service runs."""
        return getattr(self, f"{service}_{process_type}_replicas")

    def database_url(self, *, service: str) -> str | None:
        """The database a person gave this service, or None for the system's own."""
        return getattr(self, f"{service}_database_url")

    def niceness(self, *, service: str, process_type: str) -> int:
        """How far processes of this type stand back for all others."""
        match service, process_type:
            case "accounts", "api":
                return self.accounts_api_niceness
            case "notifications", "worker":
                return self.mails_niceness
            case _:
                return 0

    @property
    def needs_postgres(self) -> bool:
        """Whether any service has no database of its own yet."""
        return any(self.database_url(service=service) is None for service in SERVICES)
