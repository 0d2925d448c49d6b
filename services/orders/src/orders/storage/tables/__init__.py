"""The tables of schema `orders`. Each invariant of the domain stands here again as a constraint."""

from chassis.outbox import Outbox
from chassis.tables import (
    data_keys_table,
    idempotency_table,
    inbox_table,
    outbox_table,
    rate_limits_table,
)
from orders.storage.tables.ledger import ledger_entries, reconciliation
from orders.storage.tables.metadata import METADATA, SCHEMA
from orders.storage.tables.money import payment_notices, payments, refunds
from orders.storage.tables.offers import offers
from orders.storage.tables.orders import order_history, order_holds, order_lines, orders
from orders.storage.tables.people import access_records, attendees, contacts, order_lookups
from orders.storage.tables.tickets import tickets

__all__ = [
    "DATA_KEYS_TABLE",
    "IDEMPOTENCY_TABLE",
    "INBOX_TABLE",
    "METADATA",
    "OUTBOX",
    "RATE_LIMITS_TABLE",
    "SCHEMA",
    "access_records",
    "attendees",
    "contacts",
    "ledger_entries",
    "offers",
    "order_history",
    "order_holds",
    "order_lines",
    "order_lookups",
    "orders",
    "payment_notices",
    "payments",
    "reconciliation",
    "refunds",
    "tickets",
]

OUTBOX = Outbox(outbox_table(METADATA))
INBOX_TABLE = inbox_table(METADATA)
IDEMPOTENCY_TABLE = idempotency_table(METADATA)
DATA_KEYS_TABLE = data_keys_table(METADATA)
RATE_LIMITS_TABLE = rate_limits_table(METADATA)
