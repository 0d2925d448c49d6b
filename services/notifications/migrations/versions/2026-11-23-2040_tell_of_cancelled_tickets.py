"""Let mails tell that some tickets of an order were cancelled."""

from alembic import op

revision = "2026_11_23_2040"
down_revision = "2026_11_23_1200"
branch_labels = None
depends_on = None

CHECK = "mails_kind_check"
# As the first migration named it, by the naming convention and by itself.
OLD_CHECK = "mails_mails_kind_check_check"
KIND = "order_tickets_cancelled"
OTHER_KINDS = (
    "'verification', 'repeated_registration', 'password_reset', 'password_changed', 'invitation', "
    "'guest_orders_found', 'order_links', 'order_confirmed', 'order_cancelled', 'order_expired', "
    "'order_refunded'"
)


def upgrade() -> None:
    op.drop_constraint(OLD_CHECK, "mails", schema="notifications")
    create_check(CHECK, f"{OTHER_KINDS}, '{KIND}'")


def downgrade() -> None:
    op.drop_constraint(CHECK, "mails", schema="notifications")
    op.execute(f"DELETE FROM notifications.mails WHERE kind = '{KIND}'")  # noqa: S608 -- a constant
    create_check(OLD_CHECK, OTHER_KINDS)


def create_check(name: str, kinds: str) -> None:
    op.create_check_constraint(op.f(name), "mails", f"kind IN ({kinds})", schema="notifications")
