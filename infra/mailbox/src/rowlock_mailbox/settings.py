"""Settings of the mailbox."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1024 * 1024


class MailboxSettings(BaseSettings):
    """Read from the environment; `make up` gives the ports."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, frozen=True)

    rowlock_mode: Literal["development", "production"] = Field(
        default="development",
        description="The mailbox does not start in `production`: it would swallow real mail",
    )
    mailbox_host: str = Field(default="127.0.0.1", description="Address the mailbox listens on")
    mailbox_smtp_port: int = Field(default=8026, ge=1, le=65535, description="Port that takes mail")
    mailbox_http_port: int = Field(
        default=8025, ge=1, le=65535, description="Port of the page and of `/api/messages`"
    )
    mailbox_trusted_hosts: str = Field(
        default="127.0.0.1,localhost",
        description="Names the page may be asked under, comma separated; keeps other sites from reading it",
    )
    mailbox_mails_max: int = Field(default=500, ge=1, description="Mails kept; the oldest go first")
    mailbox_bytes_max: int = Field(default=64 * MEBIBYTE, ge=1, description="Bytes of all mails kept")
    mailbox_mail_bytes_max: int = Field(
        default=2 * MEBIBYTE, ge=1, description="Bytes of the largest mail taken"
    )
