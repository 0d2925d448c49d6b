"""Which mail server takes our mail, and how to speak to it."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

PORTS = {"smtp": 25, "smtps": 465}


class MailServerMisnamed(Exception):
    """SMTP_URL must read smtp://user:password@host:port or smtps://user:password@host:port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over. Between machines, a password is sent over TLS only."""

    host: str
    port: int
    tls_from_start: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str) -> "MailServer":
        """Read SMTP_URL. Raises MailServerMisnamed, without the URL, which may hold a password."""
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise MailServerMisnamed(MailServerMisnamed.__doc__) from None
        if not parts.hostname:
            raise MailServerMisnamed(MailServerMisnamed.__doc__)
        return cls(
            host=parts.hostname,
            port=port,
            tls_from_start=parts.scheme == "smtps",
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    @property
    def start_tls(self) -> bool | None:
        """Whether STARTTLS is a must; None: where the server offers it."""
        if self.tls_from_start:
            return False
        return True if self.username and not self._is_this_machine else None

    @property
    def _is_this_machine(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"
