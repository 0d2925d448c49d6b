"""An account that is gone leaves holds that are nobody's."""

import uuid
from typing import Any

import pytest
from integration.reservation.conftest import Person
from integration.reservation.scene import Scene, outcomes, plan_document

from chassis.erasure import Person as PersonToErase
from reservation.commands import erase
from reservation.settings import Settings
from reservation.usecases.erase_account import erase_account
from reservation.usecases.expire_holds import expire_holds
from support.tokens import MintToken

ADA = uuid.UUID("0192f0b7-0000-7e3f-8a4b-00000000ada0")


@pytest.fixture
def ada(http: Any, mint_token: MintToken) -> Person:
    return Person(http, mint_token("buyer", subject=str(ADA)))


async def everything_stored(scene: Scene) -> str:
    rows = [
        row.written
        for table in ("holds", "seats", "idempotency", "outbox", "confirmations")
        for row in await scene.rows(f"SELECT t::text AS written FROM reservation.{table} t")
    ]
    return "\n".join(rows)


async def test_nothing_names_an_erased_account(scene: Scene, ada: Person) -> None:
    event = await scene.put_on_sale()
    holds = [
        (await ada.ask("POST", "/holds", {"event_id": str(event), "seat_ids": [seat]})).json()
        for seat in ("0-0", "0-1", "0-2")
    ]
    await ada.ask("DELETE", f"/holds/{holds[0]['hold_id']}")
    await ada.ask("POST", f"/holds/{holds[1]['hold_id']}/renewals")
    assert str(ADA) in await everything_stored(scene)
    assert await scene.db.run(lambda tx: erase_account(tx, account_id=ADA)) == 3
    assert str(ADA) not in await everything_stored(scene)
    assert await scene.db.run(lambda tx: erase_account(tx, account_id=ADA)) == 0


async def test_an_active_hold_of_an_erased_account_is_its_bearers(
    scene: Scene, ada: Person, anonymous: Person
) -> None:
    event = await scene.put_on_sale()
    hold = (await ada.ask("POST", "/holds", {"event_id": str(event), "seat_ids": ["0-0"]})).json()
    await scene.hold(event, "0-1", buyer="berta")
    await scene.db.run(lambda tx: erase_account(tx, account_id=ADA))
    path = f"/holds/{hold['hold_id']}"
    assert (await ada.ask("GET", path)).status_code == 404
    seen = await anonymous.ask("GET", path, Hold_Token=hold["hold_token"])
    assert (seen.status_code, seen.json()["state"]) == (200, "active")
    others = await scene.rows("SELECT 1 FROM reservation.holds WHERE buyer_id = 'berta'")
    assert len(others) == 1


async def test_the_operators_command_erases_all_accounts_of_a_person(
    scene: Scene, settings: Settings, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await scene.put_on_sale()
    await ada.ask("POST", "/holds", {"event_id": str(event), "seat_ids": ["0-0"]})
    monkeypatch.setattr(Settings, "from_environment", classmethod(lambda _cls: settings))
    person = PersonToErase(email="ada@example.org", account_ids=frozenset({ADA, uuid.uuid4()}))
    told = await erase(person)
    assert told.erased[0].startswith("holds that are nobody's now: 1;")
    assert str(ADA) not in await everything_stored(scene)


async def test_an_erased_accounts_holds_are_sold_and_swept_like_any(replicas: list[Scene]) -> None:
    """All at once, and nothing waits for anything in a circle."""
    for _ in range(5):
        event = await replicas[0].put_on_sale(plan_document(rows=4, seats=10))
        placed = [await replicas[0].hold(event, f"{n}-{n}", buyer=str(ADA)) for n in range(3)]
        await replicas[1].expire(placed[0])
        results = await outcomes(
            *(scene.db.run(lambda tx: erase_account(tx, account_id=ADA)) for scene in replicas),
            replicas[1].confirm(*placed[1:]),
            *(expire_holds(scene.db, batch_max=5) for scene in replicas),
        )
        assert [result for result in results if isinstance(result, Exception)] == []
        await expire_holds(replicas[0].db, batch_max=5)  # a sweeper skips what is being erased
        rows = await replicas[0].rows(
            "SELECT state, buyer_id FROM reservation.holds WHERE event_id = :event", event=event
        )
        assert sorted(row.state for row in rows) == ["confirmed", "confirmed", "expired"]
        assert {row.buyer_id for row in rows} == {f"guest:{one.hold.hold_id}" for one in placed}
