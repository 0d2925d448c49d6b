"""Who may read and change an order, as plain Python."""

from itertools import product

import pytest

from orders.domain.rights import OrderOwner, OrderRight, access_token_sha256

TOKEN = access_token_sha256("the token of the order")
BUYERS = OrderOwner(buyer_id="ada")
GUESTS = OrderOwner(access_token_sha256=TOKEN)
NOBODYS = OrderOwner()


def test_a_buyers_order_is_read_and_changed_by_that_buyer_alone() -> None:
    assert OrderRight(buyer_id="ada").may_change(BUYERS)
    for stranger in (OrderRight(buyer_id="bob"), OrderRight(access_token_sha256=TOKEN), OrderRight()):
        assert not stranger.may_read(BUYERS)
        assert not stranger.may_change(BUYERS)


def test_a_guests_order_is_read_and_changed_by_the_bearer_of_its_token_alone() -> None:
    assert OrderRight(access_token_sha256=TOKEN).may_change(GUESTS)
    wrong = access_token_sha256("the token of another order")
    for stranger in (OrderRight(buyer_id="ada"), OrderRight(access_token_sha256=wrong), OrderRight()):
        assert not stranger.may_read(GUESTS)
        assert not stranger.may_change(GUESTS)


@pytest.mark.parametrize("owner", [BUYERS, GUESTS, NOBODYS])
def test_an_operator_reads_every_order_and_changes_none(owner: OrderOwner) -> None:
    operator = OrderRight(buyer_id="otto", is_operator=True)

    assert (operator.may_read(owner), operator.may_change(owner)) == (True, False)


def test_an_erased_order_belongs_to_nobody_who_shows_nothing() -> None:
    for buyer_id, shown in product((None, "ada", ""), (None, TOKEN, b"")):
        right = OrderRight(buyer_id=buyer_id, access_token_sha256=shown)
        assert not right.may_read(NOBODYS)


def test_anything_sent_as_a_token_can_be_looked_at() -> None:
    for sent in ("", "x" * 10_000, "é", "\ud800"):
        assert len(access_token_sha256(sent)) == 32
