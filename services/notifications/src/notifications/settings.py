"""Settings of the notifications service."""

from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from notifications.domain.addresses import SenderMisnamed, sender_of
from notifications.domain.mail_server import MailServer, MailServerMisnamed


class Settings(ServiceSettings):
    # SMTP_URL may hold a password: what is wrong with it is said without it.
    model_config = SettingsConfigDict(hide_input_in_errors=True)

    outbox_poll_ms: int = Field(
        default=60_000,
        ge=5,
        description="How often the relay looks for messages nobody woke it for; this service sends none",
    )
    smtp_url: str = Field(
        description="Mail server: smtp://user:password@host:port (STARTTLS where the server offers it, and "
        "always before a password, except on this machine) or smtps://… (TLS from the start)"
    )
    mail_from: str = Field(description="Sender of every mail, such as `Rowlock <tickets@example.com>`")
    public_url: str = Field(
        default="http://127.0.0.1:8080",
        description="Where people reach Rowlock; the links in mails begin with it",
    )
    accounts_url: str = Field(
        default="http://127.0.0.1:8001", description="Base URL of the accounts API, for its internal routes"
    )
    orders_url: str = Field(
        default="http://127.0.0.1:8002", description="Base URL of the orders API, for its internal routes"
    )
    mail_lines: int = Field(
        default=4,
        ge=1,
        le=100,
        description="Mails one worker sends at the same time, each over a connection of its own",
    )
    mail_job_every_s: float = Field(
        default=0.5, gt=0, description="How often a worker looks for mails that are due"
    )
    mail_attempt_s_max: float = Field(
        default=60.0, gt=0, description="Longest one attempt may take, asking for the facts included"
    )
    mail_lease_s: float = Field(
        default=120.0,
        gt=0,
        description="A mail whose worker vanished is tried again after this time; "
        "longer than MAIL_ATTEMPT_S_MAX",
    )
    mail_retry_s: float = Field(
        default=15.0, gt=0, description="First pause after a failed attempt; doubles with each one"
    )
    mail_retry_s_max: float = Field(default=3600.0, gt=0, description="Longest pause between two attempts")
    mail_give_up_s: float = Field(
        default=259_200.0, gt=0, description="A mail that could not be sent for so long is given up; 3 days"
    )
    mail_keep_s: int = Field(
        default=15_552_000, ge=86_400, description="How long the record of a mail is kept; 180 days"
    )

    @field_validator("smtp_url")
    @classmethod
    def _names_a_mail_server(cls, value: str) -> str:
        try:
            MailServer.of(value)
        except MailServerMisnamed as error:
            raise ValueError(str(error)) from None
        return value

    @field_validator("mail_from")
    @classmethod
    def _has_one_address(cls, value: str) -> str:
        try:
            sender_of(value)
        except SenderMisnamed as error:
            raise ValueError(str(error)) from None
        return value

    @model_validator(mode="after")
    def _a_lease_outlasts_an_attempt(self) -> Self:
        if self.mail_lease_s <= self.mail_attempt_s_max:
            raise ValueError("MAIL_LEASE_S must be longer than MAIL_ATTEMPT_S_MAX")
        return self
