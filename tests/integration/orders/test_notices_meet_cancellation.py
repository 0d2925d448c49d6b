"""Two notices of a payment and the buyer's cancel at the same instant: no deadlock, one outcome.

ROWLOCK_TEST_MEETINGS says how often they meet (1,000 times unless set).
"""

import asyncio
import os
import random
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from unittest.mock import patch

import httpx
import pytest
from integration.orders.conftest import Person
from integration.orders.scene import hold_of
from sqlalchemy import event

from chassis.clock import utc_now
from messages.reservation import HoldsConfirmed
from orders.app import create_app
from orders.clients.held_seats import HeldSeats
from orders.clients.payment_provider import ProviderRefundState
from orders.jobs.refunds import SendRefunds
from support.money.checks import KEPT_AND_DUE
from support.money.provider import SIGNED, ModelProvider

MEETINGS = int(os.environ.get("ROWLOCK_TEST_MEETINGS", "1000"))
AT_ONCE = 6
"""Orders at a time: three requests each, so that nobody waits for a connection."""
KINDS = ("told twice", "captured twice", "confirmed", "confirmed, one ticket")
DEADLOCK = "40P01"
chance = random.Random(4)


@dataclass(frozen=True)
class Meeting:
    """An order, and what was answered to those who met there: two notices, one cancellation."""

    kind: str
    order_id: uuid.UUID
    notices: tuple[int, int]
    cancellation: int


def renewed(request):
    """Reservation prolongs whatever it is asked to."""
    asked = httpx.Response(200, content=request.content).json()["hold_ids"]
    expires_at = (utc_now() + timedelta(minutes=15)).isoformat()
    return httpx.Response(
        200,
        json={
            "holds": [{"hold_id": hold_id, "expires_at": expires_at, "renewed": True} for hold_id in asked]
        },
    )


class Place:
    """Where they meet: orders' API with the model provider."""

    def __init__(self, scene, provider, client, mint_token, settings, db, deadlocks):
        self.scene, self.provider, self.client, self.deadlocks = scene, provider, client, deadlocks
        self.ada = Person(client, {"Authorization": f"Bearer {mint_token(subject='ada')}"})
        self.refunds = SendRefunds(db, settings, provider)

    async def order(self, event_id, number, *, seats):
        """An order of so many adults' seats, whose page is open; its id and the payment's name."""
        hold = hold_of(event_id, seats=[f"{number}-{seat}" for seat in range(seats)])
        order_id = await self.scene.place(hold, ticket_type="adult")
        answer = await self.ada.post(f"/orders/{order_id}/payments", json={})
        assert answer.status_code == 201, answer.text
        payment_id = uuid.UUID(answer.json()["payment_id"])
        found = await self.provider.find_payment_of(payment_id=payment_id)
        return order_id, found.reference

    def capture(self, reference):
        """Money arrives; the notice of it."""
        self.provider.capture(reference, self.provider.payments[reference].asked)
        return self.provider.sent[-1]

    def tell_again(self, reference):
        """Another notice of what is so."""
        self.provider.tell_again(reference)
        return self.provider.sent[-1]

    async def notify(self, notice):
        body = self.provider.body_of(notice)
        return await self.client.post("/payment-notices/model", content=body, headers=SIGNED)

    async def confirm(self, order_id):
        await self.scene.deliver(HoldsConfirmed(order_id=order_id))


@pytest.fixture
async def place(settings, scene, db, mint_token):
    provider = ModelProvider()
    patient = settings.model_copy(update={"refunds_per_s": 5000})
    with patch("orders.app.provider_of", lambda _settings: provider):
        app = create_app(patient)
    app.state.held_seats = HeldSeats(settings, transport=httpx.MockTransport(renewed))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://orders/api/v1") as client:
        deadlocks = deadlocks_of(app.state.db, db)
        yield Place(scene, provider, client, mint_token, patient, db, deadlocks)
    await app.state.db.close()


