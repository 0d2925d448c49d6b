"""The right to a seat."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    Uuid,
    text,
)

from orders.domain.states import TicketState
from orders.storage.tables.metadata import METADATA, at, state_column
from orders.storage.tables.orders import order_id, order_lines

tickets = Table(
    "tickets",
    METADATA,
    Column("ticket_id", Uuid, primary_key=True),
    order_id(),
    Column("line_id", Uuid, ForeignKey(order_lines.c.line_id), nullable=False, unique=True),
    Column("event_id", Uuid, nullable=False),
    Column("seat_id", Text, nullable=False),
    Column("ticket_code", Text, nullable=False, unique=True),
    *state_column(TicketState),
    at("issued_at"),
    at("voided_at", nullable=True),
    CheckConstraint("(state = 'voided') = (voided_at IS NOT NULL)", name="voided_at"),
    Index("tickets_order_id_idx", "order_id"),
    # The backstop of the first promise: two valid tickets for one seat cannot be written.
    Index(
        "tickets_valid_seat_key",
        "event_id",
        "seat_id",
        unique=True,
        postgresql_where=text("state = 'valid'"),
    ),
)
