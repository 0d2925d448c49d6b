"""Every hold that reservation grants can be ordered: the bounds of three services fit together."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from catalog.domain.plan_rules import CATEGORY_BYTES_MAX
from chassis.signing import TOKEN_CHARS_MAX, create_key
from orders.api.hold_tokens import HoldTokens as OrdersHoldTokens
from orders.api.schemas import HOLD_TOKEN_CHARS_MAX, SEATS_PER_ORDER_MAX, AttendeeIn
from orders.settings import Settings as OrdersSettings
from reservation.api.hold_tokens import HoldTokens
from reservation.domain.geometry import SeatLabel
from reservation.domain.holds import Hold, HoldState
from reservation.settings import HOLD_SEATS_MAX

BUYER_CHARS = 255
ROOM = 0.9
LONGEST_ID = "a" * 64 + ":100000"  # a unit of an area; longer than any seat's own id


def largest_hold() -> tuple[Hold, list[SeatLabel]]:
    seat_ids = tuple(f"{index:03}{LONGEST_ID[3:]}" for index in range(HOLD_SEATS_MAX))
    now = datetime.now(UTC)
    hold = Hold(
        hold_id=UUID(int=1),
        event_id=UUID(int=2),
        buyer_id="b" * BUYER_CHARS,
        state=HoldState.ACTIVE,
        seat_ids=seat_ids,
        placed_at=now,
        expires_at=now + timedelta(minutes=15),
        renewals=0,
    )
    category = '"' * CATEGORY_BYTES_MAX  # JSON writes each of them as two characters
    return hold, [label(seat_id, category) for seat_id in seat_ids]


def label(seat_id: str, category: str) -> SeatLabel:
    return SeatLabel(seat_id=seat_id, zone="Zone", row="1", number="1", price_category=category, area_id=None)


async def test_the_largest_hold_can_be_ordered(tmp_path) -> None:
    key = create_key()
    (tmp_path / "jwks").write_text(json.dumps(key.public_set()))
    hold, seats = largest_hold()
    token = HoldTokens(key, key.key_set(), "rowlock-reservation", "rowlock-orders").sign(hold, seats)
    assert len(token) < ROOM * min(TOKEN_CHARS_MAX, HOLD_TOKEN_CHARS_MAX)
    settings = OrdersSettings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        amqp_url="amqp://nobody@127.0.0.1:1/none",
        hold_token_jwks=str(tmp_path / "jwks"),
    )
    (read,) = await OrdersHoldTokens(settings).holds([token])
    assert tuple(seat.seat_id for seat in read.seats) == hold.seat_ids


def test_an_order_takes_as_many_and_as_long_seats() -> None:
    assert HOLD_SEATS_MAX <= SEATS_PER_ORDER_MAX
    AttendeeIn(seat_id=LONGEST_ID, ticket_type="adult", first_name="Ada", last_name="Lovelace")
