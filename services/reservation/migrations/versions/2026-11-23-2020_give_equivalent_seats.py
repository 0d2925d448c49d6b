"""Remember which seats an order was given instead of those it held."""

from alembic import op

revision = "2026_11_23_2020"
down_revision = "2026_11_23_1130"
branch_labels = None
depends_on = None

CHECKS = (
    ("confirmations", "confirmations_answer_check", "refusal IS NULL OR given IS NULL"),
    ("holds", "holds_given_check", "given_seat_ids IS NULL OR state = 'confirmed'"),
)


def upgrade() -> None:
    op.execute("ALTER TABLE reservation.confirmations ADD COLUMN given JSONB")
    op.execute("ALTER TABLE reservation.holds ADD COLUMN given_seat_ids TEXT[]")
    for table, name, rule in CHECKS:
        op.create_check_constraint(name, table, rule, schema="reservation")


def downgrade() -> None:
    # Only while no order was given other seats: those would be strays.
    for table, name, _ in CHECKS:
        op.drop_constraint(name, table, schema="reservation", type_="check")
    op.execute("ALTER TABLE reservation.holds DROP COLUMN given_seat_ids")
    op.execute("ALTER TABLE reservation.confirmations DROP COLUMN given")
