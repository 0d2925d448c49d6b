"""A Stripe account: what it keeps, what its API does with it, and what buyers and banks do."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from support.stripe_stand_in import more_shapes, shapes
from support.stripe_stand_in.given import REFUND, SESSION, Refusal, check_known

MINUTE_S, DAY_S = 60, 86_400
Thing = dict[str, Any]


@dataclass
class Account:
    """Things by their id, oldest first. `ahead_s` is how far its clock is ahead of ours."""

    sessions: dict[str, Thing] = field(default_factory=dict)
    intents: dict[str, Thing] = field(default_factory=dict)
    charges: dict[str, Thing] = field(default_factory=dict)
    refunds: dict[str, Thing] = field(default_factory=dict)
    events: list[Thing] = field(default_factory=list)
    refunds_become: str = "succeeded"
    ahead_s: int = 0

    # What its API does

    def create_session(self, given: Thing) -> Thing:
        check_known(given, SESSION)
        if not 30 * MINUTE_S <= int(given["expires_at"]) - self._now() <= DAY_S:
            message = "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours away."
            raise Refusal(400, message, param="expires_at")
        session = shapes.session(reference=_new("cs_test_"), created=self._now(), given=given)
        self.sessions[session["id"]] = session
        self._intent_metadata[session["id"]] = given.get("payment_intent_data", {}).get("metadata", {})
        return session

    def session(self, reference: str) -> Thing:
        return _known(self.sessions, reference, "checkout.session", "session")

    def expire_session(self, reference: str) -> Thing:
        session = self.session(reference)
        if session["status"] != "open":
            raise Refusal(400, f'Only Checkout Sessions with a status in ["open"] can be expired. '
                               f"This Checkout Session has a status of `{session['status']}`.")  # fmt: skip
        self._close(session, "expired")
        self.tell("checkout.session.expired", session)
        return session

    def create_refund(self, given: Thing) -> Thing:
        check_known(given, REFUND)
        intent = _known(self.intents, given["payment_intent"], "payment_intent", "payment_intent")
        charge = self.charges[intent["latest_charge"]]
        left = charge["amount_captured"] - charge["amount_refunded"]
        amount = int(given.get("amount", left))
        if left == 0:
            message = f"Charge {charge['id']} has already been refunded."
            raise Refusal(400, message, code="charge_already_refunded")
        if amount > left:
            raise Refusal(400, "Refund amount is greater than unrefunded amount on charge", param="amount")
        metadata = given.get("metadata", {})
        refund = more_shapes.refund(
            reference=_new("re_"), created=self._now(), of=charge, amount=amount, metadata=metadata
        )
        self.refunds[refund["id"]] = refund
        charge["amount_refunded"] += amount
        self.tell("refund.created", refund)
        self.tell("charge.refunded", charge)
        self.settle_refund(refund["id"], self.refunds_become)
        return refund

    def refund(self, reference: str) -> Thing:
        return _known(self.refunds, reference, "refund", "id")

    # What buyers do on the page

    def pay(self, reference: str, **differing: Any) -> Thing:
        """Pay by card, at once; `amount` or `currency` of another kind than asked if given."""
        session = self._paid_at(reference)
        session |= {"amount_total": differing.get("amount", session["amount_total"]),
                    "currency": differing.get("currency", session["currency"])}  # fmt: skip
        self._arrive(session)
        return self.tell("checkout.session.completed", session)

    def decline(self, reference: str) -> None:
        """A card that is refused; the page stays open."""
        refused = {"code": "card_declined", "decline_code": "generic_decline", "type": "card_error"}
        self._intent_of(self.session(reference))["last_payment_error"] = refused

    def pay_slowly(self, reference: str) -> Thing:
        """Pay by something whose money takes its time."""
        session = self._paid_at(reference)
        self._intent_of(session)["status"] = "processing"
        return self.tell("checkout.session.completed", session)

    # What banks do

    def money_arrives(self, reference: str) -> Thing:
        """After `pay_slowly`."""
        self._arrive(self.session(reference))
        return self.tell("checkout.session.async_payment_succeeded", self.session(reference))

    def money_does_not_arrive(self, reference: str) -> Thing:
        """After `pay_slowly`."""
        self._intent_of(self.session(reference))["status"] = "requires_payment_method"
        return self.tell("checkout.session.async_payment_failed", self.session(reference))

    def settle_refund(self, reference: str, status: str, *, reason: str = "declined") -> Thing | None:
        """Bring a refund to `status`; a failed one gives its charge the money back."""
        refund = self.refund(reference)
        if refund["status"] == status:
            return None
        refund["status"] = status
        if status == "failed":
            refund |= {"failure_reason": reason, "failure_balance_transaction": _new("txn_")}
            self.charges[refund["charge"]]["amount_refunded"] -= refund["amount"]
        return self.tell("refund.failed" if status == "failed" else "refund.updated", refund)

    def tell(self, kind: str, about: Thing) -> Thing:
        """An event with the thing as it is now."""
        event = more_shapes.event(reference=_new("evt_"), created=self._now(), kind=kind, about=dict(about))
        self.events.append(event)
        return event

    _intent_metadata: dict[str, Thing] = field(default_factory=dict)

    def _paid_at(self, reference: str) -> Thing:
        session = self.session(reference)
        assert session["status"] == "open", "the page is closed"
        self._intent_of(session)
        self._close(session, "complete")
        return session

    def _arrive(self, session: Thing) -> None:
        intent = self._intent_of(session)
        intent |= {"amount": session["amount_total"], "currency": session["currency"]}
        charge = more_shapes.charge(reference=_new("ch_"), created=self._now(), of=intent)
        self.charges[charge["id"]] = charge
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
        session["payment_status"] = "paid"

    def _intent_of(self, session: Thing) -> Thing:
        """Made with the first attempt, as Stripe does."""
        if session["payment_intent"] is None:
            metadata = self._intent_metadata[session["id"]]
            intent = shapes.intent(reference=_new("pi_"), created=self._now(), of=session, metadata=metadata)
            self.intents[intent["id"]] = intent
            session["payment_intent"] = intent["id"]
        return self.intents[session["payment_intent"]]

    @staticmethod
    def _close(session: Thing, status: str) -> None:
        session |= {"status": status, "url": None}

    def _now(self) -> int:
        return int(time.time()) + self.ahead_s


def _known(things: dict[str, Thing], reference: str, kind: str, param: str) -> Thing:
    try:
        return things[reference]
    except KeyError:
        message = f"No such {kind}: '{reference}'"
        raise Refusal(404, message, code="resource_missing", param=param) from None


def _new(prefix: str) -> str:
    return prefix + secrets.token_hex(12)
