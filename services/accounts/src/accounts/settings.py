"""Settings of the accounts service; every limit with its unit in its name."""

from typing import Self

from pydantic import Field, model_validator

from chassis.rate_limits import LimitText
from chassis.settings import ServiceSettings

DAY_S = 86_400
SIGNING_KEY_MARGIN_S = 60
"""For clocks that differ: a key stays published this much longer than it would have to."""


class Settings(ServiceSettings):
    """Read from the environment, upper case."""

    outbox_poll_ms: int = Field(
        default=250,
        ge=5,
        description="How often the relay looks for messages nobody woke it for; mail is no hurry",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8080", description="Where the gateway is for the world: base of links"
    )
    orders_url: str = Field(
        default="",
        description="Base URL of orders' api, for a person's export (never routed); empty: not asked",
    )
    notifications_url: str = Field(
        default="", description="Base URL of notifications' api, for a person's export; empty: not asked"
    )

    access_token_s: int = Field(default=300, ge=30, le=3600, description="Lifetime of an access token")
    refresh_token_s: int = Field(
        default=30 * DAY_S, ge=60, description="A session that is not refreshed for this long is over"
    )
    session_s_max: int = Field(
        default=180 * DAY_S, ge=60, description="Longest a session lasts, however often it is refreshed"
    )
    sessions_per_account_max: int = Field(
        default=50, ge=1, description="Most sessions of one account; one more ends the one unused longest"
    )
    fresh_login_s: int = Field(
        default=600, ge=1, description="How young a login must be to erase the account with it"
    )
    signing_key_publish_ahead_s: int = Field(
        default=60, ge=1, description="A new signing key is published this long before it signs"
    )
    signing_key_read_every_s: float = Field(
        default=5.0, gt=0, description="How old a process's knowledge of the signing keys may be"
    )

    argon2_memory_kib: int = Field(
        default=19_456, ge=8_192, description="Memory of one Argon2id hash; OWASP's least is 19456"
    )
    argon2_passes: int = Field(default=2, ge=1, description="Passes of Argon2id over its memory")
    argon2_lanes: int = Field(default=1, ge=1, le=16, description="Lanes of Argon2id")
    password_threads: int = Field(
        default=1, ge=1, le=16, description="Threads of one process that check passwords"
    )
    password_waiting_max: int = Field(
        default=32, ge=0, description="Most passwords waiting for a thread; one more is answered 503"
    )
    password_wait_s_max: float = Field(
        default=5.0, gt=0, description="Longest a password waits to be checked, its check included"
    )
    password_busy_share_max: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Most of the time that a password thread works; it rests in between, and much longer "
        "where processors are short",
    )
    password_niceness: int = Field(
        default=10, ge=0, le=19, description="How far the password threads stand back for everything else"
    )

    email_verification_s: int = Field(
        default=DAY_S, ge=60, description="How long the link that verifies an e-mail is good"
    )
    invitation_s: int = Field(
        default=7 * DAY_S, ge=60, description="How long an invitation to an organization is good"
    )
    password_reset_s: int = Field(
        default=3600, ge=60, description="How long the link that resets a password is good"
    )
    unverified_account_keep_s: int = Field(
        default=7 * DAY_S, ge=3600, description="An account never verified is forgotten after this time"
    )
    forget_every_s: float = Field(
        default=60.0, gt=0, description="How often the jobs look for what is over and can be forgotten"
    )
    forget_batch_max: int = Field(
        default=500, ge=1, le=10_000, description="Most rows a job forgets in one transaction"
    )

    logins_per_address: LimitText = Field(default="60/60s", description="Logins from one network address")
    logins_per_email: LimitText = Field(default="20/600s", description="Logins with one e-mail")
    registrations_per_address: LimitText = Field(
        default="20/3600s", description="Registrations from one network address"
    )
    registrations_per_email: LimitText = Field(default="5/3600s", description="Registrations of one e-mail")
    email_verifications_per_address: LimitText = Field(
        default="20/3600s", description="Verification mails asked for from one network address"
    )
    email_verifications_per_email: LimitText = Field(
        default="5/3600s", description="Verification mails asked for one e-mail"
    )
    password_resets_per_address: LimitText = Field(
        default="20/3600s", description="Password resets asked for from one network address"
    )
    password_resets_per_email: LimitText = Field(
        default="5/3600s", description="Password resets asked for one e-mail"
    )
    refreshes_per_address: LimitText = Field(
        default="600/60s", description="Refreshes of sessions from one network address"
    )
    confirmations_per_address: LimitText = Field(
        default="60/60s", description="Links followed, right or wrong, from one network address"
    )
    invitations_per_organization: LimitText = Field(
        default="200/86400s", description="Invitations one organization makes"
    )
    invitations_per_email: LimitText = Field(
        default="20/86400s", description="Invitations to one e-mail, by whichever organizations"
    )
    password_changes_per_account: LimitText = Field(
        default="10/600s", description="Changes of one account's password, tried or done"
    )

    @property
    def signing_key_over_s(self) -> float:
        """How long a key is published after the next one began to sign."""
        return self.access_token_s + self.signing_key_read_every_s + SIGNING_KEY_MARGIN_S

    @model_validator(mode="after")
    def _a_key_is_known_before_it_signs(self) -> Self:
        # A verifier may have read the set just before the last process published the new key.
        if self.signing_key_publish_ahead_s < 2 * self.signing_key_read_every_s + self.jwks_reload_every_s:
            raise ValueError(
                "SIGNING_KEY_PUBLISH_AHEAD_S is at least twice SIGNING_KEY_READ_EVERY_S and "
                "JWKS_RELOAD_EVERY_S together"
            )
        return self
