"""Give events a refund policy. Those there are have none: whoever may cancel gets everything back."""

from alembic import op

revision = "2026_11_23_2030"
down_revision = "2026_11_23_0650"
branch_labels = None
depends_on = None

POLICY = """
ALTER TABLE catalog.events
    ADD COLUMN refund_full_until timestamptz,
    ADD COLUMN refund_part_until timestamptz,
    ADD COLUMN refund_part_percent integer,
    ADD COLUMN refund_fee_minor bigint,
    ADD COLUMN refund_fee_refunded boolean,
    ADD CONSTRAINT events_refund_policy_check CHECK (
        num_nonnulls(refund_part_percent, refund_fee_minor, refund_fee_refunded) IN (0, 3)
        AND (refund_part_percent IS NOT NULL OR num_nonnulls(refund_full_until, refund_part_until) = 0)
    ),
    ADD CONSTRAINT events_refund_part_until_check CHECK (refund_part_until > refund_full_until),
    ADD CONSTRAINT events_refund_until_check CHECK (
        refund_full_until <= starts_at AND refund_part_until <= starts_at
    ),
    ADD CONSTRAINT events_refund_part_percent_check CHECK (refund_part_percent BETWEEN 0 AND 100),
    ADD CONSTRAINT events_refund_fee_minor_check CHECK (refund_fee_minor >= 0)
"""

NO_POLICY = """
ALTER TABLE catalog.events
    DROP COLUMN refund_full_until,
    DROP COLUMN refund_part_until,
    DROP COLUMN refund_part_percent,
    DROP COLUMN refund_fee_minor,
    DROP COLUMN refund_fee_refunded
"""


def upgrade() -> None:
    op.execute(POLICY)


def downgrade() -> None:
    op.execute(NO_POLICY)
