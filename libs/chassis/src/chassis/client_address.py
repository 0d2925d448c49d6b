"""From which address a request came, as limits count it."""

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request

# Whoever has one IPv6 address has 2**64 of them.
IPV6_PREFIX_BITS = 64
UNKNOWN = "unknown"
ADDRESS_CHARS_MAX = 64
REMEMBERED_MAX = 10_000


def client_address(request: Request) -> str:
    """The client's IPv4 address, or its IPv6 network: `203.0.113.7`, `2001:db8:1:2::/64`.

    The gateway appends the address it was called from to `X-Forwarded-For`, and so does each of the
    TRUSTED_PROXIES in front of it; what stands further left anybody can make up. Without the header it
    is the peer's.
    """
    # From the scope: a hold asks for this too, and Starlette's headers decode each name first.
    sent = [value for name, value in request.scope["headers"] if name == b"x-forwarded-for"]
    forwarded = [part for part in b",".join(sent).decode("latin-1").replace(" ", "").split(",") if part]
    if forwarded:
        trusted = request.app.state.settings.trusted_proxies
        return _counted(forwarded[max(0, len(forwarded) - 1 - trusted)][:ADDRESS_CHARS_MAX])
    return _counted(request.client.host if request.client else "")


@lru_cache(maxsize=REMEMBERED_MAX)
def _counted(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Network((int(address), IPV6_PREFIX_BITS), strict=False))
    return str(address)
