"""PESEL, the Polish personal number: what a valid one is, and how it is shown."""

from stdnum.exceptions import ValidationError
from stdnum.pl import pesel as standard

DIGITS = 11
DIGITS_SHOWN = 2


class PeselInvalid(Exception):
    """The number is not a PESEL. Never says which number that was."""

    def __init__(self) -> None:
        super().__init__("eleven digits are needed, whose date of birth and check digit are right")


def normal_pesel(sent: str) -> str:
    """The eleven digits of what somebody typed, blanks and dashes left out. Raises PeselInvalid."""
    try:
        return standard.validate(sent)
    except ValidationError:
        raise PeselInvalid from None


def masked_pesel(pesel: str) -> str:
    """As everybody but the organizer sees it: `*********59`."""
    return "*" * (DIGITS - DIGITS_SHOWN) + pesel[-DIGITS_SHOWN:]
