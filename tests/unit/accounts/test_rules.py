"""What an account may be called, log in with, and do."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from accounts.api.fields import EMAIL
from accounts.domain.account import Rights
from accounts.domain.passwords import PasswordNotAllowed, acceptable_password, normalised_password
from accounts.domain.roles import Role
from accounts.domain.signing_keys import KeyTimes, published_keys, signing_key
from accounts.settings import Settings
from bus import example_settings

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "email"),
    [
        (" Ada@Example.ORG ", "ada@example.org"),
        ("ada+tickets@example.co.uk", "ada+tickets@example.co.uk"),
        ("\u017fam@example.org", "sam@example.org"),  # a long s
        ("\u212aim@example.org", "kim@example.org"),  # a Kelvin sign
        ("jo\u0308rg@example.org", "j\u00f6rg@example.org"),
    ],
)
def test_an_address_is_normalised(typed: str, email: str) -> None:
    assert EMAIL.validate_python(typed) == email


@pytest.mark.parametrize(
    "typed",
    ["", "ada", "ada@", "@example.org", "ada@example", "a b@example.org", "ada@@example.org", "ada@exa mple.org",
     "ada\u200b@example.org", "ada\u202e@example.org", "ada@example.org\nBcc: eve@example.org",
     "\u00df" * 200 + "@example.org", "<ada@example.org>", "ada@example..org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        EMAIL.validate_python(typed)


@given(st.text(min_size=1, max_size=300))
def test_a_password_is_accepted_by_its_length_alone(text: str) -> None:
    length = len(normalised_password(text))
    if 12 <= length <= 128:
        assert acceptable_password(text) == normalised_password(text)
    else:
        with pytest.raises(PasswordNotAllowed):
            acceptable_password(text)


def test_every_account_is_a_buyer_and_has_the_roles_of_its_organizations() -> None:
    theatre, club = uuid.uuid4(), uuid.uuid4()
    rights = Rights(
        granted=frozenset({Role.OPERATOR}),
        organizations={theatre: frozenset({Role.ORGANIZER}), club: frozenset({Role.ENTRANCE_STAFF})},
    )

    assert Rights().roles == {Role.BUYER}
    assert rights.roles == set(Role)


def test_settings_that_would_sign_with_a_key_nobody_knows_are_refused() -> None:
    with pytest.raises(ValidationError, match="SIGNING_KEY_PUBLISH_AHEAD_S"):
        example_settings("accounts", signing_key_publish_ahead_s=19, signing_key_read_every_s=5)
    assert isinstance(example_settings("accounts"), Settings)


moments = st.integers(-400, 400).map(lambda s: NOW + timedelta(seconds=s))


@given(st.lists(st.tuples(moments, st.none() | moments), min_size=1, max_size=6), st.integers(0, 300))
def test_whatever_signs_or_will_sign_or_has_just_signed_is_published(
    times: list[tuple[datetime, datetime | None]], lifetime_s: int
) -> None:
    keys = [
        KeyTimes(kid=str(n), public_jwk={}, signs_at=signs_at, last_token_ends_at=ends_at)
        for n, (signs_at, ends_at) in enumerate(times)
    ]
    published = {key.kid for key in published_keys(keys, over_s=lifetime_s, now=NOW)}

    for seconds in range(0, lifetime_s, 10):
        signer = signing_key(keys, now=NOW - timedelta(seconds=seconds))
        assert signer is None or signer.kid in published
    assert {key.kid for key in keys if key.signs_at > NOW} <= published
    assert {key.kid for key in keys if key.last_token_ends_at and key.last_token_ends_at > NOW} <= published
