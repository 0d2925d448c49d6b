"""Order access tokens: derived, not guessable, and different for each order and generation."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.fingerprints import Fingerprints
from orders.domain.rights import OrderRight, access_token_sha256
from orders.usecases.order_access_tokens import OrderAccessTokens


def tokens_under_a_new_key(folder: Path) -> OrderAccessTokens:
    file = folder / f"{uuid4()}.key"
    file.write_text(urlsafe_b64encode(secrets.token_bytes(32)).decode())
    return OrderAccessTokens(Fingerprints.load(file))


@pytest.fixture
def tokens(tmp_path: Path) -> OrderAccessTokens:
    return tokens_under_a_new_key(tmp_path)


def test_a_token_has_256_bits_and_is_the_same_each_time(tokens: OrderAccessTokens) -> None:
    order_id = uuid4()

    assert tokens.token(order_id) == tokens.token(order_id, generation=0)
    assert len(urlsafe_b64decode(tokens.token(order_id) + "=")) == 32


def test_no_two_orders_generations_or_keys_share_a_token(tokens: OrderAccessTokens, tmp_path: Path) -> None:
    order_ids = [uuid4() for _ in range(50)]
    other_key = tokens_under_a_new_key(tmp_path)

    made = {
        derived.token(order_id, generation=generation)
        for derived in (tokens, other_key)
        for order_id in order_ids
        for generation in range(3)
    }

    assert len(made) == 2 * 50 * 3


def test_the_guest_of_a_generation_is_who_bears_its_token(tokens: OrderAccessTokens) -> None:
    order_id = uuid4()
    guest = tokens.guest(order_id, generation=2)

    may = [
        OrderRight(
            access_token_sha256=access_token_sha256(tokens.token(order_id, generation=generation))
        ).may_change(guest)
        for generation in range(4)
    ]

    assert may == [False, False, True, False]
    assert (guest.buyer_id, guest.access_generation) == (None, 2)
