"""An installation that took payments before there was a ledger has, after the upgrade, books that agree."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import make_url

from chassis.clock import utc_now
from chassis.database import Database
from chassis.ids import lowest_id, new_id
from chassis.migrate import upgrade
from chassis.provisioning import provision
from orders.domain.findings import FindingKind, Report
from orders.queries.reconcile import Terms
from orders.queries.reconcile.books import compare_books
from support import databases
from support.parts import Share
from support.schemas import ROLE_PASSWORD
from support.tokens import SigningKeys

BEFORE = "2026_11_23_1410"
PAID_AT, SETTLED_AT = "2026-05-01 12:00:00.123+00", "2026-05-03 08:30:00.456+00"

# An order of one seat, as it was written before: in what state it and its payment were.
ORDER = """
INSERT INTO orders.offers (event_id, organization_id, version, state, title, starts_at, ends_at, currency, prices, seats_per_order_max)
  VALUES (%(event)s, gen_random_uuid(), 1, 'published', 'Hamlet', now(), now(), 'PLN', '{}', 4);
INSERT INTO orders.orders (order_id, buyer_id, state, total_minor, currency, version, holds_expire_at, placed_at, changed_at)
  VALUES (%(order)s, 'ada', %(state)s, 4500, 'PLN', 1, now(), now(), now());
INSERT INTO orders.order_holds (hold_id, order_id, event_id, seat_ids) VALUES (%(hold)s, %(order)s, %(event)s, '{A-1}');
INSERT INTO orders.order_lines (line_id, order_id, position, hold_id, event_id, seat_id, price_category, ticket_type, price_minor)
  VALUES (%(line)s, %(order)s, 0, %(hold)s, %(event)s, 'A-1', 'Stalls', 'adult', 4500);
"""
TICKET = """
INSERT INTO orders.tickets (ticket_id, order_id, line_id, event_id, seat_id, ticket_code, state, issued_at, voided_at)
  VALUES (gen_random_uuid(), %(order)s, %(line)s, %(event)s, 'A-1', %(order)s::text, %(ticket)s, now(),
          CASE %(ticket)s WHEN 'voided' THEN now() END);
"""
PAYMENT = """
INSERT INTO orders.payments (payment_id, order_id, provider, reference, state, amount_minor, currency, created_at, changed_at)
  VALUES (%(payment)s, %(order)s, 'recorded', %(payment)s::text, %(paid)s, 4500, 'PLN', %(paid_at)s, now());
"""
REFUND = """
INSERT INTO orders.refunds (refund_id, payment_id, order_id, state, amount_minor, currency, reason, created_at, settled_at)
  VALUES (%(refund)s, %(payment)s, %(order)s, %(back)s, 4500, 'PLN', 'order_cancelled', now(),
          CASE %(back)s WHEN 'settled' THEN %(settled_at)s::timestamptz END);
"""


@pytest.fixture
def admin_url(parts: Share) -> Iterator[str]:
    """Of a database of its own, as it was before."""
    name = f"rowlock_test_{parts.run}_{parts.worker}_ledger"
    url = databases.create(admin_url=parts.admin_url, name=name)
    yield url
    databases.drop(admin_url=parts.admin_url, name=name)


@pytest.fixture
def service_url(admin_url: str, signing_keys: SigningKeys, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("WRAPPING_KEYS", str(signing_keys.wrapping_keys))
    monkeypatch.setenv("LOOKUP_KEY", str(signing_keys.lookup_key))
    url = provision(admin_url, "orders", ROLE_PASSWORD, make_url(admin_url).database or "")
    upgrade("orders", database_url=url, revision=BEFORE)
    return url


def fill(admin_url: str, *, state: str, paid: str = "", ticket: str = "", back: str = "") -> dict[str, UUID]:
    """Write an order; `paid`, `ticket` and `back` are the states of its payment, ticket and refund."""
    ids = {name: new_id() for name in ("event", "order", "hold", "line", "payment", "refund")}
    states = {"state": state, "paid": paid, "ticket": ticket, "back": back}
    parts = [ORDER, TICKET if ticket else "", PAYMENT if paid else "", REFUND if back else ""]
    with psycopg.connect(admin_url) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute(
            "".join(parts).encode(), {**ids, **states, "paid_at": PAID_AT, "settled_at": SETTLED_AT}
        )
    return ids


async def test_old_money_is_entered_and_the_books_agree(admin_url: str, service_url: str) -> None:
    kept = fill(admin_url, state="confirmed", paid="captured", ticket="valid")
    owed = fill(admin_url, state="cancelled", paid="refunding", ticket="voided", back="pending")
    paid_back = fill(admin_url, state="refunded", paid="refunded", back="settled")
    fill(admin_url, state="awaiting_payment")

    upgrade("orders", database_url=service_url)

    with psycopg.connect(admin_url) as connection:
        entries = connection.execute(
            "SELECT order_id, payment_id, refund_id, kind, amount_minor, currency, provider, reference, at "
            "FROM orders.ledger_entries ORDER BY entry_id, order_id"
        ).fetchall()
    captured = [_entry(ids, "captured", PAID_AT, reference=ids["payment"]) for ids in (kept, owed, paid_back)]
    refunded = _entry(paid_back, "refunded", SETTLED_AT, reference=paid_back["refund"])
    assert sorted(entries[:3]) == sorted(captured)
    assert entries[3:] == [refunded]
    assert await _differences(service_url) == {}


async def test_an_old_entrys_id_is_a_uuid7_of_when_the_money_moved(admin_url: str, service_url: str) -> None:
    fill(admin_url, state="cancelled", paid="refunded", ticket="voided", back="settled")

    upgrade("orders", database_url=service_url)

    with psycopg.connect(admin_url) as connection:
        entries = connection.execute("SELECT entry_id, at FROM orders.ledger_entries").fetchall()
    assert [(entry_id.version, entry_id.variant) for entry_id, _ in entries] == [
        (7, "specified in RFC 4122")
    ] * 2
    for entry_id, at in entries:
        assert entry_id.int >> 80 == lowest_id(at).int >> 80


def test_without_any_money_there_are_no_entries(admin_url: str, service_url: str) -> None:
    upgrade("orders", database_url=service_url)

    with psycopg.connect(admin_url) as connection:
        assert connection.execute("SELECT count(*) FROM orders.ledger_entries").fetchone() == (0,)


def _entry(ids: dict[str, UUID], kind: str, at: str, *, reference: UUID) -> tuple[object, ...]:
    refund_id = ids["refund"] if kind == "refunded" else None
    moved = (kind, 4500, "PLN", "recorded", str(reference), datetime.fromisoformat(at))
    return (ids["order"], ids["payment"], refund_id, *moved)


async def _differences(service_url: str) -> dict[FindingKind, int]:
    report, db = Report(), Database(service_url)
    terms = Terms(now=utc_now(), look_back_s=60, settle_s=0, stuck_s=60, refund_stuck_s=60)
    await compare_books(db, terms=terms, report=report)
    await db.close()
    assert report.compared["orders"] > 0
    return dict(report.counts)
