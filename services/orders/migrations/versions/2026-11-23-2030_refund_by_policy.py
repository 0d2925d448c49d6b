"""Give offers their refund policy, and let a job ask a provider about refunds until they are settled."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_2030"
down_revision = "2026_11_23_2020"
branch_labels = None
depends_on = None

OFFER_CHECKS = {
    "offers_refund_policy_check": (
        "num_nonnulls(refund_part_percent, refund_fee_minor, refund_fee_refunded) IN (0, 3)"
    ),
    "offers_refund_part_percent_check": "refund_part_percent BETWEEN 0 AND 100",
    "offers_refund_fee_minor_check": "refund_fee_minor >= 0",
}
REFUND_CHECKS = {
    "refunds_asked_check": "asked >= 0",
    "refunds_next_attempt_at_check": (
        "CASE WHEN state IN ('settled', 'failed') THEN next_attempt_at IS NULL "
        "WHEN state = 'submitted' THEN next_attempt_at IS NOT NULL ELSE true END"
    ),
}


def upgrade() -> None:
    for column in (
        sa.Column("refund_full_until", sa.DateTime(timezone=True)),
        sa.Column("refund_part_until", sa.DateTime(timezone=True)),
        sa.Column("refund_part_percent", sa.Integer()),
        sa.Column("refund_fee_minor", sa.BigInteger()),
        sa.Column("refund_fee_refunded", sa.Boolean()),
    ):
        op.add_column("offers", column, schema="orders")
    op.add_column(
        "refunds",
        sa.Column("asked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        schema="orders",
    )
    for table, checks in (("offers", OFFER_CHECKS), ("refunds", REFUND_CHECKS)):
        for name, condition in checks.items():
            op.create_check_constraint(op.f(name), table, condition, schema="orders")


def downgrade() -> None:
    for name in REFUND_CHECKS:
        op.drop_constraint(name, "refunds", schema="orders")
    op.drop_column("refunds", "asked", schema="orders")
    for name in OFFER_CHECKS:
        op.drop_constraint(name, "offers", schema="orders")
    for column in (
        "refund_fee_refunded",
        "refund_fee_minor",
        "refund_part_percent",
        "refund_part_until",
        "refund_full_until",
    ):
        op.drop_column("offers", column, schema="orders")
