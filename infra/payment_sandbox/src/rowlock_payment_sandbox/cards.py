"""The test cards: each number does one thing, so that anybody can see every outcome by hand."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What paying with a card leads to."""

    CAPTURED = "captured"
    DECLINED = "declined"
    ASKS_CONFIRMATION = "asks confirmation"
    CAPTURED_LATE = "captured late"
    CAPTURED_TWICE = "captured twice"
    NEVER_ANSWERS = "never answers"
    AMOUNT_DIFFERS = "amount differs"
    CURRENCY_DIFFERS = "currency differs"


class RefundOutcome(StrEnum):
    """What refunding it leads to."""

    SUCCEEDS = "succeeds"
    SETTLES_LATER = "settles later"
    FAILS_FIRST = "fails first"


@dataclass(frozen=True)
class Card:
    """`words` stand beside it on the payment page; `declined` is what is said where it is declined."""

    number: str
    outcome: Outcome
    words: str
    refund: RefundOutcome = RefundOutcome.SUCCEEDS
    declined: str = "The card was declined."

    @property
    def spaced(self) -> str:
        """The number as it stands on a card."""
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))


_ALL = (
    Card("4242424242424242", Outcome.CAPTURED, "Succeeds"),
    Card("4000000000000002", Outcome.DECLINED, "Is declined"),
    Card(
        "4000000000009995",
        Outcome.DECLINED,
        "Has insufficient funds",
        declined="There is not enough money on the card.",
    ),
    Card(
        "4000002500003155",
        Outcome.ASKS_CONFIRMATION,
        "Asks you to confirm",
        declined="The payment was refused when the bank asked.",
    ),
    Card("4000000000000341", Outcome.CAPTURED_LATE, "Is captured late"),
    Card("4000000000000259", Outcome.CAPTURED_TWICE, "Is captured twice"),
    Card("4000000000000119", Outcome.NEVER_ANSWERS, "Never answers"),
    Card("4000000000000077", Outcome.AMOUNT_DIFFERS, "Captures another amount"),
    Card("4000000000000085", Outcome.CURRENCY_DIFFERS, "Captures another currency"),
    Card(
        "4000000000005126",
        Outcome.CAPTURED,
        "Succeeds; refunds settle later",
        refund=RefundOutcome.SETTLES_LATER,
    ),
    Card(
        "4000000000007726",
        Outcome.CAPTURED,
        "Succeeds; refunds fail first",
        refund=RefundOutcome.FAILS_FIRST,
    ),
)
CARDS = {card.number: card for card in _ALL}


def find_card(typed: str) -> Card | None:
    """The card of this number, however it was spaced; None for any other number, real ones included."""
    return CARDS.get("".join(typed.split()).replace("-", ""))
