"""Payments are attempts at a provider, may be captured more than once and are refunded in parts;
notices are kept; an order remembers that its holds were prolonged.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_2000"
down_revision = "2026_11_23_1410"
branch_labels = None
depends_on = None

PAYMENT_CHECKS = {
    "payments_refund_minor_check": "refund_minor <= captured_minor",
    "payments_money_check": (
        "CASE WHEN state IN ('pending', 'failed') THEN captured_minor = 0 AND refund_minor = 0 "
        "WHEN state = 'captured' THEN refund_minor BETWEEN 0 AND captured_minor - 1 "
        "ELSE refund_minor = captured_minor END"
    ),
    "payments_reference_check": "reference IS NOT NULL OR state IN ('pending', 'failed')",
    "payments_failure_check": "failure IN ('declined', 'expired', 'never_made', 'withdrawn')",
    "payments_failed_check": "state <> 'failed' OR failure IS NOT NULL",
    "payments_discrepancy_check": "discrepancy IN ('amount_differs', 'currency_differs', 'captured_twice')",
    "payments_look_at_check": "state <> 'pending' OR look_at IS NOT NULL",
    "payments_looks_check": "looks >= 0",
}
# As the first migration named it, by the naming convention and by itself.
OLD_STATE_CHECK = "refunds_refunds_state_check_check"
REFUND_CHECKS = {
    "refunds_state_check": "state IN ('pending', 'submitted', 'settled', 'failed')",
    "refunds_attempts_check": "attempts >= 0",
    "refunds_provider_reference_check": "state <> 'submitted' OR provider_reference IS NOT NULL",
}
# Until now every payment was one capture, recorded whole and refunded whole or not at all.
RECORDED_PAYMENTS = """
UPDATE orders.payments SET
    captured_minor = CASE WHEN state IN ('captured', 'refunding', 'refunded') THEN amount_minor ELSE 0 END,
    refund_minor = CASE WHEN state IN ('refunding', 'refunded') THEN amount_minor ELSE 0 END
"""
REFUNDS_IN_FULL = """
UPDATE orders.refunds SET capture_reference = payments.reference, cause = 'order'
FROM orders.payments WHERE payments.payment_id = refunds.payment_id
"""


def upgrade() -> None:
    op.add_column("orders", sa.Column("holds_renewed_at", sa.DateTime(timezone=True)), schema="orders")
    change_payments()
    change_refunds()
    create_notices()


def change_payments() -> None:
    for column in (
        sa.Column("captured_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refund_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("page_url", sa.Text()),
        sa.Column("return_url", sa.Text()),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("failure", sa.Text()),
        sa.Column("discrepancy", sa.Text()),
        sa.Column("look_at", sa.DateTime(timezone=True)),
        sa.Column("looks", sa.Integer(), server_default=sa.text("0"), nullable=False),
    ):
        op.add_column("payments", column, schema="orders")
    op.execute(RECORDED_PAYMENTS)
    op.alter_column("payments", "reference", existing_type=sa.Text(), nullable=True, schema="orders")
    for name, condition in PAYMENT_CHECKS.items():
        op.create_check_constraint(op.f(name), "payments", condition, schema="orders")
    create_partial_index("payments_pending_key", "payments", "order_id", "state = 'pending'", unique=True)
    create_partial_index("payments_look_at_idx", "payments", "look_at", "look_at IS NOT NULL")


def change_refunds() -> None:
    for column in (
        sa.Column("capture_reference", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("provider_reference", sa.Text()),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("failure", sa.Text()),
    ):
        op.add_column("refunds", column, schema="orders")
    op.execute(REFUNDS_IN_FULL)
    for column in ("capture_reference", "cause"):
        op.alter_column("refunds", column, existing_type=sa.Text(), nullable=False, schema="orders")
    op.drop_constraint("refunds_payment_id_key", "refunds", schema="orders")
    op.create_unique_constraint(
        "refunds_payment_id_capture_reference_cause_key",
        "refunds",
        ["payment_id", "capture_reference", "cause"],
        schema="orders",
    )
    op.drop_constraint(OLD_STATE_CHECK, "refunds", schema="orders")
    for name, condition in REFUND_CHECKS.items():
        op.create_check_constraint(op.f(name), "refunds", condition, schema="orders")
    op.drop_index("refunds_pending_idx", "refunds", schema="orders")
    create_partial_index("refunds_open_idx", "refunds", "refund_id", "state <> 'settled'")
    for column in ("next_attempt_at", "provider_reference"):
        create_partial_index(f"refunds_{column}_idx", "refunds", column, f"{column} IS NOT NULL")


def create_notices() -> None:
    op.create_table(
        "payment_notices",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid()),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('taken', 'unknown_payment', 'of_no_interest')",
            name=op.f("payment_notices_verdict_check"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["orders.payments.payment_id"], name="payment_notices_payment_id_fkey"
        ),
        sa.PrimaryKeyConstraint("provider", "notice_id", name="payment_notices_pkey"),
        schema="orders",
    )
    op.create_index("payment_notices_payment_id_idx", "payment_notices", ["payment_id"], schema="orders")


def create_partial_index(name: str, table: str, column: str, where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, [column], unique=unique, schema="orders", postgresql_where=sa.text(where))


def downgrade() -> None:
    # Only while every payment is a recorded one, refunded in full or not at all.
    op.drop_table("payment_notices", schema="orders")
    restore_refunds()
    restore_payments()
    op.drop_column("orders", "holds_renewed_at", schema="orders")


def restore_refunds() -> None:
    for name in REFUND_CHECKS:
        op.drop_constraint(name, "refunds", schema="orders")
    op.create_check_constraint(
        op.f(OLD_STATE_CHECK), "refunds", "state IN ('pending', 'settled')", schema="orders"
    )
    op.drop_index("refunds_open_idx", "refunds", schema="orders")
    create_partial_index("refunds_pending_idx", "refunds", "refund_id", "state = 'pending'")
    op.drop_constraint("refunds_payment_id_capture_reference_cause_key", "refunds", schema="orders")
    op.create_unique_constraint("refunds_payment_id_key", "refunds", ["payment_id"], schema="orders")
    for column in (
        "failure",
        "next_attempt_at",
        "attempts",
        "provider_reference",
        "cause",
        "capture_reference",
    ):
        op.drop_column("refunds", column, schema="orders")


def restore_payments() -> None:
    op.drop_index("payments_pending_key", "payments", schema="orders")
    for name in PAYMENT_CHECKS:
        op.drop_constraint(name, "payments", schema="orders")
    op.alter_column("payments", "reference", existing_type=sa.Text(), nullable=False, schema="orders")
    for column in (
        "looks",
        "look_at",
        "discrepancy",
        "failure",
        "expires_at",
        "return_url",
        "page_url",
        "refund_minor",
        "captured_minor",
    ):
        op.drop_column("payments", column, schema="orders")
