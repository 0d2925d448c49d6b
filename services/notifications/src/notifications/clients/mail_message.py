"""A mail as it travels: RFC 5322 with a text and an HTML part that say the same."""

from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

_QUOTED_PRINTABLE = "quoted-printable"  # short lines, whatever the length of a link
_NEVER_IN_AN_ADDRESS = set('<>()[],;:\\"')


class AddressUnusable(Exception):
    """No mail can go to such an address."""


class SenderMisnamed(Exception):
    """MAIL_FROM must hold one address, such as `Rowlock <tickets@example.com>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """What a mail says; the subject holds no secret, for it is shown on locked screens and in lists."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def sender_of(mail_from: str) -> Address:
    """Read MAIL_FROM. Raises SenderMisnamed."""
    name, addr_spec = parseaddr(mail_from)
    try:
        return _address(addr_spec, display_name=name)
    except AddressUnusable:
        raise SenderMisnamed(SenderMisnamed.__doc__) from None


def recipient_of(email: str) -> Address:
    """The one address a mail goes to. Raises AddressUnusable, without it."""
    return _address(email)


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


def _address(addr_spec: str, *, display_name: str = "") -> Address:
    local, _, domain = addr_spec.rpartition("@")
    if not local or not domain or not _is_plain(addr_spec):
        raise AddressUnusable
    try:
        return Address(display_name, local, domain.encode("idna").decode())
    except (UnicodeError, ValueError):
        raise AddressUnusable from None


def _is_plain(addr_spec: str) -> bool:
    """Nothing that could end the address or the header and begin another."""
    return addr_spec.isprintable() and " " not in addr_spec and not _NEVER_IN_AN_ADDRESS & set(addr_spec)
