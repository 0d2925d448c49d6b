"""Orders under their row lock.

Every writer locks the order first (`FOR NO KEY UPDATE`, which the foreign keys' KEY SHARE locks
do not disturb) and touches its payments, tickets and lines only under that lock, so the order
row is the one place where racing requests, messages and jobs meet, and they cannot deadlock.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, select, update
from sqlalchemy.engine import RowMapping

from chassis.database import Transaction
from chassis.statements import Answer, Statement, at_once
from orders.domain.order import Change, Money, Order, OrderHold, OrderNotFound
from orders.domain.person_limit import COUNTED_STATES
from orders.domain.rights import OrderOwner
from orders.domain.states import OrderState
from orders.storage.pauses import doubling_pause
from orders.storage.person_tickets import release_person_tickets
from orders.storage.tables import order_holds, orders

_UNDER_WAY = (OrderState.FINALIZING, OrderState.CANCELLING)

_HOLDS = (
    select(
        func.jsonb_agg(
            func.jsonb_build_object(
                "hold_id",
                order_holds.c.hold_id,
                "event_id",
                order_holds.c.event_id,
                "seat_ids",
                order_holds.c.seat_ids,
            )
        )
    )
    .where(order_holds.c.order_id == orders.c.order_id)
    .correlate(orders)
    .scalar_subquery()
)
# What a statement reads beside the row it locks is as it was when it began, so after a wait for the lock
# the version it saw is not that of the row.
_SEEN = orders.alias("seen")
_VERSION_SEEN = (
    select(_SEEN.c.version).where(_SEEN.c.order_id == orders.c.order_id).correlate(orders).scalar_subquery()
)
_ORDER = select(orders, _HOLDS.label("holds"), _VERSION_SEEN.label("version_seen"))


def _locking(found: Select[Any], *, skip_locked: bool = False) -> Select[Any]:
    return found.with_for_update(key_share=True, of=orders, skip_locked=skip_locked)


def locking_order(order_id: ColumnElement[Any]) -> Statement:
    """Locks the order of this id; what it gives is for `orders_locked`."""
    return Statement(_locking(_ORDER.where(orders.c.order_id == order_id)))


_LOCK = locking_order(bindparam("order_id"))
_MOVE = Statement(
    """
    UPDATE orders.orders SET state = :state, version = :version, changed_at = :at
    WHERE order_id = :order_id AND version = :before
    """
)
_MOVE_AND_WAIT = Statement(
    """
    UPDATE orders.orders SET state = :state, version = :version, changed_at = :at,
        command_sent_at = :at, command_resends = 0
    WHERE order_id = :order_id AND version = :before
    """
)
_ADD_HISTORY = Statement(
    """
    INSERT INTO orders.order_history (order_id, version, state, at, reason, actor)
    VALUES (:order_id, :version, :state, :at, :reason, :actor)
    """
)


class OrderChangedUnlocked(Exception):
    """An order changed although its row was locked: a writer forgot to lock it."""


async def lock_order(tx: Transaction, order_id: UUID) -> Order:
    """The order, locked until `tx` ends; raises OrderNotFound."""
    locked = await _LOCK.run(tx, order_id=order_id)
    found = await orders_locked(tx, await locked.all())
    if not found:
        raise OrderNotFound
    return found[0]


async def lock_order_of_hold(tx: Transaction, hold_id: UUID) -> Order | None:
    """The order made of this hold, locked; None when the hold was never ordered."""
    order_id = select(order_holds.c.order_id).where(order_holds.c.hold_id == hold_id).scalar_subquery()
    rows = await _locked(tx, _ORDER.where(orders.c.order_id == order_id))
    return rows[0] if rows else None


async def lock_orders(
    tx: Transaction, condition: ColumnElement[bool], *, orders_max: int, skip_locked: bool = False
) -> list[Order]:
    """At most `orders_max` orders that fit, the oldest first; locked in that order by everybody who
    locks more than one and waits, so that they queue and do not deadlock.
    """
    found = _ORDER.where(condition).order_by(orders.c.order_id).limit(orders_max)
    return await _locked(tx, found, skip_locked=skip_locked)


async def lock_lapsed_orders(tx: Transaction, *, lapsed_before: datetime, orders_max: int) -> list[Order]:
    """Some orders awaiting payment whose holds ended before `lapsed_before`; skips locked ones."""
    lapsed = _ORDER.where(
        orders.c.state == OrderState.AWAITING_PAYMENT, orders.c.holds_expire_at < lapsed_before
    )
    return await _locked(tx, lapsed.limit(orders_max), skip_locked=True)


async def lock_stuck_orders(
    tx: Transaction, *, overdue_s: int, overdue_s_max: int, orders_max: int, now: datetime
) -> list[Order]:
    """Some orders that have waited for reservation too long; skips locked ones.

    Too long is `overdue_s`, doubled by each resend up to `overdue_s_max`.
    """
    wait = doubling_pause(first_s=overdue_s, longest_s=overdue_s_max, times=orders.c.command_resends)
    stuck = _ORDER.where(
        orders.c.state.in_(_UNDER_WAY),
        orders.c.command_sent_at < now - timedelta(seconds=overdue_s),  # what the index can find
        orders.c.command_sent_at < now - wait,
    )
    return await _locked(tx, stuck.limit(orders_max), skip_locked=True)


async def orders_locked(tx: Transaction, rows: Sequence[Mapping[str, Any] | RowMapping]) -> list[Order]:
    """The orders with their holds as they are now. Those of an order that changed while the statement waited
    for it are read again: it may have been given other seats.
    """
    changed = [row["order_id"] for row in rows if row["version"] != row["version_seen"]]
    holds_now = await _holds_of(tx, changed) if changed else {}
    return [_order(row, holds_now.get(row["order_id"], row["holds"])) for row in rows]


async def save_change(tx: Transaction, *, order: Order, change: Change) -> Order:
    """Move the locked order and add the change to its history; gives the order after it."""
    after = order.moved(change)
    write = _MOVE_AND_WAIT if after.state in _UNDER_WAY else _MOVE
    async with at_once(tx) as together:
        written = await write.run(
            tx,
            order_id=order.order_id,
            before=order.version,
            state=after.state,
            version=after.version,
            at=change.at,
        )
        together.then(partial(_as_it_was_locked, order, written))
        await add_history(tx, order=after, change=change)
    if order.state in COUNTED_STATES and after.state not in COUNTED_STATES:
        await release_person_tickets(tx, order_id=order.order_id)
    return after


def _as_it_was_locked(before: Order, written: Answer) -> None:
    if written.rows_changed != 1:
        raise OrderChangedUnlocked(str(before.order_id))


async def save_stay(tx: Transaction, *, order: Order, change: Change) -> Order:
    """Add to the history of the locked order something that leaves it in its state; gives it after that."""
    after = order.stayed(change)
    await update_locked(tx, before=order, values={"version": after.version, "changed_at": change.at})
    await add_history(tx, order=after, change=change)
    return after


async def update_locked(tx: Transaction, *, before: Order, values: Mapping[str, Any]) -> None:
    """Write `values` to a locked order that is as `before` says; raises OrderChangedUnlocked."""
    unchanged = (orders.c.order_id == before.order_id) & (orders.c.version == before.version)
    result = await tx.execute(update(orders).where(unchanged).values(values))
    if result.rowcount != 1:
        raise OrderChangedUnlocked(str(before.order_id))


async def add_history(tx: Transaction, *, order: Order, change: Change) -> None:
    """Append the change that led to this version of the order."""
    await _ADD_HISTORY.run(
        tx,
        order_id=order.order_id,
        version=order.version,
        state=change.state,
        at=change.at,
        reason=change.reason,
        actor=change.actor,
    )


async def mark_command_resent(tx: Transaction, *, order_id: UUID, at: datetime) -> None:
    """Remember that the order's command was sent again."""
    sent_again = {"command_sent_at": at, "command_resends": orders.c.command_resends + 1}
    await tx.execute(update(orders).where(orders.c.order_id == order_id).values(sent_again))


