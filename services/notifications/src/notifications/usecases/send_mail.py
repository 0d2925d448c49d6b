"""Sends a claimed mail: ask its owner for the facts of the moment, write it, hand it to a mail server.

No transaction is open meanwhile, and nothing that is learned here is stored or logged.
"""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Protocol

from chassis import tracing
from notifications.clients.facts import Facts, OrderFacts
from notifications.clients.mail_message import compose
from notifications.clients.mail_server import MailNotTaken
from notifications.clients.owners import OwnerUnavailable
from notifications.domain.addresses import AddressUnusable, recipient_of
from notifications.domain.mails import Cause, ClaimedMail, Failure, SkipReason, is_outdated
from notifications.domain.outcomes import GivenUp, Outcome, Postponed, Sent, Skipped
from notifications.usecases.mail_text.writing import MailWriter


class Owners(Protocol):
    """Who knows what a mail is to say; raises OwnerUnavailable."""

    async def facts(self, cause: Cause) -> Facts | None: ...


class Line(Protocol):
    """A way to a mail server; raises MailNotTaken."""

    async def send(self, message: EmailMessage, *, sender: str, recipient: str) -> None: ...


async def send_mail(
    mail: ClaimedMail, *, owners: Owners, writer: MailWriter, line: Line, sender: Address, now: datetime
) -> Outcome:
    """What came of it. Raises nothing that is foreseen."""
    try:
        facts = await owners.facts(mail.cause)
    except OwnerUnavailable:
        return Postponed(Failure.OWNER_UNAVAILABLE)
    if facts is None:
        return Skipped(SkipReason.GONE)
    if isinstance(facts, OrderFacts) and is_outdated(mail.cause.kind, order_state=facts.order.state):
        return Skipped(SkipReason.OUTDATED)
    return await _hand_over(mail, facts, writer, line, sender, now)


async def _hand_over(
    mail: ClaimedMail, facts: Facts, writer: MailWriter, line: Line, sender: Address, now: datetime
) -> Outcome:
    try:
        recipient = recipient_of(facts.email)
        message = compose(
            writer.write(mail.cause, facts),
            sender=sender,
            recipient=recipient,
            message_id=message_id(mail, domain=sender.domain),
            now=now,
        )
        with tracing.step("SMTP", tracing.CLIENT, {"network.protocol.name": "smtp"}):
            await line.send(message, sender=sender.addr_spec, recipient=recipient.addr_spec)
    except AddressUnusable:
        return GivenUp(Failure.ADDRESS_UNUSABLE)
    except MailNotTaken as refusal:
        outcome = GivenUp if refusal.is_final else Postponed
        return outcome(refusal.failure, refusal.smtp_code)
    return Sent()


def message_id(mail: ClaimedMail, *, domain: str) -> str:
    """The same however often one edition of a mail is tried, so that a copy is known as one."""
    return f"<{mail.mail_id}.{mail.edition}@{domain}>"
