"""The ledger: what moved is written once, whoever tells of it and how often, and never changed."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from integration.orders.books import Books
from integration.orders.scene import Placed, Scene
from sqlalchemy.exc import IntegrityError

from chassis.clock import utc_now
from orders.domain.ledger import LedgerCapture
from orders.domain.order import Money
from orders.domain.states import OrderState as S
from orders.settings import Settings
from orders.storage import ledger

PRICE = Money(amount_minor=4500, currency="PLN")
ENTRIES = "SELECT kind, amount_minor, currency, reference FROM orders.ledger_entries WHERE order_id = :id ORDER BY entry_id"


class Till:
    """Writes entries of one order's payment, each in a transaction of its own."""

    def __init__(self, scene: Scene, placed: Placed, payment_id: uuid.UUID) -> None:
        self._scene, self._order_id, self._payment_id = scene, placed.order_id, payment_id
        self.whose: dict[str, Any] = {
            "order_id": placed.order_id,
            "payment_id": payment_id,
            "provider": "sandbox",
        }

    async def captured(self, reference: str = "cap-1", amount: Money = PRICE) -> bool:
        return await self._scene.db.run(
            lambda tx: ledger.record_captured(
                tx, reference=reference, amount=amount, at=utc_now(), **self.whose
            )
        )

    async def fee(self, cause: str, amount: Money = PRICE) -> None:
        await self._scene.db.run(
            lambda tx: ledger.record_fee(tx, cause=cause, amount=amount, at=utc_now(), **self.whose)
        )

    async def refunded(self, refund_id: uuid.UUID) -> None:
        await self._scene.db.run(
            lambda tx: ledger.record_refunded(
                tx, refund_id=refund_id, amount=PRICE, at=utc_now(), **self.whose
            )
        )

    async def entries(self) -> list[tuple[str, int, str, str]]:
        return await self._scene.rows(ENTRIES, id=self._order_id)


@pytest.fixture
async def placed(scene: Scene) -> Placed:
    return await scene.order_in(S.CANCELLED, paid=True)


@pytest.fixture
async def till(scene: Scene, placed: Placed, books: Books) -> Till:
    """Of an order that is paid and has a refund, and no entries yet."""
    books.plant("DELETE FROM ledger_entries WHERE order_id = %(id)s", id=placed.order_id)
    payment = await scene.scalar(
        "SELECT payment_id FROM orders.payments WHERE order_id = :id", id=placed.order_id
    )
    return Till(scene, placed, payment)


async def test_a_capture_is_new_once_however_many_tell_of_it_at_once(till: Till) -> None:
    news = await asyncio.gather(*(till.captured() for _ in range(10)))

    assert sorted(news) == [False] * 9 + [True]
    assert await till.entries() == [("captured", 4500, "PLN", "cap-1")]


async def test_a_capture_that_is_told_with_another_amount_stays_what_it_was(till: Till) -> None:
    await till.captured()

    assert not await till.captured(amount=Money(amount_minor=1, currency="EUR"))
    assert await till.entries() == [("captured", 4500, "PLN", "cap-1")]


async def test_another_providers_capture_of_the_same_name_is_another(till: Till) -> None:
    await till.captured()
    till.whose["provider"] = "stripe"

    assert await till.captured()


async def test_a_refund_is_paid_back_once_and_a_fee_kept_once_for_each_cause(
    till: Till, scene: Scene, placed: Placed
) -> None:
    refund_id = await scene.scalar(
        "SELECT refund_id FROM orders.refunds WHERE order_id = :id", id=placed.order_id
    )

    for _ in range(2):
        await till.refunded(refund_id)
    for cause in ("order", "ticket:1", "order"):
        await till.fee(cause)

    assert await till.entries() == [
        ("refunded", 4500, "PLN", str(refund_id)),
        ("fee", 4500, "PLN", f"{placed.order_id}:order"),
        ("fee", 4500, "PLN", f"{placed.order_id}:ticket:1"),
    ]


async def test_of_each_capture_is_known_what_refunds_take_the_oldest_first(
    till: Till, scene: Scene, placed: Placed
) -> None:
    await till.captured("cap-1")
    await till.captured("cap-2", Money(amount_minor=300, currency="EUR"))
    statement = "UPDATE orders.refunds SET capture_reference = 'cap-1', amount_minor = 1500 WHERE order_id = :id RETURNING 1"
    await scene.rows(statement, id=placed.order_id)

    captures = await scene.db.run(lambda tx: ledger.captures_of_order(tx, order_id=placed.order_id))

    assert [_short(capture) for capture in captures] == [
        ("cap-1", "4500 PLN", "3000 PLN"),
        ("cap-2", "300 EUR", "300 EUR"),
    ]


@pytest.mark.parametrize(
    "amount",
    [
        Money(amount_minor=0, currency="PLN"),
        Money(amount_minor=-1, currency="PLN"),
        Money(amount_minor=1, currency="zł"),
    ],
)
async def test_the_database_refuses_what_is_no_money(till: Till, amount: Money) -> None:
    with pytest.raises(IntegrityError):
        await till.captured(amount=amount)


@pytest.mark.parametrize(
    "url_of",
    [lambda settings, _: settings.database_url, lambda _, admin_url: admin_url],
    ids=["service", "superuser"],
)
@pytest.mark.parametrize("statement", ["UPDATE orders.ledger_entries SET amount_minor = 1", "UPDATE orders.ledger_entries SET at = now() WHERE false", "DELETE FROM orders.ledger_entries", "TRUNCATE orders.ledger_entries", "TRUNCATE orders.orders CASCADE",
     "INSERT INTO orders.ledger_entries SELECT * FROM orders.ledger_entries ON CONFLICT (kind, provider, reference) DO UPDATE SET amount_minor = 1"])  # fmt: skip
async def test_nobody_changes_or_removes_an_entry(
    till: Till,
    settings: Settings,
    admin_database_url: str,
    url_of: Callable[[Settings, str], str],
    statement: str,
) -> None:
    await till.captured()
    before = await till.entries()

    url = url_of(settings, admin_database_url)
    with (
        psycopg.connect(url) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="append only"),
    ):
        connection.execute(statement.encode())

    assert await till.entries() == before != []


def _short(capture: LedgerCapture) -> tuple[str, str, str]:
    return capture.reference, str(capture.amount), str(capture.kept)
