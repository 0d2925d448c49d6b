"""Orders, and what each is made of."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from orders.domain.states import OrderState
from orders.storage.tables.metadata import CURRENCY, METADATA, at, state_column
from orders.storage.tables.offers import offers

orders = Table(
    "orders",
    METADATA,
    Column("order_id", Uuid, primary_key=True),
    # Whose it is: a buyer's by account, a guest's by token, or nobody's once it was erased.
    Column("buyer_id", Text),
    Column("access_token_sha256", LargeBinary),
    # Which of the tokens that can be derived from the order is its token; counts revocations.
    Column("access_generation", Integer, nullable=False, server_default=text("0")),
    at("erased_at", nullable=True),
    # Its person asked to be erased while it was still open: they are, as soon as it is not.
    at("erasure_booked_at", nullable=True),
    *state_column(OrderState),
    Column("total_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("version", Integer, nullable=False),
    # Whether seats like its own will do where those were claimed by others before it was paid.
    Column("equivalent_seats_allowed", Boolean, nullable=False, server_default=text("false")),
    at("holds_expire_at"),
    # When its first payment had reservation prolong its holds, which it does once.
    at("holds_renewed_at", nullable=True),
    at("placed_at"),
    at("changed_at"),
    # When the command of a finalizing or cancelling order was last sent.
    at("command_sent_at", nullable=True),
    # How often it was sent again since the order came into its state.
    Column("command_resends", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("num_nonnulls(buyer_id, access_token_sha256, erased_at) = 1", name="owner"),
    CheckConstraint("octet_length(access_token_sha256) = 32", name="access_token_sha256"),
    CheckConstraint("access_generation >= 0", name="access_generation"),
    CheckConstraint("total_minor >= 0", name="total_minor"),
    CheckConstraint("command_resends >= 0", name="command_resends"),
    CheckConstraint(CURRENCY, name="currency"),
    CheckConstraint(
        "state NOT IN ('finalizing', 'cancelling') OR command_sent_at IS NOT NULL", name="command_sent_at"
    ),
    Index("orders_buyer_id_order_id_idx", "buyer_id", "order_id"),
    Index(
        "orders_to_erase_idx",
        "erasure_booked_at",
        postgresql_where=text("erasure_booked_at IS NOT NULL AND erased_at IS NULL"),
    ),
    Index(
        "orders_under_way_idx",
        "command_sent_at",
        postgresql_where=text("state IN ('finalizing', 'cancelling')"),
    ),
    Index(
        "orders_awaiting_payment_idx",
        "holds_expire_at",
        postgresql_where=text("state = 'awaiting_payment'"),
    ),
)


def order_id(*, primary_key: bool = False) -> Column[object]:
    return Column("order_id", Uuid, ForeignKey(orders.c.order_id), primary_key=primary_key, nullable=False)


# One hold makes one order: the primary key is the judge when two orders are placed at once. Seats are those
# held, or given instead; they change under the order's lock only.
order_holds = Table(
    "order_holds",
    METADATA,
    Column("hold_id", Uuid, primary_key=True),
    order_id(),
    Column("event_id", Uuid, nullable=False),
    Column("seat_ids", ARRAY(Text), nullable=False),
    Index("order_holds_order_id_idx", "order_id"),
    Index("order_holds_event_id_idx", "event_id"),
    CheckConstraint("cardinality(seat_ids) > 0", name="seat_ids"),
)

order_lines = Table(
    "order_lines",
    METADATA,
    Column("line_id", Uuid, primary_key=True),
    order_id(),
    Column("position", Integer, nullable=False),
    Column("hold_id", Uuid, ForeignKey(order_holds.c.hold_id), nullable=False),
    Column("event_id", Uuid, ForeignKey(offers.c.event_id), nullable=False),
    Column("seat_id", Text, nullable=False),
    # The seat that was held, where another was given instead.
    Column("ordered_seat_id", Text),
    Column("price_category", Text, nullable=False),
    Column("ticket_type", Text, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    UniqueConstraint("order_id", "position"),
    UniqueConstraint("order_id", "event_id", "seat_id"),
    CheckConstraint("price_minor >= 0", name="price_minor"),
    CheckConstraint("ordered_seat_id <> seat_id", name="ordered_seat_id"),
)

# Every change of an order's state, one row a version: append only.
order_history = Table(
    "order_history",
    METADATA,
    order_id(primary_key=True),
    Column("version", Integer, primary_key=True),
    *state_column(OrderState),
    at("at"),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
)
