"""A guest: no account, only the secrets that holds and orders were answered with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from support.stage.buyer import Buyer
from support.stage.person import Json

HOLD_TOKEN = "Hold-Token"
ORDER_ACCESS_TOKEN = "Order-Access-Token"


@dataclass(frozen=True, kw_only=True)
class Guest(Buyer):
    """Sends its hold token and its order access token, as far as it has them, with every request."""

    hold_token: str | None = None
    order_access_token: str | None = None

    def holding(self, hold: Json) -> Self:
        """This guest, with the right to the hold."""
        return replace(self, hold_token=hold["hold_token"])

    def owning(self, order: Json) -> Self:
        """This guest, with the right to the order it placed (or was mailed a link to)."""
        return replace(self, order_access_token=order["order_access_token"])

    def _headers(self, more: Mapping[str, str] | None) -> dict[str, str]:
        own = {HOLD_TOKEN: self.hold_token, ORDER_ACCESS_TOKEN: self.order_access_token}
        return super()._headers({name: value for name, value in own.items() if value} | dict(more or {}))
