"""Which message leads to which mail. The clock is read here and passed on."""

from typing import Any
from uuid import UUID

from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.messaging import Consumer, on
from messages.accounts import (
    AccountErased,
    EmailVerificationRequested,
    InvitationMade,
    PasswordChanged,
    PasswordResetRequested,
    RegistrationRepeated,
)
from messages.orders import (
    GuestOrdersFound,
    OrderCancelled,
    OrderConfirmed,
    OrderExpired,
    OrderLinksRequested,
    OrderRefunded,
    OrderTicketsCancelled,
)
from notifications.domain.mails import Cause, MailKind
from notifications.usecases.request_mail import request_mail
from notifications.usecases.skip_mails_of_account import skip_mails_of_account

MAILS = "notifications.mails"
PEOPLE = "notifications.people"

ACCOUNT_MAILS = {
    EmailVerificationRequested: MailKind.VERIFICATION,
    RegistrationRepeated: MailKind.REPEATED_REGISTRATION,
    PasswordResetRequested: MailKind.PASSWORD_RESET,
    PasswordChanged: MailKind.PASSWORD_CHANGED,
}
ORDER_MAILS = {
    OrderConfirmed: MailKind.ORDER_CONFIRMED,
    OrderCancelled: MailKind.ORDER_CANCELLED,
    OrderExpired: MailKind.ORDER_EXPIRED,
    OrderRefunded: MailKind.ORDER_REFUNDED,
    OrderTicketsCancelled: MailKind.ORDER_TICKETS_CANCELLED,
}


async def account_mail(tx: Transaction, message: Any, _meta: Any) -> None:
    kind = ACCOUNT_MAILS[type(message)]
    await _request(tx, kind, message.mail_request_id, account_id=message.account_id)


async def order_mail(tx: Transaction, message: Any, _meta: Any) -> None:
    await _request(tx, ORDER_MAILS[type(message)], message.order_id, version=message.version)


async def invitation_made(tx: Transaction, message: InvitationMade, _meta: Any) -> None:
    await _request(tx, MailKind.INVITATION, message.mail_request_id)


async def guest_orders_found(tx: Transaction, message: GuestOrdersFound, meta: Any) -> None:
    kind = MailKind.GUEST_ORDERS_FOUND
    await _request(tx, kind, meta.message_id, account_id=message.account_id, orders_found=message.orders)


async def order_links_requested(tx: Transaction, message: OrderLinksRequested, _meta: Any) -> None:
    await _request(tx, MailKind.ORDER_LINKS, message.lookup_id)


async def account_erased(tx: Transaction, message: AccountErased, _meta: Any) -> None:
    await skip_mails_of_account(tx, account_id=message.account_id, now=utc_now())


SUBSCRIPTIONS = [
    *(on(message, account_mail) for message in ACCOUNT_MAILS),
    *(on(message, order_mail) for message in ORDER_MAILS),
    on(InvitationMade, invitation_made),
    on(GuestOrdersFound, guest_orders_found),
    on(OrderLinksRequested, order_links_requested),
]


def consumers() -> list[Consumer]:
    """Erasures have a queue of their own: they must not wait behind a rush of mails."""
    return [Consumer(MAILS, SUBSCRIPTIONS), Consumer(PEOPLE, [on(AccountErased, account_erased)])]


async def _request(tx: Transaction, kind: MailKind, cause_id: UUID, **more: Any) -> None:
    await request_mail(tx, cause=Cause(kind=kind, cause_id=cause_id, **more), now=utc_now())
