"""A session is a login and what follows from it: its family of refresh tokens, each used once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    session_id: UUID
    account_id: UUID
    authenticated_at: datetime
    last_used_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RefreshToken:
    """The token itself: it is given out once and only its hash is kept."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionLimits:
    """In seconds: without a refresh, and altogether; and how many sessions an account has."""

    refresh_token_s: int
    session_s_max: int
    sessions_max: int


class RefreshTokenInvalid(Exception):
    """The refresh token is unknown, over, or its session has ended."""

    def __init__(self) -> None:
        super().__init__("The refresh token is not good any more: log in again.")


class RefreshTokenReused(Exception):
    """A refresh token came a second time: one of the two was not sent by its owner."""

    def __init__(self, session_id: UUID) -> None:
        self.session_id = session_id
        super().__init__("a refresh token was used twice")


class SessionNotFound(Exception):
    """There is no such session of yours, or no longer."""

    def __init__(self) -> None:
        super().__init__("there is no such session")


class SessionOver(Exception):
    """The session of the access token has ended; what it asks for needs one that goes on."""

    def __init__(self) -> None:
        super().__init__("This session has ended: log in again.")
