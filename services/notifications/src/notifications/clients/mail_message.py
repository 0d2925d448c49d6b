"""A mail as it travels: RFC 5322 with a text and an HTML part that say the same."""

from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

_QUOTED_PRINTABLE = "quoted-printable"  # short lines, whatever the length of a link


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """What a mail says; the subject holds no secret, for it is shown on locked screens and in lists."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def compose(
    said: MailText, *, sender: Address, recipient: Address, message_id: str, now: datetime
) -> EmailMessage:
    """The message. The same `message_id` tells a mail program that it has this mail already.

    No List headers: a mail of ours answers something somebody did, and there is no list to leave.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = said.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    # RFC 3834, and the same for Exchange: no out-of-office note comes back.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(said.text, cte=_QUOTED_PRINTABLE)
    message.add_alternative(said.html, subtype="html", cte=_QUOTED_PRINTABLE)
    message["Content-Language"] = "en"
    return message
