"""Create the tables of orders: offers, orders with their parts, money, tickets, and the chassis tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "2026_11_23_0332"
down_revision = None
branch_labels = None
depends_on = None

ORDER_STATES = (
    "state IN ('awaiting_payment', 'finalizing', 'confirmed', 'cancelling', "
    "'cancelled', 'expired', 'refunded')"
)

# In an order in which foreign keys find their target.
TABLES = (
    "idempotency",
    "inbox",
    "offers",
    "orders",
    "outbox",
    "contacts",
    "order_history",
    "order_holds",
    "payments",
    "order_lines",
    "refunds",
    "attendees",
    "tickets",
)


def upgrade() -> None:
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "stored_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("scope", "key", name="idempotency_pkey"),
        schema="orders",
    )
    op.create_index("idempotency_stored_at_idx", "idempotency", ["stored_at"], schema="orders")
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column(
            "handled_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("consumer", "message_id", name="inbox_pkey"),
        schema="orders",
    )
    op.create_index("inbox_handled_at_idx", "inbox", ["handled_at"], schema="orders")
    op.create_table(
        "offers",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancellation_deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("prices", JSONB(), nullable=True),
        sa.Column("seats_per_order_max", sa.Integer(), nullable=True),
        sa.Column("pesel_required", sa.Boolean(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("orders_cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="offers_cancelled_at_check"
        ),
        sa.CheckConstraint("state = 'cancelled' OR prices IS NOT NULL", name="offers_details_check"),
        sa.CheckConstraint("state IN ('published', 'cancelled')", name="offers_state_check"),
        sa.PrimaryKeyConstraint("event_id", name="offers_pkey"),
        schema="orders",
    )
    op.create_index(
        "offers_to_cancel_idx",
        "offers",
        ["event_id"],
        schema="orders",
        postgresql_where=sa.text("state = 'cancelled' AND orders_cancelled_at IS NULL"),
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holds_expire_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("command_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("command_resends", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="orders_currency_check"),
        sa.CheckConstraint(
            ORDER_STATES,
            name="orders_state_check",
        ),
        sa.CheckConstraint(
            "state NOT IN ('finalizing', 'cancelling') OR command_sent_at IS NOT NULL",
            name="orders_command_sent_at_check",
        ),
        sa.CheckConstraint("command_resends >= 0", name="orders_command_resends_check"),
        sa.CheckConstraint("total_minor >= 0", name="orders_total_minor_check"),
        sa.PrimaryKeyConstraint("order_id", name="orders_pkey"),
        schema="orders",
    )
    op.create_index(
        "orders_awaiting_payment_idx",
        "orders",
        ["holds_expire_at"],
        schema="orders",
        postgresql_where=sa.text("state = 'awaiting_payment'"),
    )
    op.create_index("orders_buyer_id_order_id_idx", "orders", ["buyer_id", "order_id"], schema="orders")
    op.create_index(
        "orders_under_way_idx",
        "orders",
        ["command_sent_at"],
        schema="orders",
        postgresql_where=sa.text("state IN ('finalizing', 'cancelling')"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("message_type", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.UUID(), nullable=False),
        sa.Column("aggregate_version", sa.BigInteger(), nullable=True),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column(
            "occurred_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="outbox_pkey"),
        schema="orders",
    )
    op.create_index("outbox_next_attempt_at_id_idx", "outbox", ["next_attempt_at", "id"], schema="orders")
    op.create_table(
        "contacts",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.orders.order_id"], name="contacts_order_id_fkey"),
        sa.PrimaryKeyConstraint("order_id", name="contacts_pkey"),
        schema="orders",
    )
    op.create_table(
        "order_history",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint(
            ORDER_STATES,
            name="order_history_state_check",
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.orders.order_id"], name="order_history_order_id_fkey"),
        sa.PrimaryKeyConstraint("order_id", "version", name="order_history_pkey"),
        schema="orders",
    )
    op.create_table(
        "order_holds",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("seat_ids", ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("cardinality(seat_ids) > 0", name="order_holds_seat_ids_check"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.orders.order_id"], name="order_holds_order_id_fkey"),
        sa.PrimaryKeyConstraint("hold_id", name="order_holds_pkey"),
        schema="orders",
    )
    op.create_index("order_holds_event_id_idx", "order_holds", ["event_id"], schema="orders")
    op.create_index("order_holds_order_id_idx", "order_holds", ["order_id"], schema="orders")
    op.create_table(
        "payments",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="payments_currency_check"),
        sa.CheckConstraint(
            "state IN ('pending', 'captured', 'refunding', 'refunded', 'failed')", name="payments_state_check"
        ),
        sa.CheckConstraint("amount_minor > 0", name="payments_amount_minor_check"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.orders.order_id"], name="payments_order_id_fkey"),
        sa.PrimaryKeyConstraint("payment_id", name="payments_pkey"),
        sa.UniqueConstraint("provider", "reference", name="payments_provider_reference_key"),
        schema="orders",
    )
    op.create_index("payments_order_id_idx", "payments", ["order_id"], schema="orders")
    op.create_table(
        "order_lines",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Text(), nullable=False),
        sa.Column("price_category", sa.Text(), nullable=False),
        sa.Column("ticket_type", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name="order_lines_price_minor_check"),
        sa.ForeignKeyConstraint(["event_id"], ["orders.offers.event_id"], name="order_lines_event_id_fkey"),
        sa.ForeignKeyConstraint(["hold_id"], ["orders.order_holds.hold_id"], name="order_lines_hold_id_fkey"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.orders.order_id"], name="order_lines_order_id_fkey"),
        sa.PrimaryKeyConstraint("line_id", name="order_lines_pkey"),
        sa.UniqueConstraint(
            "order_id", "event_id", "seat_id", name="order_lines_order_id_event_id_seat_id_key"
        ),
        sa.UniqueConstraint("order_id", "position", name="order_lines_order_id_position_key"),
        schema="orders",
    )
    op.create_table(
        "refunds",
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="refunds_settled_at_check"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="refunds_currency_check"),
        sa.CheckConstraint("state IN ('pending', 'settled')", name="refunds_state_check"),
        sa.CheckConstraint("amount_minor > 0", name="refunds_amount_minor_check"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.orders.order_id"], name="refunds_order_id_fkey"),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["orders.payments.payment_id"], name="refunds_payment_id_fkey"
        ),
        sa.PrimaryKeyConstraint("refund_id", name="refunds_pkey"),
        sa.UniqueConstraint("payment_id", name="refunds_payment_id_key"),
        schema="orders",
    )
    op.create_index("refunds_order_id_idx", "refunds", ["order_id"], schema="orders")
    op.create_index(
        "refunds_pending_idx",
        "refunds",
        ["refund_id"],
        schema="orders",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "attendees",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["orders.order_lines.line_id"], name="attendees_line_id_fkey"),
        sa.PrimaryKeyConstraint("line_id", name="attendees_pkey"),
        schema="orders",
    )
    op.create_table(
        "tickets",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Text(), nullable=False),
        sa.Column("ticket_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'voided') = (voided_at IS NOT NULL)", name="tickets_voided_at_check"),
        sa.CheckConstraint("state IN ('valid', 'voided')", name="tickets_state_check"),
        sa.ForeignKeyConstraint(["line_id"], ["orders.order_lines.line_id"], name="tickets_line_id_fkey"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.orders.order_id"], name="tickets_order_id_fkey"),
        sa.PrimaryKeyConstraint("ticket_id", name="tickets_pkey"),
        sa.UniqueConstraint("line_id", name="tickets_line_id_key"),
        sa.UniqueConstraint("ticket_code", name="tickets_ticket_code_key"),
        schema="orders",
    )
    op.create_index("tickets_order_id_idx", "tickets", ["order_id"], schema="orders")
    op.create_index(
        "tickets_valid_seat_key",
        "tickets",
        ["event_id", "seat_id"],
        unique=True,
        schema="orders",
        postgresql_where=sa.text("state = 'valid'"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema="orders")
