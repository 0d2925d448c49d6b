"""Settings of `rowlock status` and `rowlock doctor`: where the parts of a system are."""

from typing import Self

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROCESS_TYPES = ("api", "worker")


def _replicas(process: str, default: str) -> str:
    return Field(
        default=default,
        description=f"Base URLs of the replicas of {process}, separated by spaces; "
        "a host name stands for all its addresses",
    )


class OperatorSettings(BaseSettings):
    """Read from the environment. The defaults are the names in compose.yaml and infra/kubernetes; `make up`
    writes its own into .rowlock/env.
    """

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, frozen=True)

    rowlock_url: str = Field(default="http://gateway:8080", description="The gateway, as seen from here")
    amqp_url: str = Field(default="", description="RabbitMQ of the system")
    postgres_url: str = Field(
        default="", description="URL of a PostgreSQL superuser, where the command has one to know"
    )
    catalog_api_replica_urls: str = _replicas("catalog's api", "http://catalog-api:8000")
    catalog_worker_replica_urls: str = _replicas("catalog's worker", "http://catalog-worker:8001")
    reservation_api_replica_urls: str = _replicas("reservation's api", "http://reservation-api:8000")
    reservation_worker_replica_urls: str = _replicas("reservation's worker", "http://reservation-worker:8001")
    orders_api_replica_urls: str = _replicas("orders' api", "http://orders-api:8000")
    orders_worker_replica_urls: str = _replicas("orders' worker", "http://orders-worker:8001")
    accounts_api_replica_urls: str = _replicas("accounts' api", "http://accounts-api:8000")
    accounts_worker_replica_urls: str = _replicas("accounts' worker", "http://accounts-worker:8001")
    notifications_api_replica_urls: str = _replicas("notifications' api", "http://notifications-api:8000")
    notifications_worker_replica_urls: str = _replicas(
        "notifications' worker", "http://notifications-worker:8001"
    )
    gateway_idle_timeout_s: float = Field(
        default=60.0,
        gt=0,
        description="When the gateway closes an idle connection to a replica: `idleConnTimeout` of its "
        "traefik.yaml",
    )
    gateway_trusted_proxies: int | None = Field(
        default=None, ge=0, le=16, description="As the gateway was told; unless given it is not compared"
    )
    stop_grace_s: float | None = Field(
        default=None,
        gt=0,
        description="How long a process is given to stop before it is killed (`stop_grace_period`, "
        "`terminationGracePeriodSeconds`); unless given it is not compared",
    )

    @classmethod
    def from_environment(cls) -> Self:
        """Raises pydantic.ValidationError."""
        return cls()

    def replica_urls(self, *, service: str, process_type: str) -> list[str]:
        """Base URLs as they were given."""
        return str(getattr(self, f"{service}_{process_type}_replica_urls")).split()
