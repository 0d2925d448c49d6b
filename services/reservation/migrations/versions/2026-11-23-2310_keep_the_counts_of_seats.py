"""Keep what was counted of each event's seats, so that their sum is known without reading millions."""

from alembic import op

revision = "2026_11_23_2310"
down_revision = "2026_11_23_2300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No foreign key: it would lock the events of a running sale, and no event is ever deleted.
    op.execute("""
        CREATE TABLE reservation.seat_counts (
            event_id UUID PRIMARY KEY,
            free INTEGER NOT NULL,
            held INTEGER NOT NULL,
            sold INTEGER NOT NULL,
            blocked INTEGER NOT NULL,
            counted_at TIMESTAMPTZ NOT NULL
        ) WITH (fillfactor = 50)
    """)
    # Events that are on sale already are counted by the job as if they had changed.
    op.execute("""
        INSERT INTO reservation.availability_marks (event_id)
        SELECT event_id FROM reservation.events WHERE status = 'on_sale' AND sales_end_at > clock_timestamp()
    """)


def downgrade() -> None:
    op.execute("DROP TABLE reservation.seat_counts")
