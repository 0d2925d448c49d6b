"""Whom mail comes from and goes to."""

from email.headerregistry import Address
from email.utils import getaddresses

_NEVER_IN_AN_ADDRESS = set('<>()[],;:\\"')


class AddressUnusable(Exception):
    """No mail can go to such an address."""


class SenderMisnamed(Exception):
    """MAIL_FROM must hold one address, such as `Rowlock <tickets@example.com>`."""


def sender_of(mail_from: str) -> Address:
    """Read MAIL_FROM. Raises SenderMisnamed."""
    try:
        ((name, addr_spec),) = getaddresses([mail_from])
        return _address(addr_spec, display_name=name)
    except (AddressUnusable, ValueError):
        raise SenderMisnamed(SenderMisnamed.__doc__) from None


def recipient_of(email: str) -> Address:
    """The one address a mail goes to. Raises AddressUnusable, without it."""
    return _address(email)


def _address(addr_spec: str, *, display_name: str = "") -> Address:
    local, _, domain = addr_spec.rpartition("@")
    if not local or not domain or "@" in local or not _is_plain(addr_spec):
        raise AddressUnusable
    try:
        return Address(display_name, local, domain.encode("idna").decode())
    except (UnicodeError, ValueError):
        raise AddressUnusable from None


def _is_plain(addr_spec: str) -> bool:
    """Nothing that could end the address or the header and begin another."""
    return addr_spec.isprintable() and " " not in addr_spec and not _NEVER_IN_AN_ADDRESS & set(addr_spec)
