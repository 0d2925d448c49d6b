"""Codes that people read aloud and scanners read fast."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.domain.ticket_codes import ticket_code

EIGHTY_BITS = st.binary(min_size=10, max_size=10)


def test_the_bits_are_written_from_the_first_to_the_last() -> None:
    assert ticket_code(bytes(10)) == "0000-0000-0000-0000"
    assert ticket_code(bytes(9) + b"\x01") == "0000-0000-0000-0001"
    assert ticket_code(b"\xff" * 10) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"


@given(EIGHTY_BITS)
def test_a_code_has_only_letters_that_cannot_be_confused(random: bytes) -> None:
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", ticket_code(random))


@given(EIGHTY_BITS, EIGHTY_BITS)
def test_no_bit_is_lost(one: bytes, other: bytes) -> None:
    assert (one == other) == (ticket_code(one) == ticket_code(other))


def test_fewer_bits_than_promised_make_no_code() -> None:
    with pytest.raises(ValueError, match="made of 10 bytes"):
        ticket_code(b"short")
