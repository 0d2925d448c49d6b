"""Say of each event which organization it is of; those published before belong to the first one."""

from alembic import op

revision = "2026_11_23_1130"
down_revision = "2026_11_23_1120"
branch_labels = None
depends_on = None

ON_SALE = (
    "status = 'cancelled' OR (seating_plan_id IS NOT NULL AND sales_start_at < sales_end_at"
    " AND seats_per_order_max > 0{more})"
)
# As catalog's: messages.catalog.FIRST_ORGANIZATION_ID.
FIRST_ORGANIZATION = """
UPDATE reservation.events SET organization_id = '00000000-0000-7000-8000-000000000001'
WHERE seating_plan_id IS NOT NULL
"""


def upgrade() -> None:
    op.execute("ALTER TABLE reservation.events ADD COLUMN organization_id UUID")
    op.execute(FIRST_ORGANIZATION)
    _check(more=" AND organization_id IS NOT NULL")


def downgrade() -> None:
    _check(more="")
    op.execute("ALTER TABLE reservation.events DROP COLUMN organization_id")


def _check(*, more: str) -> None:
    op.drop_constraint("events_on_sale_check", "events", schema="reservation", type_="check")
    op.create_check_constraint(
        "events_on_sale_check", "events", ON_SALE.format(more=more), schema="reservation"
    )
