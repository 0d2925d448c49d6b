"""Opens payment pages: a few short transactions with the questions to reservation and to the provider
between them. Each step can be the last before a crash; whoever asks again goes on from there.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from chassis import failpoints
from chassis.clock import utc_now
from chassis.database import Database, Transaction
from orders.api.return_urls import ReturnUrls
from orders.clients.held_seats import HeldSeats
from orders.clients.payment_provider import PaymentProvider, ProviderPayment, ProviderRefused
from orders.domain.payment import TooLateToPay
from orders.domain.rights import OrderRight
from orders.settings import Settings
from orders.storage.payments import Payment
from orders.usecases.start_payment import (
    BegunPayment,
    PaymentTerms,
    begin_payment,
    save_expiry,
    save_page,
)


class PaymentsNotSetUp(Exception):
    """There is no payment provider here."""

    def __init__(self) -> None:
        super().__init__("no payment provider is set up here; an operator can record payments")


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """What the provider answered about a payment; None when its page had been opened before."""

    payment: Payment
    is_new: bool
    terms: PaymentTerms
    made: ProviderPayment | None

    async def save(self, tx: Transaction) -> None:
        """Write the answer down."""
        if self.made is not None:
            await save_page(tx, begun=self.payment, made=self.made, terms=self.terms, now=utc_now())


class PaymentDesk:
    """Knows the provider, reservation and where pages may lead back to."""

    def __init__(
        self, db: Database, settings: Settings, *, provider: PaymentProvider | None, held_seats: HeldSeats
    ) -> None:
        self._db = db
        self._settings = settings
        self._provider = provider
        self._held_seats = held_seats
        self._return_urls = ReturnUrls(settings)

    async def open_page(self, *, order_id: UUID, right: OrderRight, return_url: str | None) -> OpenedPage:
        """The page of the payment that is under way, or of a new one.

        Raises PaymentsNotSetUp, ReturnUrlNotAllowed, TooLateToPay, ProviderUnavailable, ProviderRefused
        and what `begin_payment` does.
        """
        provider = self.provider
        terms = self._terms(provider, self._return_urls.checked(return_url, order_id=order_id))
        begun = await self._db.run(
            lambda tx: begin_payment(tx, order_id=order_id, right=right, terms=terms, now=utc_now())
        )
        payment = begun.payment if begun.payment.expires_at else await self._with_expiry(begun, terms)
        if payment.expires_at is None or payment.expires_at <= utc_now():
            raise TooLateToPay
        made = None if payment.page_url else await self._create(provider, payment, payment.expires_at)
        return OpenedPage(payment, begun.is_new, terms, made)

    @property
    def provider(self) -> PaymentProvider:
        """Raises PaymentsNotSetUp."""
        if self._provider is None:
            raise PaymentsNotSetUp
        return self._provider

    async def _with_expiry(self, begun: BegunPayment, terms: PaymentTerms) -> Payment:
        renewed = await self._held_seats.renew(begun.renew) if begun.renew else None
        return await self._db.run(
            lambda tx: save_expiry(tx, begun=begun, renewed=renewed, terms=terms, now=utc_now())
        )

    async def _create(
        self, provider: PaymentProvider, payment: Payment, expires_at: datetime
    ) -> ProviderPayment:
        if payment.provider != provider.name or payment.return_url is None:
            raise ProviderRefused("begun_elsewhere")  # the settings named another provider then
        failpoints.reach("orders.payment.before_create")
        made = await provider.create_payment(
            payment_id=payment.payment_id,
            order_id=payment.order_id,
            amount=payment.amount,
            description=f"Order {payment.order_id}",
            expires_at=expires_at,
            return_url=payment.return_url,
        )
        failpoints.reach("orders.payment.after_create")
        return made

    def _terms(self, provider: PaymentProvider, return_url: str) -> PaymentTerms:
        return PaymentTerms(
            provider=provider.name,
            return_url=return_url,
            margin_s=self._settings.payment_margin_s,
            page_s_min=self._settings.payment_page_s_min,
            look_again_s=self._settings.payment_look_again_s,
        )


async def payment_desk(request: Request) -> PaymentDesk:
    """What opens payment pages, with the provider and reservation's client of the process."""
    state = request.app.state
    return PaymentDesk(state.db, state.settings, provider=state.payment_provider, held_seats=state.held_seats)


PaymentDeskOf = Annotated[PaymentDesk, Depends(payment_desk)]
