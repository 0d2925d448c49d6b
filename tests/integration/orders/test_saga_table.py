"""Every state of an order and everything that can happen to it, on real PostgreSQL.

The table says what must come of each pair. It is written down here again, apart from the one
in the domain, on purpose: it is the promise, and the domain's is the code. The README shows it too.
"""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from integration.orders.scene import Placed, Scene, hold_expired

from chassis.clock import utc_now
from chassis.database import Database
from messages.reservation import HoldReleased, HoldsConfirmed, HoldsRefused, SeatsReleased
from orders.domain.saga import AnswerContradictsOrder
from orders.domain.states import OrderState as S
from orders.usecases.cancel_event_orders import cancel_event_orders
from orders.usecases.cancel_order import OrderIsFinalizing
from orders.usecases.finalize_order import OrderIsOver

README = Path(__file__).parents[3] / "services" / "orders" / "README.md"

TABLE = """
|                 | awaiting_payment | finalizing | confirmed  | cancelling | cancelled  | expired    | refunded   |
|-----------------|------------------|------------|------------|------------|------------|------------|------------|
| finalization    | finalize         | -          | -          | 409        | 409        | finalize   | 409        |
| capture         | finalize         | refund     | refund     | refund     | refund     | finalize   | refund     |
| cancellation    | withdraw         | 409        | recall     | -          | -          | 409        | 409        |
| event cancelled | withdraw         | -          | recall     | -          | -          | -          | -          |
| HoldsConfirmed  | impossible       | confirm    | -          | -          | give back  | recall     | give back  |
| HoldsRefused    | impossible       | refuse     | impossible | -          | -          | -          | -          |
| SeatsReleased   | impossible       | impossible | -          | complete   | -          | -          | -          |
| HoldExpired     | expire           | -          | -          | -          | -          | -          | -          |
| HoldReleased    | withdraw         | -          | -          | -          | -          | -          | -          |
"""


def _cells() -> list[tuple[str, S, str]]:
    head, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TABLE.split("\n")[1:-1]]
    return [
        (row[0], S(state), effect) for row in rows for state, effect in zip(head[1:], row[1:], strict=True)
    ]


def _cases() -> list[tuple[str, S, str, bool]]:
    """Each cell for an order that costs something and for a free one, where there can be one."""
    return [
        (trigger, state, effect, paid)
        for trigger, state, effect in _cells()
        for paid in (True, False)
        if (paid or state is not S.REFUNDED)
        and not (trigger == "capture" and not paid)
        and not (trigger == "finalization" and paid and effect == "finalize")
    ]


REFUSALS = (OrderIsOver, OrderIsFinalizing)
# Effect -> (state afterwards or None for the same, messages sent)
OUTCOMES = {
    "finalize": (S.FINALIZING, ["confirm_holds"]),
    "confirm": (S.CONFIRMED, ["order_confirmed"]),
    "withdraw": (S.CANCELLED, ["order_cancelled", "release_holds"]),
    "recall": (S.CANCELLING, ["release_seats"]),
    "complete": (S.CANCELLED, ["order_cancelled"]),
    "expire": (S.EXPIRED, ["order_expired"]),
    "give back": (None, ["release_seats"]),
    "refund": (None, []),
    "-": (None, []),
    "409": (None, []),
    "impossible": (None, []),
}
# What "refuse" leads to, by whether the order was paid.
REFUSED = {True: (S.REFUNDED, ["order_refunded"]), False: (S.EXPIRED, ["order_expired"])}


@pytest.mark.parametrize(("trigger", "state", "effect", "paid"), _cases())
async def test_each_trigger_in_each_state_has_its_effect(
    scene: Scene, trigger: str, state: S, effect: str, *, paid: bool
) -> None:
    placed = await scene.order_in(state, paid=paid)
    before = await scene.order(placed.order_id)
    await scene.take_sent()

    with _expected_refusal(effect):
        await _happen(scene, trigger, placed)

    after = await scene.order(placed.order_id)
    expected_state, expected_sent = OUTCOMES.get(effect) or REFUSED[paid]
    assert (after["state"], await scene.take_sent()) == (expected_state or before["state"], expected_sent)
    _check_history(before, after)
    _check_money(after)
    await _check_tickets(scene, after)


@pytest.mark.parametrize(("trigger", "state", "effect", "paid"), _cases())
async def test_a_trigger_that_comes_twice_has_one_effect(
    scene: Scene, trigger: str, state: S, effect: str, *, paid: bool
) -> None:
    placed = await scene.order_in(state, paid=paid)
    seen: list[dict[str, Any]] = []
    for _ in range(2):
        with contextlib.suppress(*REFUSALS, AnswerContradictsOrder):
            await _happen(scene, trigger, placed)
        seen.append(await scene.order(placed.order_id))

    first, again = seen
    assert (first["state"], first["version"]) == (again["state"], again["version"])
    _check_money(again)
    await _check_tickets(scene, again)


def test_the_readme_shows_this_table() -> None:
    def plain(text: str) -> list[list[str]]:
        lines = [line for line in text.splitlines() if line.startswith("|")]
        return [[cell.strip(" -") for cell in line.split("|")] for line in lines]

    shown = plain(README.read_text())
    assert all(row in shown for row in plain(TABLE))


def _expected_refusal(effect: str) -> contextlib.AbstractContextManager[object]:
    if effect == "409":
        return pytest.raises(REFUSALS)
    return pytest.raises(AnswerContradictsOrder) if effect == "impossible" else contextlib.nullcontext()


async def _happen(scene: Scene, trigger: str, placed: Placed) -> None:
    order_id, hold_id = placed.order_id, placed.hold_id
    messages = {
        "HoldsConfirmed": HoldsConfirmed(order_id=order_id),
        "HoldsRefused": HoldsRefused(order_id=order_id, reason="seats_taken", lost_seats=()),
        "SeatsReleased": SeatsReleased(order_id=order_id),
        "HoldExpired": hold_expired(hold_id),
        "HoldReleased": HoldReleased(hold_id=hold_id, event_id=placed.event_id, reason="buyer"),
    }
    match trigger:
        case "finalization":
            await scene.finalize(order_id)
        case "capture":
            await scene.pay(order_id, reference=f"late-{order_id}")
        case "cancellation":
            await scene.cancel(order_id)
        case "event cancelled":
            await scene.cancel_event(placed.event_id)
            await _cancel_orders(scene.db)
        case _:
            await scene.deliver(messages[trigger])


async def _cancel_orders(db: Database) -> None:
    await db.run(lambda tx: cancel_event_orders(tx, orders_max=10, now=utc_now()))


def _check_history(before: dict[str, Any], after: dict[str, Any]) -> None:
    changes = after["version"] - before["version"]
    assert changes == (after["state"] != before["state"])
    assert len(after["timeline"]) == after["version"]
    assert after["timeline"][-1]["state"] == after["state"]


def _check_money(order: dict[str, Any]) -> None:
    """Money is kept for an order that has, or may yet get, its tickets; and only once."""
    kept = [payment for payment in order["payments"] if payment["state"] == "captured"]
    going_back = [payment for payment in order["payments"] if payment["state"] == "refunding"]
    owned = order["state"] in (S.FINALIZING, S.CONFIRMED)
    assert len(kept) == (1 if owned and order["total"]["amount_minor"] else 0)
    assert [payment["refunds"][0]["state"] for payment in going_back] == ["pending"] * len(going_back)


async def _check_tickets(scene: Scene, order: dict[str, Any]) -> None:
    valid = (await scene.tickets(order["order_id"])).count("valid")
    assert valid == (1 if order["state"] == S.CONFIRMED else 0)
