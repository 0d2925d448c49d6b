"""Keep a ledger: every movement of money, append only. What was captured and paid back before is entered.
Beside it, what the last comparison of the books found.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_23_2010"
down_revision = "2026_11_23_2000"
branch_labels = None
depends_on = None

CHECKS = {
    "ledger_entries_kind_check": "kind IN ('captured', 'refunded', 'fee')",
    "ledger_entries_amount_minor_check": "amount_minor > 0",
    "ledger_entries_currency_check": "currency ~ '^[A-Z]{3}$'",
    "ledger_entries_refund_id_check": "(kind = 'refunded') = (refund_id IS NOT NULL)",
}
FOREIGN_KEYS = {"order_id": "orders", "payment_id": "payments", "refund_id": "refunds"}

APPEND_ONLY = """
CREATE FUNCTION orders.refuse_change_of_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append only: put a wrong entry right by another movement';
END $$;
CREATE TRIGGER ledger_entries_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON orders.ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION orders.refuse_change_of_ledger();
"""
# An entry's id is a UUIDv7 of its time: 48 bits of milliseconds, then the version and random bits.
ENTER_WHAT_MOVED_BEFORE = """
INSERT INTO orders.ledger_entries
    (entry_id, order_id, payment_id, refund_id, kind, amount_minor, currency, provider, reference, at)
SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
           PLACING substring(int8send(floor(extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
           52, 1), 53, 1), 'hex')::uuid,
       moved.*
FROM (
    SELECT order_id, payment_id, NULL::uuid, 'captured', amount_minor, currency,
           provider, reference, created_at AS at
    FROM orders.payments
    WHERE state IN ('captured', 'refunding', 'refunded')
    UNION ALL
    SELECT payments.order_id, payment_id, refund_id, 'refunded', refunds.amount_minor, refunds.currency,
           provider, refund_id::text, settled_at
    FROM orders.refunds
    JOIN orders.payments USING (payment_id)
    WHERE refunds.state = 'settled'
) AS moved
"""


def upgrade() -> None:
    create_ledger()
    op.create_table(
        "reconciliation",
        sa.Column("only_one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("findings", JSONB()),
        sa.Column("not_compared", JSONB()),
        sa.CheckConstraint("only_one", name=op.f("reconciliation_only_one_check")),
        sa.PrimaryKeyConstraint("only_one", name="reconciliation_pkey"),
        schema="orders",
    )


def create_ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.CheckConstraint(condition, name=op.f(name)) for name, condition in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"orders.{table}.{column}"], name=f"ledger_entries_{column}_fkey"
            )
            for column, table in FOREIGN_KEYS.items()
        ),
        sa.PrimaryKeyConstraint("entry_id", name="ledger_entries_pkey"),
        sa.UniqueConstraint(
            "kind", "provider", "reference", name="ledger_entries_kind_provider_reference_key"
        ),
        schema="orders",
    )
    for column in ("order_id", "payment_id"):
        op.create_index(f"ledger_entries_{column}_idx", "ledger_entries", [column], schema="orders")
    op.execute(ENTER_WHAT_MOVED_BEFORE)
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_table("reconciliation", schema="orders")
    op.drop_table("ledger_entries", schema="orders")
    op.execute("DROP FUNCTION orders.refuse_change_of_ledger()")
