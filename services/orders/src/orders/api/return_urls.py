"""Where a payment page may lead back to: to us, and to whom the settings name. Anywhere else our
payment pages could send people to somebody who only looks like us.
"""

from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from chassis.settings import words_of
from orders.settings import Settings


class ReturnUrlNotAllowed(Exception):
    """The return_url {rule}."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"return_url {rule}")


class ReturnUrls:
    """The origins of PUBLIC_URL and PAYMENT_RETURN_ORIGINS."""

    def __init__(self, settings: Settings) -> None:
        self._public_url = settings.public_url.rstrip("/")
        allowed = (settings.public_url, *words_of(settings.payment_return_origins))
        self._origins = frozenset(_origin(urlsplit(url)) for url in allowed)

    def checked(self, wanted: str | None, *, order_id: UUID) -> str:
        """What was wanted, or else the order's page; a path is one of ours. Raises ReturnUrlNotAllowed."""
        if wanted is None:
            wanted = f"/orders/{order_id}"
        if wanted.startswith("/"):
            wanted = self._public_url + wanted
        try:
            url = urlsplit(wanted)
            origin = _origin(url)
        except ValueError:
            raise ReturnUrlNotAllowed("is not a URL") from None
        if origin not in self._origins or "@" in url.netloc:
            raise ReturnUrlNotAllowed("is on none of the origins that are allowed")
        if url.fragment:
            raise ReturnUrlNotAllowed("has a fragment, which may hold a token: the provider would see it")
        return wanted


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.hostname, port
