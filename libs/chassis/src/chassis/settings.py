"""Settings every service shares, read from the environment (names in upper case, no prefix)."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.key_sets import PUBLIC_KEY_ALGORITHMS
from chassis.production import has_development_password

MEBIBYTE = 1024 * 1024


def words_of(setting: str) -> tuple[str, ...]:
    """The words of a comma separated setting."""
    return tuple(word.strip() for word in setting.split(",") if word.strip())


class ServiceSettings(BaseSettings):
    """Subclassed by each service; `docs/configuration.md` is generated from the descriptions."""

    # URLs hold passwords: what is wrong with a setting is said without it.
    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: str = Field(
        description="PostgreSQL of this service: postgresql://role:password@host:port/database"
    )
    amqp_url: str = Field(description="RabbitMQ of the system: amqp://user:password@host:port/vhost")
    http_host: str = Field(default="127.0.0.1", description="Address the HTTP server listens on")
    http_port: int = Field(default=8000, ge=0, le=65535, description="Port of the api process")
    worker_http_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of the worker's /healthz, /readyz and /metrics; 0 for none",
    )
    access_token_jwks: str = Field(
        default="", description="JWKS that verifies access tokens: path of a file or http(s) URL"
    )
    jwks_reload_every_s: float = Field(
        default=10.0,
        ge=0,
        description="A JWKS is read again for a key it lacks at most this often (anybody can name a key)",
    )
    access_token_issuer: str = Field(
        default="https://rowlock.local", description="`iss` an access token must carry"
    )
    access_token_audience: str = Field(default="rowlock", description="`aud` an access token must carry")
    access_token_types: str = Field(
        default="at+jwt",
        description="`typ` an access token may have, comma separated; some OpenID providers say `JWT`",
    )
    access_token_algorithms: str = Field(
        default="EdDSA",
        description="Signature algorithms taken, comma separated; an OpenID Connect provider may need "
        "`RS256` or `ES256`. Never a symmetric one",
    )
    access_token_roles_claim: str = Field(
        default="roles",
        description="Claim that carries the roles: its name, or the way to it, as `realm_access.roles`",
    )
    access_token_organizations_claim: str = Field(
        default="organizations",
        description="Claim that carries the roles by organization id: its name, or the way to it",
    )
    wrapping_keys: str = Field(
        default="",
        description="Path of the file with the keys that wrap data keys (`rowlock keys create`); "
        "keep it away from the database and its backups",
    )
    lookup_key: str = Field(
        default="",
        description="Path of the file with the key of fingerprints, the same for every service",
    )
    internal_api_key: str = Field(
        default="",
        description="Path of the file with the secret services show each other on `/internal/...`",
    )
    data_key_cache_s: float = Field(
        default=30.0,
        gt=0,
        description="How long a process seals with a data key before it asks for the active one",
    )
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=16,
        description="Proxies of yours in front of the gateway, as its GATEWAY_TRUSTED_PROXIES",
    )
    database_pool_size: int = Field(
        default=10, ge=1, le=200, description="Most connections one process opens for transactions"
    )
    database_pool_wait_s: float = Field(
        default=5.0, gt=0, description="Longest wait for a free connection before answering 503"
    )
    database_pooler_prepares: bool = Field(
        default=False,
        description="Prepare statements through a pooler in front of PostgreSQL too: for PgBouncer 1.22 "
        "or newer with `max_prepared_statements` above 0. Direct connections always do",
    )
    outbox_poll_ms: int = Field(
        default=50, ge=5, description="How often the relay looks for messages nobody woke it for"
    )
    metrics_sample_every_s: float = Field(
        default=10.0,
        gt=0,
        description="How often a worker looks up what only PostgreSQL knows for its /metrics; less often by "
        "itself where that takes long",
    )
    consumer_prefetch: int = Field(
        default=16, ge=1, le=1000, description="Messages one consumer handles at the same time"
    )
    delivery_limit: int = Field(
        default=10, ge=1, description="Deliveries of one message before it becomes a dead letter"
    )
    keep_alive_s: int = Field(
        default=75,
        ge=1,
        description="Idle HTTP connections live this long; longer than the gateway's idle timeout",
    )
    drain_s: float = Field(
        default=10.0, ge=0, description="Longest a stopping process lets running work finish"
    )
    drain_notice_s: float = Field(
        default=0.0, ge=0, description="How long a stopping process still serves after /readyz turned 503"
    )
    request_body_bytes_max: int = Field(default=MEBIBYTE, ge=1, description="Largest request body in bytes")
    prefer_wait_s_max: float = Field(
        default=10.0, ge=0, description="Longest `Prefer: wait` that is honoured"
    )
    idempotency_keep_s: int = Field(
        default=172_800, ge=86_400, description="How long answers are kept for replay; a day at least"
    )
    inbox_keep_s: int = Field(
        default=1_209_600, ge=86_400, description="How long handled message ids are remembered"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log line written"
    )
    log_format: Literal["console", "json"] = Field(default="console", description="Shape of log lines")
    access_log: bool = Field(
        default=True, description="Write one log line per HTTP request and per message handled"
    )
    otel_exporter_otlp_endpoint: str = Field(
        default="",
        pattern=r"^(https?://.+)?$",
        description="Base URL of an OpenTelemetry collector that takes OTLP over HTTP, as "
        "`http://otel-collector:4318`; without it no traces are made (docs/tracing.md)",
    )
    traces_sample_ratio: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of the traces that is made and sent; the same for the gateway and every service",
    )
    rowlock_mode: Literal["development", "production"] = Field(
        default="development",
        description="In `production` no process starts with failpoints armed or a password that is written "
        "in compose.yaml",
    )
    failpoints: str = Field(
        default="",
        description="For tests: places in the code where a process ends as by a power cut, comma separated, "
        "each with how often it is reached by then, as `orders.notice.verified:2`",
    )
    failpoints_directory: str = Field(
        default="",
        description="For tests: a file named `<service>/<failpoint>` in this directory ends the process that "
        "removes it there",
    )

    @field_validator("access_token_algorithms")
    @classmethod
    def _only_public_key_algorithms(cls, value: str) -> str:
        if not (named := set(words_of(value))) or not named <= PUBLIC_KEY_ALGORITHMS:
            raise ValueError(f"name some of {', '.join(sorted(PUBLIC_KEY_ALGORITHMS))}")
        return value

    @field_validator("access_token_types")
    @classmethod
    def _some_type(cls, value: str) -> str:
        if not words_of(value):
            raise ValueError("name at least one type, as at+jwt")
        return value

    @model_validator(mode="after")
    def _no_failpoints_in_production(self) -> Self:
        if self.rowlock_mode == "production" and (self.failpoints or self.failpoints_directory):
            raise ValueError("failpoints are not for production: unset FAILPOINTS and FAILPOINTS_DIRECTORY")
        return self

    @model_validator(mode="after")
    def _no_known_passwords_in_production(self) -> Self:
        if self.rowlock_mode == "production":
            for name in ("database_url", "amqp_url"):
                if has_development_password(getattr(self, name)):
                    raise ValueError(f"{name.upper()}: not for production with the password everybody knows")
        return self

    @property
    def service_name(self) -> str:
        """The service these settings belong to: the package that defines the subclass."""
        return type(self).__module__.partition(".")[0]

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment; raises pydantic.ValidationError naming what is missing."""
        return cls()  # pyright: ignore[reportCallIssue]  -- fields come from the environment
