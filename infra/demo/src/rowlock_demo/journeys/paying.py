"""Paying at the provider's page: the walk presses the buttons a person would."""

from http import HTTPStatus

import httpx

from rowlock_demo.journeys.buyer import ORDER_DEADLINE_S, Buyer, Json, wait_for
from rowlock_demo.surprise import Surprise, expect

DECLINED, SUCCEEDS = "4000000000000002", "4242424242424242"
"""Test cards of the payment sandbox (infra/payment_sandbox)."""
SANDBOX = "sandbox"
PAGE_TIMEOUT_S = 10.0


def open_payment(buyer: Buyer, order: Json) -> Json | None:
    """The payment with its page; None where the system has no provider whose page a program can use."""
    buyer.tell.step("Ask where to pay")
    answer = buyer.post(f"/orders/{order['order_id']}/payments", {}, expect=(201, 503))
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        expect("payments-not-set-up" in answer.json()["type"], "The payment provider should answer.")
        return None
    payment: Json = answer.json()
    return payment if payment["provider"] == SANDBOX else None


def pay(buyer: Buyer, payment: Json, *, card: str) -> None:
    """Send the form of the page with the number of a card. Raises Surprise."""
    try:
        answer = httpx.post(payment["page_url"], data={"card": card}, timeout=PAGE_TIMEOUT_S, trust_env=False)
    except httpx.TransportError as error:
        raise Surprise(f"Nothing answers at the payment page: {error}.") from error
    expect(answer.status_code == HTTPStatus.SEE_OTHER, "The payment page should take a test card.")
    buyer.tell.remark(f"The page was sent the card {card}, and leads to {answer.headers['location']}")


def see_payment(buyer: Buyer, order: Json, payment: Json, *, has: Json, so: str) -> None:
    """Wait until the payment has these values."""
    path = f"/orders/{order['order_id']}/payments/{payment['payment_id']}"

    def arrived() -> bool:
        found = buyer.quiet.get(path, token=buyer.tokens.buyer, headers=buyer.rights).json()
        return has.items() <= found.items()

    wait_for(arrived, deadline_s=ORDER_DEADLINE_S, otherwise=f"The payment should be {so}, but it is not.")
    buyer.tell.remark(f"The payment is {so}.")
