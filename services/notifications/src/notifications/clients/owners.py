"""Asks the service that owns a mail's cause for the facts of the moment."""

from http import HTTPStatus

from pydantic import ValidationError

from chassis.internal_client import InternalClient, ServiceUnavailable
from notifications.clients.facts import (
    Addressee,
    CancelledTicketsFacts,
    Facts,
    InvitationFacts,
    LinkFacts,
    LookupFacts,
    OrderFacts,
)
from notifications.domain.mails import Cause, MailKind

# 404 is no answer to this question: a wrong address must not look like an erased person.
GONE = (HTTPStatus.GONE,)

_ACCOUNTS, _ORDERS = "accounts", "orders"
_MAIL_REQUEST = (_ACCOUNTS, "/internal/mails/{cause.cause_id}")
_ORDER = (_ORDERS, "/internal/orders/{cause.cause_id}/mail", OrderFacts)
_CANCELLED_TICKETS = "/internal/orders/{cause.cause_id}/cancelled-tickets/{cause.version}/mail"

_QUESTIONS: dict[MailKind, tuple[str, str, type[Facts]]] = {
    MailKind.VERIFICATION: (*_MAIL_REQUEST, LinkFacts),
    MailKind.REPEATED_REGISTRATION: (*_MAIL_REQUEST, Addressee),
    MailKind.PASSWORD_RESET: (*_MAIL_REQUEST, LinkFacts),
    MailKind.PASSWORD_CHANGED: (*_MAIL_REQUEST, Addressee),
    MailKind.INVITATION: (*_MAIL_REQUEST, InvitationFacts),
    MailKind.GUEST_ORDERS_FOUND: (_ACCOUNTS, "/internal/accounts/{cause.account_id}/contact", Addressee),
    MailKind.ORDER_LINKS: (_ORDERS, "/internal/order-lookups/{cause.cause_id}", LookupFacts),
    MailKind.ORDER_CONFIRMED: _ORDER,
    MailKind.ORDER_CANCELLED: _ORDER,
    MailKind.ORDER_EXPIRED: _ORDER,
    MailKind.ORDER_REFUNDED: _ORDER,
    MailKind.ORDER_TICKETS_CANCELLED: (_ORDERS, _CANCELLED_TICKETS, CancelledTicketsFacts),
}
"""Who is asked about a mail of each kind, where, and what the answer must hold."""


class OwnerUnavailable(Exception):
    """The owner could not be reached, or said something we cannot use; ask again later."""


class Owners:
    """Accounts and orders, over their internal routes."""

    def __init__(self, *, accounts: InternalClient, orders: InternalClient) -> None:
        self._clients = {_ACCOUNTS: accounts, _ORDERS: orders}

    async def facts(self, cause: Cause) -> Facts | None:
        """What a mail of this cause is to say and to whom; None when nobody should get it any more.

        Raises OwnerUnavailable, which carries nothing of what was said.
        """
        owner, path, kind_of_facts = _QUESTIONS[cause.kind]
        try:
            answer = await self._clients[owner].get_json(path.format(cause=cause), nothing=GONE)
            return None if answer is None else kind_of_facts.model_validate(answer)
        except ServiceUnavailable as error:
            raise OwnerUnavailable(str(error)) from None
        except ValidationError as error:
            raise OwnerUnavailable(f"{error.error_count()} fields of {owner} do not fit") from None
