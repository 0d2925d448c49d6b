"""Where the links in mails lead.

A secret stands behind `#`: browsers send that part to no server, so it is in no log on the way.
"""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Links:
    """Links below `public_url`."""

    public_url: str

    def verify_email(self, token: str) -> str:
        return self._at("/account/verify-email", token)

    def reset_password(self, token: str | None = None) -> str:
        """With the token to choose a new password; without one, to ask for it."""
        return self._at("/account/reset-password", token)

    def invitation(self, token: str) -> str:
        return self._at("/account/invitation", token)

    def own_orders(self) -> str:
        return self._at("/account/orders")

    def order(self, order_id: UUID, token: str | None = None) -> str:
        """With a guest's token; the buyer who has an account needs none."""
        return self._at(f"/orders/{order_id}", token)

    def _at(self, path: str, token: str | None = None) -> str:
        return f"{self.public_url.rstrip('/')}{path}{f'#{token}' if token else ''}"
