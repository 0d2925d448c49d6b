"""The mails that were caught, in memory and bounded: the oldest make room for the newest."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import Any


@dataclass(frozen=True)
class Mail:
    """One mail as it came in. `recipients` are those of the envelope, whatever the header says."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    size_bytes: int
    received_at: datetime

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def text(self) -> str:
        """The part in plain text; empty when there is none."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The part in HTML; empty when there is none."""
        return self._part("html")

    @property
    def headers(self) -> dict[str, str]:
        """Every header; of one that is repeated, the last."""
        return {name: str(value) for name, value in self.message.items()}

    def as_json(self) -> dict[str, Any]:
        """As `/api/messages` shows it."""
        return {
            "id": self.number,
            "message_id": str(self.message.get("Message-ID", "")),
            "from": self.sender,
            "to": list(self.recipients),
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "headers": self.headers,
            "received_at": self.received_at.isoformat(),
        }

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


class Mailbox:
    """At most `mails_max` mails of at most `bytes_max` bytes together."""

    def __init__(self, *, mails_max: int, bytes_max: int) -> None:
        self._mails: deque[Mail] = deque()
        self._mails_max = mails_max
        self._bytes_max = bytes_max
        self._bytes = 0
        self.caught = 0
        """How many came in ever; also the number of the newest."""

    def catch(self, content: bytes, *, sender: str, recipients: Sequence[str], now: datetime) -> Mail:
        """Keep a mail, and forget old ones where there is no room for it."""
        self.caught += 1
        message = message_from_bytes(content, EmailMessage, policy=SMTPUTF8)
        mail = Mail(self.caught, sender, tuple(recipients), message, len(content), now)
        self._mails.appendleft(mail)
        self._bytes += mail.size_bytes
        while len(self._mails) > self._mails_max or self._bytes > self._bytes_max:
            self._bytes -= self._mails.pop().size_bytes
        return mail

    def newest_first(self, *, to: str | None = None) -> list[Mail]:
        """All mails, or those to one address."""
        return [mail for mail in self._mails if to is None or _same(to, mail.recipients)]

    def find(self, number: int) -> Mail | None:
        """The mail with this number, unless it had to go."""
        return next((mail for mail in self._mails if mail.number == number), None)

    def empty(self) -> None:
        """Forget all mails; numbers go on."""
        self._mails.clear()
        self._bytes = 0


def _same(address: str, recipients: Sequence[str]) -> bool:
    return address.casefold() in (recipient.casefold() for recipient in recipients)
