"""Create the tables of notifications: mails, and the chassis tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_1200"
down_revision = None
branch_labels = None
depends_on = None

KINDS = (
    "kind IN ('verification', 'repeated_registration', 'password_reset', 'password_changed', 'invitation', "
    "'guest_orders_found', 'order_links', 'order_confirmed', 'order_cancelled', 'order_expired', "
    "'order_refunded')"
)


def _at(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[object]:
    server_default = sa.text(default) if default else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=server_default)


def upgrade() -> None:
    op.create_table(
        "mails",
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("cause_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("orders_found", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("smtp_code", sa.Integer(), nullable=True),
        sa.Column("edition", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("claims", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _at("caused_at"),
        _at("waiting_since"),
        _at("due_at"),
        _at("ended_at", nullable=True),
        sa.CheckConstraint(KINDS, name="mails_kind_check"),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'skipped', 'given_up')", name="mails_state_check"),
        sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="mails_ended_at_check"),
        sa.CheckConstraint(
            "state NOT IN ('skipped', 'given_up') OR reason IS NOT NULL", name="mails_reason_check"
        ),
        sa.CheckConstraint(
            "(kind = 'guest_orders_found') = (orders_found IS NOT NULL)", name="mails_orders_found_check"
        ),
        sa.CheckConstraint("edition > 0 AND claims >= 0", name="mails_counts_check"),
        sa.PrimaryKeyConstraint("mail_id", name="mails_pkey"),
        sa.UniqueConstraint(
            "kind", "cause_id", "cause_version", name="mails_kind_cause_id_cause_version_key"
        ),
        schema="notifications",
    )
    for name, column, where in (
        ("mails_due_idx", "due_at", "state = 'waiting'"),
        ("mails_account_id_idx", "account_id", "account_id IS NOT NULL"),
        ("mails_ended_at_idx", "ended_at", "ended_at IS NOT NULL"),
    ):
        op.create_index(name, "mails", [column], schema="notifications", postgresql_where=sa.text(where))
    _create_chassis_tables()


def downgrade() -> None:
    for table in ("mails", "outbox", "inbox", "idempotency"):
        op.drop_table(table, schema="notifications")


def _create_chassis_tables() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("message_type", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("aggregate_version", sa.BigInteger(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        _at("occurred_at", default="clock_timestamp()"),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _at("next_attempt_at", default="clock_timestamp()"),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="outbox_pkey"),
        schema="notifications",
    )
    op.create_index(
        "outbox_next_attempt_at_id_idx", "outbox", ["next_attempt_at", "id"], schema="notifications"
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        _at("handled_at", default="clock_timestamp()"),
        sa.PrimaryKeyConstraint("consumer", "message_id", name="inbox_pkey"),
        schema="notifications",
    )
    op.create_index("inbox_handled_at_idx", "inbox", ["handled_at"], schema="notifications")
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _at("stored_at", default="clock_timestamp()"),
        sa.CheckConstraint(
            "octet_length(body) >= 45 AND get_byte(body, 0) = 1", name="idempotency_body_sealed_check"
        ),
        sa.PrimaryKeyConstraint("scope", "key", name="idempotency_pkey"),
        schema="notifications",
    )
    op.create_index("idempotency_stored_at_idx", "idempotency", ["stored_at"], schema="notifications")
