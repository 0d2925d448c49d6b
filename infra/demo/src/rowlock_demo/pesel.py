"""PESEL numbers of people who are not born yet: right by the rule, and nobody's."""

from datetime import date

WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
MONTHS_OF_CENTURY = {22: 60}
"""The century is told by what is added to the month."""


def unborn_pesel(*, born: date, serial: int) -> str:
    """A number of the 23rd century; `serial` has four digits at most."""
    month = born.month + MONTHS_OF_CENTURY[born.year // 100]
    digits = f"{born.year % 100:02}{month:02}{born.day:02}{serial:04}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True))
    return f"{digits}{-total % 10}"
