"""Carry the id of the request that a message comes from, for the log lines of whoever receives it."""

from alembic import op

revision = "2026_11_23_2300"
down_revision = "2026_11_23_2030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE catalog.outbox ADD COLUMN request_id TEXT")


def downgrade() -> None:
    op.execute("ALTER TABLE catalog.outbox DROP COLUMN request_id")
