"""Settings of the payment sandbox."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ModeSettings(BaseSettings):
    """What is asked before everything else."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, frozen=True)

    rowlock_mode: Literal["development", "production"] = Field(
        default="development",
        description="The sandbox does not start in `production`: it would sell tickets for no money",
    )


class SandboxSettings(ModeSettings):
    """Read from the environment; `make up` gives all of them that have no default."""

    sandbox_host: str = Field(default="127.0.0.1", description="Address the sandbox listens on")
    sandbox_port: int = Field(default=8090, ge=1, le=65535, description="Port of its API and its pages")
    sandbox_url: str = Field(
        default="http://127.0.0.1:8090", description="Where browsers reach it: payment pages are below"
    )
    sandbox_trusted_hosts: str = Field(
        default="127.0.0.1,localhost",
        description="Names it may be asked under, comma separated; keeps other sites from reading it",
    )
    sandbox_database: Path = Field(description="SQLite file of everything it knows; made where it is missing")
    sandbox_api_key: Path = Field(description="File of the key that merchants send as bearer token")
    sandbox_notice_url: str = Field(description="Where notices are sent to")
    sandbox_notice_secret: Path = Field(
        description="File of the secret that signs notices, as `whsec_` and base64"
    )
    sandbox_notice_timeout_s: float = Field(
        default=10, gt=0, description="Longest wait for the answer to a notice"
    )
    sandbox_notice_retry_s: float = Field(
        default=1,
        gt=0,
        description="Pause before a notice that was not answered with 2xx is sent again; doubles each time",
    )
    sandbox_notice_retry_s_max: float = Field(
        default=60, gt=0, description="Longest pause between two sendings of a notice"
    )
    sandbox_notice_attempts_max: int = Field(
        default=100, ge=1, description="Sendings of a notice, after which it is given up"
    )
    sandbox_capture_late_s: float = Field(
        default=60, ge=0, description="How long after paying the card that captures late does so"
    )
    sandbox_refund_settles_s: float = Field(
        default=30, ge=0, description="How long a refund of the card that refunds later is pending"
    )
