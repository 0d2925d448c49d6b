"""Seal contacts and attendees; limit the tickets of one person; record who reads attendees; book erasures.

What was stored in clear is sealed here and its tables are dropped, files and all: columns that are
only dropped stay readable in the rows. Where there are such rows, WRAPPING_KEYS and LOOKUP_KEY must
name the key files of the service. Run it while orders is stopped; it seals some 20,000 rows a second.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.data_keys import DataKeys, OpenKey
from chassis.fingerprints import Fingerprints
from chassis.sealing import Place, seal_with

revision = "2026_11_23_1400"
down_revision = "2026_11_23_1300"
branch_labels = None
depends_on = None

BATCH_ROWS = 1000
SEALED = "octet_length({column}) >= 45 AND get_byte({column}, 0) = 1"
CLEAR = ("contacts", "attendees")

REFUSE_CHANGES = """
CREATE FUNCTION orders.refuse_change_of_access_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'access records are append only';
END $$;
CREATE TRIGGER access_records_are_append_only BEFORE UPDATE OR DELETE ON orders.access_records
  FOR EACH ROW EXECUTE FUNCTION orders.refuse_change_of_access_records();
"""


def upgrade() -> None:
    set_clear_tables_aside()
    seal_stored_answers()
    create_data_keys()
    extend_offers_and_orders()
    create_contacts()
    create_attendees()
    create_access_records()
    seal_clear_rows()
    for table in CLEAR:
        op.drop_table(f"clear_{table}", schema="orders")


def set_clear_tables_aside() -> None:
    for table in CLEAR:
        op.rename_table(table, f"clear_{table}", schema="orders")
        op.execute(f"ALTER INDEX orders.{table}_pkey RENAME TO clear_{table}_pkey")


def seal_stored_answers() -> None:
    # Not kept: they are in clear, and one asks for them within two days or never.
    op.execute("TRUNCATE orders.idempotency")
    op.drop_column("idempotency", "headers", schema="orders")
    op.create_check_constraint(
        "idempotency_body_sealed_check", "idempotency", SEALED.format(column="body"), schema="orders"
    )


def create_data_keys() -> None:
    op.create_table(
        "data_keys",
        sa.Column("data_key_id", sa.UUID(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("wrapping_key_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('active', 'retired')", name="data_keys_state_check"),
        sa.CheckConstraint(
            "(state = 'retired') = (retired_at IS NOT NULL)", name="data_keys_retired_at_check"
        ),
        sa.PrimaryKeyConstraint("data_key_id", name="data_keys_pkey"),
        schema="orders",
    )
    op.create_index(
        "data_keys_active_key",
        "data_keys",
        ["state"],
        unique=True,
        schema="orders",
        postgresql_where=sa.text("state = 'active'"),
    )


def extend_offers_and_orders() -> None:
    op.add_column("offers", sa.Column("organization_id", sa.Uuid(), nullable=True), schema="orders")
    op.add_column("offers", sa.Column("tickets_per_person_max", sa.Integer(), nullable=True), schema="orders")
    op.add_column(
        "offers", sa.Column("attendees_final_at", sa.DateTime(timezone=True), nullable=True), schema="orders"
    )
    op.create_check_constraint(
        "offers_tickets_per_person_max_check",
        "offers",
        "tickets_per_person_max IS NULL OR (tickets_per_person_max > 0 AND pesel_required)",
        schema="orders",
    )
    op.add_column(
        "orders", sa.Column("erasure_booked_at", sa.DateTime(timezone=True), nullable=True), schema="orders"
    )
    op.create_index(
        "orders_to_erase_idx",
        "orders",
        ["erasure_booked_at"],
        schema="orders",
        postgresql_where=sa.text("erasure_booked_at IS NOT NULL AND erased_at IS NULL"),
    )


def create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("email_fingerprint", sa.Text(), nullable=False),
        sa.CheckConstraint(SEALED.format(column="sealed"), name="contacts_sealed_sealed_check"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.orders.order_id"], name="contacts_order_id_fkey"),
        sa.PrimaryKeyConstraint("order_id", name="contacts_pkey"),
        schema="orders",
    )
    op.create_index("contacts_email_fingerprint_idx", "contacts", ["email_fingerprint"], schema="orders")


def create_attendees() -> None:
    op.create_table(
        "attendees",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("shredded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_fingerprint", sa.Text(), nullable=True),
        sa.Column("person_ticket", sa.Integer(), nullable=True),
        sa.Column("person_tickets_max", sa.Integer(), nullable=True),
        sa.CheckConstraint(SEALED.format(column="sealed"), name="attendees_sealed_sealed_check"),
        sa.CheckConstraint(
            "(sealed IS NULL) = (shredded_at IS NOT NULL)", name="attendees_shredded_at_check"
        ),
        sa.CheckConstraint(
            "sealed IS NOT NULL OR person_fingerprint IS NULL", name="attendees_person_fingerprint_check"
        ),
        sa.CheckConstraint(
            "person_ticket IS NULL OR (person_fingerprint IS NOT NULL AND person_tickets_max IS NOT NULL "
            "AND person_ticket BETWEEN 1 AND person_tickets_max)",
            name="attendees_person_ticket_check",
        ),
        sa.ForeignKeyConstraint(["line_id"], ["orders.order_lines.line_id"], name="attendees_line_id_fkey"),
        sa.ForeignKeyConstraint(["event_id"], ["orders.offers.event_id"], name="attendees_event_id_fkey"),
        sa.PrimaryKeyConstraint("line_id", name="attendees_pkey"),
        sa.UniqueConstraint(
            "person_fingerprint",
            "person_ticket",
            name="attendees_person_fingerprint_person_ticket_key",
        ),
        schema="orders",
    )
    op.create_index(
        "attendees_to_shred_idx",
        "attendees",
        ["event_id"],
        schema="orders",
        postgresql_where=sa.text("sealed IS NOT NULL"),
    )


def create_access_records() -> None:
    op.create_table(
        "access_records",
        sa.Column("access_record_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.CheckConstraint("rows >= 0", name="access_records_rows_check"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["orders.offers.event_id"], name="access_records_event_id_fkey"
        ),
        sa.PrimaryKeyConstraint("access_record_id", name="access_records_pkey"),
        schema="orders",
    )
    op.create_index("access_records_event_id_at_idx", "access_records", ["event_id", "at"], schema="orders")
    op.execute(REFUSE_CHANGES)


def seal_clear_rows() -> None:
    connection = op.get_bind()
    if not any(connection.scalar(sa.text(f"SELECT EXISTS (TABLE orders.clear_{table})")) for table in CLEAR):
        return
    key, fingerprints = first_data_key(connection), Fingerprints.load(os.environ.get("LOOKUP_KEY", ""))

    def contact(row: Any) -> dict[str, Any]:
        clear = {"email": row.email, "name": row.name, "phone": row.phone}
        sealed = seal(key, clear, table="orders.contacts", row=row.order_id)
        email_fingerprint = fingerprints.email(row.email)
        return {"order_id": row.order_id, "sealed": sealed, "email_fingerprint": email_fingerprint}

    def attendee(row: Any) -> dict[str, Any]:
        clear = {"first_name": row.first_name, "last_name": row.last_name, "pesel": None}
        sealed = seal(key, clear, table="orders.attendees", row=row.line_id)
        return {"line_id": row.line_id, "event_id": row.event_id, "sealed": sealed}

    contacts = "SELECT * FROM orders.clear_contacts"
    attendees = "SELECT * FROM orders.clear_attendees JOIN orders.order_lines USING (line_id)"
    insert_contacts = sa.text(
        "INSERT INTO orders.contacts (order_id, sealed, email_fingerprint) "
        "VALUES (:order_id, :sealed, :email_fingerprint)"
    )
    insert_attendees = sa.text(
        "INSERT INTO orders.attendees (line_id, event_id, sealed) VALUES (:line_id, :event_id, :sealed)"
    )
    for rows in batches(connection, contacts):
        connection.execute(insert_contacts, [contact(row) for row in rows])
    for rows in batches(connection, attendees):
        connection.execute(insert_attendees, [attendee(row) for row in rows])


def first_data_key(connection: sa.Connection) -> OpenKey:
    """Makes the schema's first data key, as a Sealer would; it cannot, for the table is not there yet."""
    keys = DataKeys(None, schema="orders", wrapping_keys_path=os.environ.get("WRAPPING_KEYS", ""), cache_s=0)  # pyright: ignore[reportArgumentType]  -- it is not asked to read
    row = keys.new_row()
    connection.execute(
        sa.text(
            "INSERT INTO orders.data_keys (data_key_id, wrapped, wrapping_key_id, state) "
            "VALUES (:data_key_id, :wrapped, :wrapping_key_id, 'active')"
        ),
        row,
    )
    stored = connection.execute(sa.text("SELECT * FROM orders.data_keys")).one()
    return OpenKey(row["data_key_id"], AESGCM(keys.unwrap(stored)))


def seal(key: OpenKey, clear: dict[str, Any], *, table: str, row: object) -> bytes:
    return seal_with(key, json.dumps(clear).encode(), place=Place(table, "sealed"), row=str(row))


def batches(connection: sa.Connection, select: str) -> Iterator[Any]:
    with connection.execute(sa.text(select), execution_options={"yield_per": BATCH_ROWS}) as result:
        yield from result.partitions()


def downgrade() -> None:
    # Forward only: going back would mean to store people's data in clear again.
    raise NotImplementedError("restore a backup instead: this would store personal data in clear")
