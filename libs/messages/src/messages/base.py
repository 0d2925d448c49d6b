"""What every message has in common.

A message says what happened, in the past tense (`HoldExpired`), or commands one receiver
(`ConfirmHolds`). Its `message_type` is also its routing key: `<owner>.<what>.v<n>`, where the
owner is the service that sends it, or for a command the service that receives it. A field may
be added to a version; taking one away or changing its meaning makes a new version.
"""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A frozen fact or command; unknown fields are ignored, so old consumers read new messages."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message_type: ClassVar[str]

    @property
    def aggregate_id(self) -> UUID:
        """The thing this message is about; becomes the CloudEvents `subject`."""
        raise NotImplementedError

    @property
    def aggregate_version(self) -> int | None:
        """The thing's version after the change, or None where order does not matter."""
        return None