def deadlocks_of(*databases):
    """What PostgreSQL refused as a deadlock from now on; retries would hide them."""
    refused = []

    def look(context):
        if getattr(context.original_exception, "sqlstate", None) == DEADLOCK:
            refused.append(str(context.original_exception))

    for db in databases:
        event.listen(db.engine.sync_engine, "handle_error", look)
    return refused


async def deadlocks_in_database(place):
    """How many PostgreSQL has ended in this database so far, whoever was told."""
    return await place.scene.scalar(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )


async def meet(place, event_id, number):
    kind = KINDS[number % len(KINDS)]
    confirmed = kind.startswith("confirmed")
    order_id, reference = await place.order(event_id, number, seats=2)
    first = place.capture(reference)
    if confirmed:
        await place.notify(first)
        await place.confirm(order_id)
        first = place.capture(reference)  # once more: nobody wants that money
    second = place.capture(reference) if kind == "captured twice" else place.tell_again(reference)
    requests = {
        "first": place.notify(first),
        "second": place.notify(second),
        "cancel": await cancellation(place, order_id, one_ticket=kind == "confirmed, one ticket"),
    }
    names = chance.sample(sorted(requests), len(requests))
    answers = dict(zip(names, await asyncio.gather(*(requests[name] for name in names)), strict=True))
    told = {name: answer.status_code for name, answer in answers.items()}
    return Meeting(kind, order_id, (told["first"], told["second"]), told["cancel"])


async def cancellation(place, order_id, *, one_ticket):
    """The request, not sent yet."""
    path = f"/orders/{order_id}"
    if not one_ticket:
        return place.ada.post(f"{path}/cancellation")
    tickets = (await place.ada.get(f"{path}/tickets")).json()["items"]
    return place.ada.post(f"{path}/cancelled-tickets", json={"ticket_ids": [tickets[0]["ticket_id"]]})


OUTCOMES = {
    ("told twice", 200): "cancelled",
    ("told twice", 409): "finalizing",
    ("captured twice", 200): "cancelled",
    ("captured twice", 409): "finalizing",
    ("confirmed", 202): "cancelling",
    ("confirmed, one ticket", 200): "confirmed",
}


@pytest.mark.timeout(600)
async def test_two_notices_and_a_cancellation_have_one_outcome(place, tell_figure):
    events = [await place.scene.publish_event() for _ in range(MEETINGS // 100 + 1)]
    numbers = iter(range(MEETINGS))
    meetings = []
    deadlocks_before = await deadlocks_in_database(place)

    async def queue():
        meetings.extend([await meet(place, events[number // 100], number) for number in numbers])

    async with asyncio.TaskGroup() as queues:
        for _ in range(AT_ONCE):
            queues.create_task(queue())
    counts = Counter((meeting.kind, meeting.cancellation) for meeting in meetings)
    tell_figure(f"notices and a cancellation: {dict(sorted(counts.items()))}")

    assert place.deadlocks == []
    assert await deadlocks_in_database(place) == deadlocks_before
    assert {meeting.notices for meeting in meetings} == {(204, 204)}
    states = dict(await place.scene.rows("SELECT order_id, state FROM orders.orders"))
    assert {(m.kind, m.cancellation): states[m.order_id] for m in meetings} == OUTCOMES, (
        "each way at least once"
    )
    assert [m for m in meetings if states[m.order_id] != OUTCOMES[m.kind, m.cancellation]] == []
    await check_money(place)


async def check_money(place):
    """What is kept is what it is for; and the provider, once it was asked, says the same."""
    rows = await place.scene.rows(KEPT_AND_DUE)
    due = {(order_id, currency): due for order_id, currency, _, _, due in rows}
    assert [row for row in rows if row[3] != row[4]] == []
    await place.refunds.run()
    has = Counter()
    for order_id, capture in place.provider.captures():
        back = place.provider.refunded_minor(capture.reference, ProviderRefundState.SUCCEEDED)
        has[order_id, capture.amount.currency] += capture.amount.amount_minor - back
    assert due == has
    assert place.provider.faults == []
