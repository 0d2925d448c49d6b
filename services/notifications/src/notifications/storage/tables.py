"""The tables of schema `notifications`. Each invariant of the domain stands here again as a constraint."""

from collections.abc import Iterable

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from chassis.outbox import Outbox
from chassis.tables import idempotency_table, inbox_table, outbox_table
from notifications.domain.mails import MailKind, MailState

SCHEMA = "notifications"
METADATA = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


# Identifiers, states and times: no address, no name, no text, nothing a mail server said.
mails = Table(
    "mails",
    METADATA,
    Column("mail_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("cause_id", Uuid, nullable=False),
    Column("cause_version", Integer, nullable=False, server_default=text("0")),
    # Whose mail it is, where the message says so; taken out when the account is erased.
    Column("account_id", Uuid),
    Column("orders_found", Integer),
    Column("state", Text, nullable=False),
    # Why it was skipped, or why the last attempt failed.
    Column("reason", Text),
    Column("smtp_code", Integer),
    # How often it was asked for: more than once when an operator sends it again.
    Column("edition", Integer, nullable=False, server_default=text("1")),
    # How often a worker took it on. A lease is a later `due_at`, and this number tells whose it is.
    Column("claims", Integer, nullable=False, server_default=text("0")),
    # The step and the request it comes from, for traces and log lines.
    Column("traceparent", Text),
    Column("request_id", Text),
    _at("caused_at"),
    _at("waiting_since"),
    _at("due_at"),
    _at("ended_at", nullable=True),
    UniqueConstraint("kind", "cause_id", "cause_version"),
    _one_of("kind", MailKind),
    _one_of("state", MailState),
    CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended_at"),
    CheckConstraint("state NOT IN ('skipped', 'given_up') OR reason IS NOT NULL", name="reason"),
    CheckConstraint("(kind = 'guest_orders_found') = (orders_found IS NOT NULL)", name="orders_found"),
    CheckConstraint("edition > 0 AND claims >= 0", name="counts"),
    Index("mails_due_idx", "due_at", postgresql_where=text("state = 'waiting'")),
    Index("mails_account_id_idx", "account_id", postgresql_where=text("account_id IS NOT NULL")),
    Index("mails_ended_at_idx", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
)

OUTBOX = Outbox(outbox_table(METADATA))
INBOX_TABLE = inbox_table(METADATA)
IDEMPOTENCY_TABLE = idempotency_table(METADATA)
