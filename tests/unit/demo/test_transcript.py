"""The transcript shows enough to follow and no token one could use."""

import pytest

from rowlock_demo.transcript import layout, shortened


def test_long_lists_say_how_much_was_left_out():
    assert shortened([1, 2, 3, 4, 5]) == [1, 2, "… and 3 more"]


def test_short_lists_stay_whole():
    assert shortened([1, 2]) == [1, 2]


def test_long_texts_say_how_long_they_were():
    assert shortened({"seats": "a" * 500}) == {"seats": "a" * 72 + "… (500 characters)"}


def test_hold_tokens_are_cut_wherever_they_stand():
    token = "eyJhbGciOiJFZERTQSJ9.payload.signature"
    assert shortened({"hold_token": token, "hold_tokens": [token]}) == {
        "hold_token": "eyJhbGciOiJFZE…",
        "hold_tokens": ["eyJhbGciOiJFZE…"],
    }


@pytest.mark.parametrize("name", ["order_access_token", "access_token", "refresh_token"])
def test_every_kind_of_token_is_cut(name):
    assert shortened({name: "a-secret-of-many-characters"}) == {name: "a-secret-of-ma…"}


def test_what_only_its_owner_may_read_is_not_shown():
    assert shortened({"password": "three tired owls", "pesel": "90651712342"}) == {
        "password": "…",
        "pesel": "…",
    }


def test_what_comes_masked_or_empty_is_shown_as_it_comes():
    assert shortened({"pesel": "*********42"}) == {"pesel": "*********42"}
    assert shortened({"pesel": None, "order_access_token": None}) == {
        "pesel": None,
        "order_access_token": None,
    }


def test_what_fits_on_a_line_stays_on_it():
    assert layout({"amount_minor": 9000, "currency": "PLN"}) == ['{"amount_minor": 9000, "currency": "PLN"}']


def test_what_does_not_fit_is_opened_by_one_level():
    long = "x" * 80
    assert layout({"title": long, "more": [long, 1]}) == [
        "{",
        f'  "title": "{long}",',
        f'  "more": ["{long}", 1]',
        "}",
    ]
