"""Objects as Stripe's API of the library's version sends them: every field it has for a card payment.

Written down field by field from Stripe's reference and compared with the fixtures Stripe publishes for
stand-ins (github.com/stripe/openapi, openapi/fixtures3.json of 2026-07-29). `test_stripe_stand_in.py` holds
them against the library's own types, so an upgrade of it tells what is new.
"""

from typing import Any

API_VERSION = "2026-10-28.endive"


def session(*, reference: str, created: int, given: dict[str, Any]) -> dict[str, Any]:
    """A Checkout Session just created: no intent yet, its page open."""
    price = given["line_items"][0]["price_data"]
    total = int(price["unit_amount"]) * int(given["line_items"][0]["quantity"])
    return {
        "id": reference,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": given.get("adaptive_pricing", {}).get("enabled", "true") == "true"},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "branding_settings": {
            "background_color": "#ffffff",
            "border_style": "rounded",
            "button_color": "#0074d4",
            "display_name": "Rowlock",
            "font_family": "default",
            "icon": None,
            "logo": None,
        },
        "cancel_url": given.get("cancel_url"),
        "client_reference_id": given.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": created,
        "currency": price["currency"],
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_account": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": None,
        "discounts": [],
        "expires_at": int(given.get("expires_at", created + 86_400)),
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": {"enabled": False, "invoice_data": _NO_INVOICE},
        "livemode": False,
        "locale": None,
        "managed_payments": {"enabled": False},
        "metadata": given.get("metadata", {}),
        "mode": given["mode"],
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": {"id": "pmc_1RowlockStandIn", "parent": None},
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card", "blik", "p24"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": given.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"https://checkout.stripe.com/c/pay/{reference}#fid2cGd2ZndsdXFsamtQa2x0cGBrYHZ2",
        "wallet_options": None,
    }


_NO_INVOICE = {
    "account_tax_ids": None,
    "custom_fields": None,
    "description": None,
    "footer": None,
    "issuer": None,
    "metadata": {},
    "rendering_options": None,
}


def intent(*, reference: str, created: int, of: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The Payment Intent of a session, before its first charge."""
    return {
        "id": reference,
        "object": "payment_intent",
        "amount": of["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{reference}_secret_standin",
        "confirmation_method": "automatic",
        "created": created,
        "currency": of["currency"],
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": of["payment_method_configuration_details"],
        "payment_method_options": of["payment_method_options"],
        "payment_method_types": of["payment_method_types"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
