"""Afterwards: whoever was answered with 2xx finds it so, each seat has one owner, and the books agree."""

from collections import Counter

from support.compose.load import Load
from support.stage.books import see_books_agree
from support.waiting import wait_until

UNDER_WAY = {"finalizing", "cancelling"}
QUIET_DEADLINE_S = 90
"""A command whose answer is lost is sent again after 30 s."""
MAILED_DEADLINE_S = 60
MAILED = """SELECT cause_id FROM notifications.mails
WHERE kind = 'order_confirmed' AND state = 'sent' AND cause_id = ANY (%(orders)s)"""


async def see_promises_kept(load: Load) -> str:
    """Raises AssertionError with what is missing; otherwise tells what there is."""
    await _see_it_settled(load)
    await _check_holds(load)
    await _check_orders(load)
    for event_id in load.events:
        await _check_seats(load, event_id)
    await _see_mails_sent(load)
    assert [] == await load.stage.backstage.dead_letters(), "consumers gave up on these"
    await see_books_agree(load.stage.system)
    return (
        f"{load.answered.total()} answers, {len(load.held)} holds, {len(load.promised)} orders "
        f"({Counter(load.promised.values())['cancelled']} cancelled); sent again: {dict(load.trouble) or 'nothing'}"
    )


async def _see_it_settled(load: Load) -> None:
    """No order is stuck, no message is left behind."""
    backstage = load.stage.backstage

    async def settled() -> bool:
        states = await _order_states(load)
        return not UNDER_WAY & set(states.values()) and await backstage.unsent_messages() == 0

    await wait_until(settled, deadline_s=QUIET_DEADLINE_S, poll_ms=250, what="nothing is under way")


async def _check_holds(load: Load) -> None:
    """Every hold that a guest was told of is there and was sold."""
    states = {
        hold_id: state
        for event_id in load.events
        for hold_id, state in (await load.stage.backstage.hold_states(event_id)).items()
    }
    lost = {hold_id: states.get(hold_id) for hold_id in load.held if states.get(hold_id) != "confirmed"}
    assert {} == lost, "holds that were promised and not sold"


async def _check_orders(load: Load) -> None:
    """Every order that a guest was told of is there, and ended as promised."""
    states = await _order_states(load)
    lost = {
        order_id: (promised, states.get(order_id))
        for order_id, promised in load.promised.items()
        if states.get(order_id) != promised
    }
    assert {} == lost, "orders that did not end as promised"


async def _check_seats(load: Load, event_id: str) -> None:
    """A seat is sold once: to the order that has its one valid ticket."""
    tickets = await load.stage.backstage.valid_tickets(event_id)
    sold = await load.stage.backstage.sold_seats(event_id)
    twice = [seat_id for seat_id, times in Counter(seat for seat, _ in tickets).items() if times > 1]
    assert [] == twice, "seats with two valid tickets"
    assert sold == dict(tickets)
    states = await load.stage.backstage.order_states(event_id)
    kept = [order_id for order_id, state in states.items() if state == "confirmed"]
    assert 2 * len(kept) == len(sold)


async def _see_mails_sent(load: Load) -> None:
    """Whoever bought was told so by mail."""
    confirmed = {order_id for order_id, promised in load.promised.items() if promised == "confirmed"}

    async def unsent() -> set[str]:
        rows = await load.stage.backstage.rows("notifications", MAILED, {"orders": list(confirmed)})
        return confirmed - {str(row.cause_id) for row in rows}

    async def all_sent() -> bool:
        return not await unsent()

    await wait_until(all_sent, deadline_s=MAILED_DEADLINE_S, poll_ms=500, what="every buyer was mailed")


async def _order_states(load: Load) -> dict[str, str]:
    return {
        order_id: state
        for event_id in load.events
        for order_id, state in (await load.stage.backstage.order_states(event_id)).items()
    }
