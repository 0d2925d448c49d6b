"""What people tell orders is readable nowhere in its tables, and only where it was sealed."""

from typing import Any

import pytest
from integration.orders.conftest import Person
from integration.orders.people import asks_for_pesel, pesel
from integration.orders.scene import Scene, hold_of, order_body

from chassis.sealing import SealBroken
from support.canaries.canary import Canary, Flock
from support.canaries.tables import dump_tables
from support.queries import count_queries

SECRETS = {
    "first name": "Canaria-Felicitas",
    "last name": "Finchley-Yellowby",
    "contact's name": "Serinus van der Käfig",
    "e-mail": "serinus.canaria@cage.example",
    "phone": "+48 600 777 123",
    "pesel": pesel(777),
}


async def test_a_dump_of_the_tables_tells_of_nobody(
    scene: Scene, ada: Person, hold_token: Any, admin_database_url: str
) -> None:
    hold = hold_of(await scene.publish_event(**asks_for_pesel(tickets_per_person_max=2)))
    body = order_body(hold, tokens=[hold_token(hold)], pesels=[SECRETS["pesel"]])
    body["attendees"][0] |= {"first_name": SECRETS["first name"], "last_name": SECRETS["last name"]}
    body["contact"] = {
        "email": SECRETS["e-mail"],
        "name": SECRETS["contact's name"],
        "phone": SECRETS["phone"],
    }
    answer = await ada.post("/orders", body)
    assert (answer.status_code, answer.json()["contact"]) == (201, body["contact"])

    flock = Flock(
        [Canary(name, value, is_guessable=name in {"pesel", "phone"}) for name, value in SECRETS.items()]
    )

    for table, rows in dump_tables(admin_database_url):
        assert flock.sightings(table, rows) == []


@pytest.mark.parametrize("table", ["attendees", "contacts"])
async def test_a_value_moved_to_another_row_does_not_unseal(scene: Scene, table: str) -> None:
    first, second = [await scene.place(hold_of(await scene.publish_event())) for _ in range(2)]
    key, source = {"attendees": ("line_id", "order_lines"), "contacts": ("order_id", "orders")}[table]

    await scene.scalar(
        f"UPDATE orders.{table} SET sealed = (SELECT sealed FROM orders.{table} JOIN orders.{source} USING ({key}) "
        f"WHERE order_id = :source) WHERE {key} IN (SELECT {key} FROM orders.{source} WHERE order_id = :target) "
        "RETURNING 1",
        source=first,
        target=second,
    )

    assert await scene.order(first)
    with pytest.raises(SealBroken):
        await scene.order(second)


async def test_a_value_moved_to_the_same_row_of_another_table_does_not_unseal(scene: Scene) -> None:
    order_id = await scene.place(hold_of(await scene.publish_event()))
    line_id = await scene.scalar("SELECT line_id FROM orders.order_lines")
    sealed = await scene.scalar("SELECT sealed FROM orders.contacts")

    assert await scene.personal.contact(sealed, order_id=order_id)
    with pytest.raises(SealBroken):
        await scene.personal.attendee(sealed, line_id=order_id)
    with pytest.raises(SealBroken):
        await scene.personal.contact(sealed, order_id=line_id)


async def test_the_database_takes_nothing_that_is_not_sealed(scene: Scene) -> None:
    await scene.place(hold_of(await scene.publish_event()))

    for table in ("contacts", "attendees"):
        with pytest.raises(Exception, match=f"{table}_sealed"):
            await scene.scalar(f"UPDATE orders.{table} SET sealed = 'ada@example.org' RETURNING 1")


async def test_a_page_of_orders_is_one_query_though_everybody_on_it_is_unsealed(
    scene: Scene, ada: Person, app: Any
) -> None:
    event_id = await scene.publish_event(**asks_for_pesel())
    for number in range(5):
        await scene.place(
            hold_of(event_id, seats=[f"{number}-1", f"{number}-2"]), pesels=[pesel(1), pesel(2)]
        )

    with count_queries(app.state.db) as statements:
        page = (await ada.get("/orders")).json()

    assert len(statements) == 1
    shown = {line["attendee"]["pesel"] for order in page["items"] for line in order["lines"]}
    assert shown == {f"*********{pesel(1)[-2:]}", f"*********{pesel(2)[-2:]}"}
