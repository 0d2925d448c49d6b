"""What came of one attempt to send a mail."""

from dataclasses import dataclass

from notifications.domain.mails import Failure, SkipReason


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail server took the mail."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nobody should get it any more."""

    reason: SkipReason


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not this time. It is tried again, or given up when it has waited too long."""

    failure: Failure
    smtp_code: int | None = None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Trying again would not help."""

    failure: Failure
    smtp_code: int | None = None


Outcome = Sent | Skipped | Postponed | GivenUp
