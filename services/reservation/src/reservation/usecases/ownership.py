"""Whose hold it is: its buyer's, and the bearer's of its hold token. A guest's hold is the bearer's alone."""

from dataclasses import dataclass
from uuid import UUID

from reservation.domain.errors import HoldNotFound
from reservation.domain.guests import is_guest
from reservation.domain.holds import Hold


@dataclass(frozen=True, slots=True)
class HoldOwner:
    """What a caller has proved: a buyer's identity, the token of one hold, both, or nothing."""

    buyer_id: str | None
    token_hold_id: UUID | None = None

    def require(self, hold: Hold) -> None:
        """Raises HoldNotFound for anyone else: a stranger learns nothing, not even that it exists."""
        if self.token_hold_id != hold.hold_id and not self._is_buyer(hold):
            raise HoldNotFound(hold_id=hold.hold_id)

    def _is_buyer(self, hold: Hold) -> bool:
        return self.buyer_id == hold.buyer_id and not is_guest(hold.buyer_id)
