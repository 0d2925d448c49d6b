"""Keep what a mail follows: the step of a trace, and the request it all began with."""

from alembic import op

revision = "2026_11_23_2310"
down_revision = "2026_11_23_2300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE notifications.mails ADD COLUMN traceparent TEXT, ADD COLUMN request_id TEXT")


def downgrade() -> None:
    op.execute("ALTER TABLE notifications.mails DROP COLUMN request_id, DROP COLUMN traceparent")
