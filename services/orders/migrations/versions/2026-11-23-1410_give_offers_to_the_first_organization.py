"""Give offers that were seen before there were organizations to the first one, as catalog did."""

from alembic import op

revision = "2026_11_23_1410"
down_revision = "2026_11_23_1400"
branch_labels = None
depends_on = None

# As catalog's and reservation's: messages.catalog.FIRST_ORGANIZATION_ID. A tombstone is nobody's.
FIRST_ORGANIZATION = """
UPDATE orders.offers SET organization_id = '00000000-0000-7000-8000-000000000001'
WHERE organization_id IS NULL AND prices IS NOT NULL
"""


def upgrade() -> None:
    op.execute(FIRST_ORGANIZATION)


def downgrade() -> None:
    """Nothing: whose they are is no less true before."""
