"""What lay in clear before there was sealing is sealed by the migration, and nowhere left."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import make_url

from chassis.database import Database
from chassis.fingerprints import Fingerprints
from chassis.ids import new_id
from chassis.migrate import upgrade
from chassis.provisioning import provision
from chassis.sealing import Sealer
from chassis.wrapping_keys import WrappingKeysUnusable
from messages.catalog import FIRST_ORGANIZATION_ID
from orders.queries import find_order
from orders.settings import Settings
from orders.storage.personal_data import PersonalData
from support import databases
from support.canaries.canary import Canary, Flock
from support.canaries.tables import dump_tables
from support.parts import Share
from support.schemas import ROLE_PASSWORD
from support.tokens import SigningKeys

BEFORE, SEALING = "2026_11_23_1300", "2026_11_23_1400"
EMAIL, NAME, LAST_NAME = "Serinus.Canaria@Cage.example", "Serinus van der Käfig", "Finchley-Yellowby"

CLEAR_ORDER = """
INSERT INTO orders.offers (event_id, version, state, title, starts_at, ends_at, currency, prices, seats_per_order_max)
  VALUES (%(event)s, 1, 'published', 'Hamlet', now(), now(), 'PLN', '{}', 4);
INSERT INTO orders.orders (order_id, buyer_id, state, total_minor, currency, version, holds_expire_at, placed_at, changed_at)
  VALUES (%(order)s, 'ada', 'expired', 0, 'PLN', 1, now(), now(), now());
INSERT INTO orders.order_history (order_id, version, state, at, reason, actor)
  VALUES (%(order)s, 1, 'expired', now(), 'hold_expired', 'orders');
INSERT INTO orders.order_holds (hold_id, order_id, event_id, seat_ids) VALUES (%(hold)s, %(order)s, %(event)s, '{A-1}');
INSERT INTO orders.order_lines (line_id, order_id, position, hold_id, event_id, seat_id, price_category, ticket_type, price_minor)
  VALUES (%(line)s, %(order)s, 0, %(hold)s, %(event)s, 'A-1', 'Stalls', 'free', 0);
INSERT INTO orders.contacts (order_id, email, name) VALUES (%(order)s, %(email)s, %(name)s);
INSERT INTO orders.attendees (line_id, first_name, last_name) VALUES (%(line)s, 'Ada', %(last_name)s);
INSERT INTO orders.idempotency (scope, key, fingerprint, status, headers, body)
  VALUES ('ada', 'k', '', 201, '{}', convert_to(%(email)s, 'UTF8'));
"""


@pytest.fixture
def admin_url(parts: Share) -> Iterator[str]:
    """Of a database of its own, with the schema as it was."""
    name = f"rowlock_test_{parts.run}_{parts.worker}_sealing"
    url = databases.create(admin_url=parts.admin_url, name=name)
    yield url
    databases.drop(admin_url=parts.admin_url, name=name)


@pytest.fixture
def service_url(admin_url: str) -> str:
    url = provision(admin_url, "orders", ROLE_PASSWORD, make_url(admin_url).database or "")
    upgrade("orders", database_url=url, revision=BEFORE)
    return url


def fill(admin_url: str) -> UUID:
    order_id = new_id()
    people = {"email": EMAIL, "name": NAME, "last_name": LAST_NAME}
    ids = {"event": new_id(), "order": order_id, "hold": new_id(), "line": new_id()}
    with psycopg.connect(admin_url) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute(CLEAR_ORDER, {**people, **ids})
    return order_id


async def test_what_lay_in_clear_is_sealed_and_nowhere_left(
    admin_url: str, service_url: str, signing_keys: SigningKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = fill(admin_url)
    monkeypatch.setenv("WRAPPING_KEYS", str(signing_keys.wrapping_keys))
    monkeypatch.setenv("LOOKUP_KEY", str(signing_keys.lookup_key))

    upgrade("orders", database_url=service_url, revision=SEALING)

    flock = Flock([Canary(value, value) for value in (EMAIL, NAME, LAST_NAME)])
    tables = dict(dump_tables(admin_url))
    assert [sighting for table in tables.items() for sighting in flock.sightings(*table)] == []
    assert "orders.clear_contacts" not in tables
    upgrade("orders", database_url=service_url)  # what reads it now knows the newest schema only
    settings = Settings(
        database_url=service_url,
        amqp_url="amqp://nobody@127.0.0.1:1/none",
        wrapping_keys=str(signing_keys.wrapping_keys),
    )
    db, fingerprints = Database.of(settings, process="test"), Fingerprints(signing_keys.lookup_key)
    async with db.snapshot() as conn:
        order = await find_order(conn, order_id, personal=PersonalData(Sealer.of(settings, db), fingerprints))
    await db.close()
    assert order is not None
    assert order["contact"] == {"email": EMAIL, "name": NAME, "phone": None}
    assert order["lines"][0]["attendee"] == {"first_name": "Ada", "last_name": LAST_NAME, "pesel": None}
    assert fingerprints.email(EMAIL).encode() in tables["orders.contacts"]


def test_events_on_sale_before_belong_to_the_first_organization(
    admin_url: str, service_url: str, signing_keys: SigningKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise no organizer could list the attendees of an event that was on sale at the upgrade."""
    fill(admin_url)
    monkeypatch.setenv("WRAPPING_KEYS", str(signing_keys.wrapping_keys))
    monkeypatch.setenv("LOOKUP_KEY", str(signing_keys.lookup_key))

    upgrade("orders", database_url=service_url)

    with psycopg.connect(admin_url) as connection:
        owners = connection.execute("SELECT organization_id FROM orders.offers").fetchall()
    assert owners == [(FIRST_ORGANIZATION_ID,)]


def test_without_keys_nothing_is_lost(
    admin_url: str, service_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(admin_url)
    for name in ("WRAPPING_KEYS", "LOOKUP_KEY"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(WrappingKeysUnusable):
        upgrade("orders", database_url=service_url, revision=SEALING)

    with psycopg.connect(admin_url) as connection:
        assert connection.execute("SELECT email FROM orders.contacts").fetchone() == (EMAIL,)
