"""What may become of a call to somebody else: it never arrives, or its answer never does."""

from dataclasses import dataclass
from types import TracebackType
from typing import Literal

from orders.clients.payment_provider import ProviderUnavailable

Kind = Literal["none", "away", "answer_lost"]


@dataclass
class Trouble:
    """Around the work of a call: `with trouble: ...`. The next `calls` calls meet it."""

    kind: Kind = "none"
    calls: int = 0

    def meet(self, kind: Kind, *, calls: int = 1) -> None:
        self.kind, self.calls = kind, calls

    def end(self) -> None:
        self.kind, self.calls = "none", 0

    def __enter__(self) -> None:
        if self.calls and self.kind == "away":
            self.calls -= 1
            raise ProviderUnavailable

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self.calls and self.kind == "answer_lost":
            self.calls -= 1
            raise ProviderUnavailable
