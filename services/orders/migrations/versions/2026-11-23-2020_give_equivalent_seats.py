"""An order may be given equivalent seats if its buyer allowed it; its lines remember what was ordered."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_2020"
down_revision = "2026_11_23_2010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    allowed = sa.Column("equivalent_seats_allowed", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("orders", allowed, schema="orders")
    op.add_column("order_lines", sa.Column("ordered_seat_id", sa.Text(), nullable=True), schema="orders")
    op.create_check_constraint(
        op.f("order_lines_ordered_seat_id_check"),
        "order_lines",
        "ordered_seat_id <> seat_id",
        schema="orders",
    )


def downgrade() -> None:
    # Which seats were ordered is forgotten; which are the order's is not.
    op.drop_constraint(op.f("order_lines_ordered_seat_id_check"), "order_lines", schema="orders")
    op.drop_column("order_lines", "ordered_seat_id", schema="orders")
    op.drop_column("orders", "equivalent_seats_allowed", schema="orders")
