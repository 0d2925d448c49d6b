"""Sell the seats of an order's holds, all of them or none, and answer the same however often asked.

A hold is confirmed while each of its seats still carries it, expired or not, or is free: a buyer
who paid late keeps the seats nobody else claimed. Who allowed it is given equivalent ones for those that
were claimed. When the answer was given so long ago that it and the holds are forgotten, the seats still
know: they are sold to the order, or they are not.
"""

from uuid import UUID

from chassis.database import Transaction
from chassis.statements import at_once
from messages.reservation import ConfirmHolds, HoldsConfirmed, HoldsRefused
from reservation.domain.holds import HoldState
from reservation.storage.confirmations import open_confirmation, store_given, store_refusal, stored_answer
from reservation.storage.events import mark_changed
from reservation.storage.geometries import Geometries
from reservation.storage.holds import Claims, end_holds, exchange_seats
from reservation.storage.outbox import OUTBOX
from reservation.storage.seats import free_seats, sell_seats
from reservation.usecases.claims import are_sold_to, lock_asked, refusal_of, taken_seats
from reservation.usecases.equivalent_seats import Exchange, find_equivalents, given_long_ago

SEARCHES_MAX = 8
"""How often other seats are looked for, while others claim those that were found."""

Answer = HoldsConfirmed | HoldsRefused


async def confirm_holds(tx: Transaction, *, command: ConfirmHolds, geometries: Geometries) -> None:
    """Answers with HoldsConfirmed or HoldsRefused."""
    order_id = command.order_id
    if not await open_confirmation(tx, order_id=order_id):
        await OUTBOX.enqueue(tx, await _answer_again(tx, order_id=order_id))
        return
    if command.or_equivalent:
        await _tell(tx, await _confirm_or_exchange(tx, command, geometries))
    else:
        claims = await lock_asked(tx, asked=command.holds)
        async with at_once(tx):
            await _tell(tx, await _judge(tx, command, claims, Exchange()))


async def _answer_again(tx: Transaction, *, order_id: UUID) -> Answer:
    stored = await stored_answer(tx, order_id=order_id)
    if stored.refusal is not None:
        return HoldsRefused.model_validate(stored.refusal)
    return HoldsConfirmed.model_validate({"order_id": order_id, "given": stored.given})


async def _tell(tx: Transaction, answer: Answer) -> None:
    """Send the answer, and store it where it is more than a yes."""
    await OUTBOX.enqueue(tx, answer)
    stored = answer.model_dump(mode="json")
    if isinstance(answer, HoldsRefused):
        await store_refusal(tx, order_id=answer.order_id, refusal=stored)
    elif answer.given:
        await store_given(tx, order_id=answer.order_id, given=stored["given"])


async def _confirm_or_exchange(tx: Transaction, command: ConfirmHolds, geometries: Geometries) -> Answer:
    """The same seats if they can be had, else equivalents, else the refusal."""
    claims, answer = await _attempt(tx, command, Exchange())
    if isinstance(answer, HoldsRefused) and answer.reason == "hold_unknown":
        given = await given_long_ago(tx, command=command)
        return answer if given is None else HoldsConfirmed(order_id=command.order_id, given=given)
    for search in range(SEARCHES_MAX):
        if isinstance(answer, HoldsConfirmed) or answer.reason != "seats_taken":
            break
        exchange = await find_equivalents(
            tx, command=command, claims=claims, geometries=geometries, anywhere=search > 0
        )
        if exchange is None:
            break
        claims, answer = await _attempt(tx, command, exchange)
    return answer


async def _attempt(tx: Transaction, command: ConfirmHolds, exchange: Exchange) -> tuple[Claims, Answer]:
    """Try to sell, all in the lock order. After a refusal no seat is locked: nobody has to wait while others
    are looked for, and these are locked in their order again.
    """
    attempt = await tx.begin_nested()
    claims = await lock_asked(tx, asked=command.holds, others=exchange.new_seats(command.holds))
    answer = await _judge(tx, command, claims, exchange)
    await (attempt.rollback() if isinstance(answer, HoldsRefused) else attempt.commit())
    return claims, answer


async def _judge(tx: Transaction, command: ConfirmHolds, claims: Claims, exchange: Exchange) -> Answer:
    """Sell what was asked for, or else what was found instead of it, or refuse."""
    if are_sold_to(command.holds, claims, order_id=command.order_id):
        return HoldsConfirmed(order_id=command.order_id)
    refusal = refusal_of(command, claims)
    if refusal is None:
        exchange = Exchange()
    elif refusal.reason != "seats_taken" or taken_seats(exchange.applied_to(command.holds), claims):
        return refusal
    await _sell(tx, command, claims, exchange)
    return HoldsConfirmed(order_id=command.order_id, given=exchange.told(command.holds))


async def _sell(tx: Transaction, command: ConfirmHolds, claims: Claims, exchange: Exchange) -> None:
    seats = [
        (each.event_id, seat_id, each.hold_id)
        for each in exchange.applied_to(command.holds)
        for seat_id in each.seat_ids
    ]
    hold_ids = [asked.hold_id for asked in command.holds]
    async with at_once(tx):
        await free_seats(tx, exchange.seats_left_behind(command.holds, claims))
        await sell_seats(tx, seats, order_id=command.order_id)
        await end_holds(tx, hold_ids=hold_ids, state=HoldState.CONFIRMED, order_id=command.order_id)
        for hold_id, given in exchange.given.items():
            await exchange_seats(tx, hold_id=hold_id, lost=given.keys(), given=given.values())
        await mark_changed(tx, event_ids=[asked.event_id for asked in command.holds])
