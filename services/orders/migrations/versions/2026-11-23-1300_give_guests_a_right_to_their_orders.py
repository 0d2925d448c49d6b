"""An order is its buyer's, its guest's, or nobody's any more; who asked for links to orders; limits."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_1300"
down_revision = "2026_11_23_0332"
branch_labels = None
depends_on = None

CHECKS = {
    "orders_owner_check": "num_nonnulls(buyer_id, access_token_sha256, erased_at) = 1",
    "orders_access_token_sha256_check": "octet_length(access_token_sha256) = 32",
    "orders_access_generation_check": "access_generation >= 0",
}
SEALED = "octet_length(sealed) >= 45 AND get_byte(sealed, 0) = 1"


def upgrade() -> None:
    add_owners()
    create_lookups()
    create_rate_limits()


def add_owners() -> None:
    op.add_column(
        "orders", sa.Column("access_token_sha256", sa.LargeBinary(), nullable=True), schema="orders"
    )
    op.add_column(
        "orders",
        sa.Column("access_generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        schema="orders",
    )
    op.add_column(
        "orders", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True), schema="orders"
    )
    op.alter_column("orders", "buyer_id", existing_type=sa.Text(), nullable=True, schema="orders")
    for name, condition in CHECKS.items():
        op.create_check_constraint(name, "orders", condition, schema="orders")


def create_lookups() -> None:
    op.create_table(
        "order_lookups",
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column("email_fingerprint", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(SEALED, name="order_lookups_sealed_sealed_check"),
        sa.CheckConstraint("expires_at > requested_at", name="order_lookups_expires_at_check"),
        sa.PrimaryKeyConstraint("lookup_id", name="order_lookups_pkey"),
        schema="orders",
    )
    op.create_index(
        "order_lookups_email_fingerprint_idx", "order_lookups", ["email_fingerprint"], schema="orders"
    )
    op.create_index("order_lookups_expires_at_idx", "order_lookups", ["expires_at"], schema="orders")


def create_rate_limits() -> None:
    op.create_table(
        "rate_limits",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("who", sa.LargeBinary(), nullable=False),
        sa.Column("used_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "who", name="rate_limits_pkey"),
        schema="orders",
        prefixes=["UNLOGGED"],
    )
    op.create_index("rate_limits_used_up_at_idx", "rate_limits", ["used_up_at"], schema="orders")


def downgrade() -> None:
    # Only while no guest has ordered: their orders could belong to nobody before.
    for table in ("rate_limits", "order_lookups"):
        op.drop_table(table, schema="orders")
    for name in CHECKS:
        op.drop_constraint(name, "orders", schema="orders")
    op.alter_column("orders", "buyer_id", existing_type=sa.Text(), nullable=False, schema="orders")
    for column in ("erased_at", "access_generation", "access_token_sha256"):
        op.drop_column("orders", column, schema="orders")
