"""What a request gives, as Stripe reads it: bracketed form fields, none of them unknown."""

import re
from collections.abc import Iterable
from typing import Any

from stripe.params import RefundCreateParams
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsAdaptivePricing,
    SessionCreateParamsLineItem,
    SessionCreateParamsLineItemPriceData,
    SessionCreateParamsLineItemPriceDataProductData,
    SessionCreateParamsPaymentIntentData,
)

from support.stripe_stand_in.more_shapes import error

SESSION = {
    "": SessionCreateParams,
    "adaptive_pricing": SessionCreateParamsAdaptivePricing,
    "line_items": SessionCreateParamsLineItem,
    "line_items.price_data": SessionCreateParamsLineItemPriceData,
    "line_items.price_data.product_data": SessionCreateParamsLineItemPriceDataProductData,
    "payment_intent_data": SessionCreateParamsPaymentIntentData,
}
REFUND = {"": RefundCreateParams}
"""The library's types of what may be given, by where it stands."""


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None,
                 kind: str = "invalid_request_error") -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.body = error(kind=kind, message=message, code=code, param=param)


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b]=1&c[0]=2` as {"a": {"b": "1"}, "c": ["2"]}."""
    tree: dict[str, Any] = {}
    for number, (name, value) in enumerate(pairs):
        *way, last = re.findall(r"[^\[\]]+", name) + ([str(number)] if name.endswith("[]") else [])
        branch = tree
        for step in way:
            branch = branch.setdefault(step, {})
        branch[last] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if all(name.isdigit() for name in value):
        return [_lists(each) for each in value.values()]
    return {name: _lists(each) for name, each in value.items()}


def check_known(given: dict[str, Any], known: dict[str, Any], where: str = "") -> None:
    """Refuse what the library's types do not name; metadata may be named anything."""
    for name, value in given.items():
        if name not in known[where].__annotations__:
            raise Refusal(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
        place = f"{where}.{name}".removeprefix(".")
        if name not in ("metadata", "expand"):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    check_known(each, known, place)