def owner_of(row: Mapping[str, Any] | RowMapping) -> OrderOwner:
    """Whose an order is, from a row with the columns that say so."""
    return OrderOwner(
        buyer_id=row["buyer_id"],
        access_token_sha256=row["access_token_sha256"],
        access_generation=row["access_generation"],
    )


async def _locked(tx: Transaction, statement: Select[Any], *, skip_locked: bool = False) -> list[Order]:
    rows = (await tx.execute(_locking(statement, skip_locked=skip_locked))).mappings().all()
    return await orders_locked(tx, rows)


async def _holds_of(tx: Transaction, order_ids: Collection[UUID]) -> Mapping[UUID, list[dict[str, Any]]]:
    found = select(orders.c.order_id, _HOLDS.label("holds")).where(orders.c.order_id.in_(order_ids))
    return {row.order_id: row.holds for row in await tx.execute(found)}


def _order(row: Mapping[str, Any] | RowMapping, holds: Collection[dict[str, Any]]) -> Order:
    return Order(
        order_id=row["order_id"],
        owner=owner_of(row),
        state=OrderState(row["state"]),
        total=Money(amount_minor=row["total_minor"], currency=row["currency"]),
        version=row["version"],
        holds=tuple(_hold(hold) for hold in holds),
        equivalent_seats_allowed=row["equivalent_seats_allowed"],
    )


def _hold(hold: dict[str, Any]) -> OrderHold:
    return OrderHold(
        hold_id=UUID(hold["hold_id"]), event_id=UUID(hold["event_id"]), seat_ids=tuple(hold["seat_ids"])
    )
