"""Whom a guest's hold belongs to, and who may do something with it."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from reservation.domain.errors import HoldNotFound, IdempotencyKeyGuessable
from reservation.domain.guests import KEY_CHARS_MIN, guest_id, is_guest
from reservation.domain.holds import Hold, HoldState
from reservation.usecases.ownership import HoldOwner

KEY = "0f9c6f3e-64b4-4a32-9d5a-0f6ae0c1d1a2"


def hold_of(buyer_id: str) -> Hold:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Hold(
        hold_id=uuid.UUID(int=1),
        event_id=uuid.UUID(int=2),
        buyer_id=buyer_id,
        seat_ids=("A-1",),
        state=HoldState.ACTIVE,
        placed_at=now,
        expires_at=now + timedelta(minutes=15),
        renewals=0,
    )


def test_one_key_is_one_guest_and_says_nothing_of_the_key() -> None:
    assert guest_id(KEY) == guest_id(KEY)
    assert guest_id(KEY) != guest_id(KEY[::-1])
    assert KEY not in guest_id(KEY)
    assert is_guest(guest_id(KEY))


def test_a_key_is_long_enough_or_refused() -> None:
    guest_id("x" * KEY_CHARS_MIN)
    with pytest.raises(IdempotencyKeyGuessable) as refused:
        guest_id("x" * (KEY_CHARS_MIN - 1))
    assert refused.value.chars_min == KEY_CHARS_MIN


def test_only_the_token_is_a_right_to_a_guests_hold() -> None:
    hold = hold_of(guest_id(KEY))
    HoldOwner(buyer_id=None, token_hold_id=hold.hold_id).require(hold)
    HoldOwner(buyer_id="berta", token_hold_id=hold.hold_id).require(hold)
    for stranger in (
        HoldOwner(buyer_id=hold.buyer_id),
        HoldOwner(buyer_id=hold.buyer_id, token_hold_id=uuid.UUID(int=9)),
        HoldOwner(buyer_id=None),
    ):
        with pytest.raises(HoldNotFound):
            stranger.require(hold)


def test_a_buyers_hold_is_theirs_and_the_bearers() -> None:
    hold = hold_of("berta")
    HoldOwner(buyer_id="berta").require(hold)
    HoldOwner(buyer_id="sven", token_hold_id=hold.hold_id).require(hold)
    with pytest.raises(HoldNotFound):
        HoldOwner(buyer_id="sven").require(hold)
