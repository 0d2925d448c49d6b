"""`/pay/…`: where a person pays, confirms, or goes back."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from rowlock_payment_sandbox.api.dependencies import Box
from rowlock_payment_sandbox.cards import CARDS, find_card
from rowlock_payment_sandbox.errors import PaymentIsNotOpen, PaymentNotFound
from rowlock_payment_sandbox.model import Payment, PaymentState
from rowlock_payment_sandbox.payments import (
    answer_confirmation,
    awaits_confirmation,
    current_payment,
    pay,
)
from rowlock_payment_sandbox.sandbox import Sandbox
from rowlock_payment_sandbox.storage.database import transaction
from rowlock_payment_sandbox.web.pages import Form, page, style

NOT_A_TEST_CARD = "That is not one of the test cards. Choose one below."

router = APIRouter(include_in_schema=False)


@router.get("/style.css")
async def get_style() -> Response:
    return style()


@router.get("/pay/{payment_id}")
async def get_page(payment_id: str, sandbox: Box) -> Response:
    payment = _find(sandbox, payment_id)
    return _nowhere() if payment is None else _page(payment, error=_declined(payment))


@router.post("/pay/{payment_id}")
async def post_card(payment_id: str, form: Form, sandbox: Box) -> Response:
    """A card was chosen, or its number typed."""
    card = find_card(form.get("card", ""))
    try:
        with transaction(sandbox.db):
            now = sandbox.clock()
            payment = current_payment(sandbox, payment_id, now=now)
            if payment.state is not PaymentState.OPEN:
                return _onwards(payment)
            if card is None:
                return _page(payment, error=NOT_A_TEST_CARD, status=422)
            return _onwards(pay(sandbox, payment_id, card=card, now=now))
    except PaymentNotFound:
        return _nowhere()


@router.get("/pay/{payment_id}/confirmation")
async def get_confirmation(payment_id: str, sandbox: Box) -> Response:
    payment = _find(sandbox, payment_id)
    if payment is None:
        return _nowhere()
    if not awaits_confirmation(payment):
        return _to_page(payment)
    return page("confirmation.html", payment=payment, leads_to=payment.return_url)


@router.post("/pay/{payment_id}/confirmation")
async def post_confirmation(payment_id: str, form: Form, sandbox: Box) -> Response:
    """`answer` is confirm, or anything else."""
    confirmed = form.get("answer") == "confirm"
    try:
        with transaction(sandbox.db):
            now = sandbox.clock()
            return _to_shop_or_page(answer_confirmation(sandbox, payment_id, confirmed=confirmed, now=now))
    except PaymentIsNotOpen:
        return RedirectResponse(f"/pay/{payment_id}", status_code=303)
    except PaymentNotFound:
        return _nowhere()


def _find(sandbox: Sandbox, payment_id: str) -> Payment | None:
    try:
        with transaction(sandbox.db):
            return current_payment(sandbox, payment_id, now=sandbox.clock())
    except PaymentNotFound:
        return None


def _page(payment: Payment, *, error: str | None = None, status: int = 200) -> Response:
    """The form, or what became of it."""
    name = "pay.html" if payment.state is PaymentState.OPEN else "over.html"
    return page(
        name, status=status, leads_to=payment.return_url, payment=payment, cards=CARDS.values(), error=error
    )


def _nowhere() -> Response:
    return page("nowhere.html", status=404)


def _declined(payment: Payment) -> str | None:
    return CARDS[payment.card].declined if payment.declined and payment.card else None


def _onwards(payment: Payment) -> Response:
    if awaits_confirmation(payment):
        return RedirectResponse(f"/pay/{payment.payment_id}/confirmation", status_code=303)
    return _to_shop_or_page(payment)


def _to_shop_or_page(payment: Payment) -> Response:
    """Back to the shop where the card did something, else to the page, which says what is wrong."""
    if payment.state in (PaymentState.CAPTURED, PaymentState.PROCESSING):
        return RedirectResponse(payment.return_url, status_code=303)
    return _to_page(payment)


def _to_page(payment: Payment) -> Response:
    return RedirectResponse(f"/pay/{payment.payment_id}", status_code=303)
