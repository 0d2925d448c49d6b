"""Find holds long over, and answers to ConfirmHolds given long ago, without reading all of them."""

from alembic import op

revision = "2026_11_23_1110"
down_revision = "2026_11_23_1100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX holds_over_expiry_idx ON reservation.holds (expires_at) WHERE state <> 'active'")
    op.execute("CREATE INDEX confirmations_decided_at_idx ON reservation.confirmations (decided_at)")


def downgrade() -> None:
    op.execute("DROP INDEX reservation.confirmations_decided_at_idx")
    op.execute("DROP INDEX reservation.holds_over_expiry_idx")
