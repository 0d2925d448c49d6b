"""Whose hold it is: the buyer it was placed by, or whoever bears its hold token."""

from dataclasses import dataclass
from uuid import UUID

from reservation.domain.errors import HoldNotFound
from reservation.domain.holds import Hold


@dataclass(frozen=True, slots=True)
class HoldOwner:
    """What a caller has proved: a buyer's identity, the token of one hold, both, or nothing."""

    buyer_id: str | None
    token_hold_id: UUID | None = None

    def require(self, hold: Hold) -> None:
        """Raises HoldNotFound for anyone else: a stranger learns nothing, not even that it exists."""
        if self.token_hold_id != hold.hold_id and self.buyer_id != hold.buyer_id:
            raise HoldNotFound(hold_id=hold.hold_id)
