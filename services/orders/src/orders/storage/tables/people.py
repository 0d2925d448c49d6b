"""Personal data, and who read it."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from chassis.tables import sealed_check
from orders.storage.tables.metadata import METADATA, at
from orders.storage.tables.offers import offers
from orders.storage.tables.orders import order_id, order_lines

# Personal data stands apart (contacts, attendees), sealed, and leaves when its time is over without
# touching what bookkeeping keeps.
contacts = Table(
    "contacts",
    METADATA,
    order_id(primary_key=True),
    # A JSON object of email, name and phone.
    Column("sealed", LargeBinary, nullable=False),
    Column("email_fingerprint", Text, nullable=False),
    sealed_check("contacts", "sealed"),
    Index("contacts_email_fingerprint_idx", "email_fingerprint"),
)

# Who sits there; the row stays when the person is shredded, for a line has an attendee or had one.
attendees = Table(
    "attendees",
    METADATA,
    Column("line_id", Uuid, ForeignKey(order_lines.c.line_id), primary_key=True),
    Column("event_id", Uuid, ForeignKey(offers.c.event_id), nullable=False),
    # A JSON object of first_name, last_name and pesel.
    Column("sealed", LargeBinary),
    at("shredded_at", nullable=True),
    # Of event and PESEL, where the event limits the tickets of one person.
    Column("person_fingerprint", Text),
    # Which of the person's tickets of the event this is, while its order counts.
    Column("person_ticket", Integer),
    Column("person_tickets_max", Integer),
    sealed_check("attendees", "sealed"),
    CheckConstraint("(sealed IS NULL) = (shredded_at IS NOT NULL)", name="shredded_at"),
    CheckConstraint("sealed IS NOT NULL OR person_fingerprint IS NULL", name="person_fingerprint"),
    CheckConstraint(
        "person_ticket IS NULL OR (person_fingerprint IS NOT NULL AND person_tickets_max IS NOT NULL "
        "AND person_ticket BETWEEN 1 AND person_tickets_max)",
        name="person_ticket",
    ),
    # The limit itself: of n numbers no two tickets of a person have the same.
    UniqueConstraint("person_fingerprint", "person_ticket"),
    Index("attendees_to_shred_idx", "event_id", postgresql_where=text("sealed IS NOT NULL")),
)

# Who read which attendees in full: append only, a trigger refuses the rest.
access_records = Table(
    "access_records",
    METADATA,
    Column("access_record_id", Uuid, primary_key=True),
    at("at"),
    Column("actor", Text, nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("event_id", Uuid, ForeignKey(offers.c.event_id), nullable=False),
    Column("rows", Integer, nullable=False),
    CheckConstraint("rows >= 0", name="rows"),
    Index("access_records_event_id_at_idx", "event_id", "at"),
)

# Who asked for the links to their orders: kept sealed until the mail was written, or it is over.
order_lookups = Table(
    "order_lookups",
    METADATA,
    Column("lookup_id", Uuid, primary_key=True),
    Column("email_fingerprint", Text, nullable=False),
    # An object with the e-mail as it was given.
    Column("sealed", LargeBinary, nullable=False),
    at("requested_at"),
    at("expires_at"),
    sealed_check("order_lookups", "sealed"),
    CheckConstraint("expires_at > requested_at", name="expires_at"),
    Index("order_lookups_email_fingerprint_idx", "email_fingerprint"),
    Index("order_lookups_expires_at_idx", "expires_at"),
)
