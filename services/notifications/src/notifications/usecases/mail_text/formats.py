"""How times and money read, and how plain text is broken into lines."""

import re
import textwrap
from datetime import UTC, datetime
from decimal import Decimal

from babel.dates import format_datetime
from babel.numbers import format_currency, get_currency_precision

from notifications.clients.facts import Money

LOCALE = "en_GB"
AMOUNT = "¤¤ #,##0.00"
LINE_CHARS = 72
SUBJECT_CHARS_MAX = 120


def moment(at: datetime) -> str:
    """As `Friday 4 December 2026, 18:00 UTC`."""
    return format_datetime(at.astimezone(UTC), "EEEE d MMMM y, HH:mm 'UTC'", locale=LOCALE)


def money(amount: Money) -> str:
    """As `PLN 1,045.00`."""
    exact = Decimal(amount.amount_minor).scaleb(-get_currency_precision(amount.currency))
    return format_currency(exact, amount.currency, AMOUNT, locale=LOCALE)


def wrapped(words: str) -> str:
    """A paragraph of plain text, in lines that fit everywhere; links stay whole."""
    tidy = " ".join(words.split())
    return textwrap.fill(tidy, LINE_CHARS, break_long_words=False, break_on_hyphens=False)


def one_line(words: str) -> str:
    """For a subject: no line breaks, and no longer than people read."""
    return textwrap.shorten(words, SUBJECT_CHARS_MAX, placeholder=" …")


def without_gaps(text: str) -> str:
    """At most one empty line in a row, and none at the ends."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
