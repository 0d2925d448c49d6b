"""Charges, refunds, events and errors, as `shapes` has sessions and intents."""

from typing import Any

from support.stripe_stand_in.shapes import API_VERSION


def charge(*, reference: str, created: int, of: dict[str, Any]) -> dict[str, Any]:
    """A card's charge for an intent, captured."""
    return {
        "id": reference,
        "object": "charge",
        "amount": of["amount"],
        "amount_captured": of["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {
            "address": {"city": None, "country": "PL", "line1": None, "line2": None, "postal_code": None,
                        "state": None},
            "email": "ada@example.org",
            "name": "Ada Lovelace",
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": "ROWLOCK",
        "captured": True,
        "created": created,
        "currency": of["currency"],
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": of["metadata"],
        "on_behalf_of": None,
        "outcome": {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 24,
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": of["id"],
        "payment_method": "pm_1RowlockStandIn",
        "payment_method_details": {"card": {"brand": "visa", "last4": "4242"}, "type": "card"},
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": "https://pay.stripe.com/receipts/standin",
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }  # fmt: skip


def refund(*, reference: str, created: int, of: dict[str, Any], amount: int,
           metadata: dict[str, Any]) -> dict[str, Any]:  # fmt: skip
    """A refund of a card's charge, which Stripe calls succeeded as soon as it is on its way."""
    return {
        "id": reference,
        "object": "refund",
        "amount": amount,
        "balance_transaction": f"txn_{reference[3:]}",
        "charge": of["id"],
        "created": created,
        "currency": of["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number",
                     "type": "refund"},
            "type": "card",
        },
        "metadata": metadata,
        "payment_intent": of["payment_intent"],
        "payment_method": of["payment_method"],
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }  # fmt: skip


def event(*, reference: str, created: int, kind: str, about: dict[str, Any]) -> dict[str, Any]:
    """What a webhook endpoint gets; the object in it is never expanded."""
    return {
        "id": reference,
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def page(*, path: str, items: list[dict[str, Any]], has_more: bool) -> dict[str, Any]:
    """A list, the newest first."""
    return {"object": "list", "data": items, "has_more": has_more, "url": path}


def error(*, kind: str, message: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    """What every failure answers with."""
    told = {"message": message, "type": kind, "code": code, "param": param}
    links = {"doc_url": f"https://stripe.com/docs/error-codes/{code}"} if code else {}
    return {"error": {name: value for name, value in told.items() if value is not None} | links}
