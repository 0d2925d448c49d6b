"""What can go wrong between Stripe and whoever asks it."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from support.stripe_stand_in.more_shapes import error

RATE_LIMITED = (429, error(kind="invalid_request_error", code="rate_limit",
                           message="Request rate limit exceeded."))  # fmt: skip
CARD_REFUSED = (402, error(kind="card_error", code="card_declined", message="Your card was declined."))
OUT_OF_ORDER = (500, error(kind="api_error", message="An unknown error occurred."))
GARBLED = (200, "<html>Whoever stands between answers for Stripe.</html>")
BAD_GATEWAY = (502, "<html>502 Bad Gateway</html>")
NOTHING_IN_IT = (200, {})
NOT_ALLOWED = (403, error(kind="invalid_request_error",
                          message="The provided key does not have the required permissions."))  # fmt: skip
LOCKED = (409, error(kind="idempotency_error", code="idempotency_key_in_use",
                     message="There is currently another in-progress request using this key."))  # fmt: skip
Answer = tuple[int, dict[str, Any] | str]
"""Its status and body; a text is HTML."""


@dataclass(frozen=True)
class Fault:
    """An answer in place of the right one, or none at all; `done` if the work was done all the same."""

    answer: Answer | None
    done: bool


@dataclass
class Faults:
    """Those of the next requests, one each; after them all is well."""

    coming: deque[Fault] = field(default_factory=deque)
    _let_go: asyncio.Event = field(default_factory=asyncio.Event)

    def fail(self, answer: Answer, *, times: int = 1, done: bool = False) -> None:
        self.coming.extend([Fault(answer, done)] * times)

    def stay_silent(self, *, times: int = 1, done: bool = True) -> None:
        """Give no answer until the stand-in stops."""
        self.coming.extend([Fault(None, done)] * times)

    def take(self) -> Fault | None:
        return self.coming.popleft() if self.coming else None

    async def silence(self) -> None:
        await self._let_go.wait()

    def end(self) -> None:
        self._let_go.set()
