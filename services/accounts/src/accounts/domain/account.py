"""An account, and what can be wrong with asking for one."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.domain.roles import Role


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A person's registration; `email` is normalised."""

    account_id: UUID
    email: str
    name: str | None
    email_verified_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What a login is compared with."""

    account_id: UUID
    password_hash: str
    is_verified: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Rights:
    """What an account may do: roles held everywhere, and those within organizations."""

    granted: frozenset[Role] = frozenset()
    organizations: dict[UUID, frozenset[Role]] = field(default_factory=dict)

    @property
    def roles(self) -> frozenset[Role]:
        """Every role the account has anywhere; each account is a buyer."""
        return frozenset({Role.BUYER}) | self.granted | frozenset().union(*self.organizations.values())


class AccountNotFound(Exception):
    """There is no such account, or no longer."""

    def __init__(self) -> None:
        super().__init__("there is no such account")


class CredentialsWrong(Exception):
    """No account with this e-mail and password may log in: which of the two is wrong, or whether the
    e-mail is only not verified yet, is not told.
    """

    def __init__(self) -> None:
        super().__init__(
            "The e-mail or the password is wrong, or the e-mail is not verified yet: look into its mailbox."
        )
