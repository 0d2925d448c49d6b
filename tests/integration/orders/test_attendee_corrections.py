"""Attendees are corrected by whoever has the right to the order, until the organizer's list stands."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from integration.orders.conftest import Person
from integration.orders.people import asks_for_pesel, pesel
from integration.orders.scene import Scene, hold_of

from chassis.clock import utc_now
from messages.reservation import HoldsConfirmed
from orders.domain.attendee import Correction
from orders.domain.offer import AttendeesAreFinal
from orders.domain.person_limit import PersonLimitReached
from orders.domain.rights import OrderRight
from orders.usecases.correct_attendee import correct_attendee

ADA, BOB, EVE = pesel(1), pesel(2), pesel(3)
RIGHT = OrderRight(buyer_id="ada")


async def line_of(scene: Scene, order_id: UUID) -> str:
    return (await scene.order(order_id))["lines"][0]["line_id"]


async def ordered(scene: Scene, *pesels: str, seat: str = "A", **event: Any) -> tuple[UUID, str, UUID]:
    """An order of Ada's: its id, its first line, its event."""
    event_id = event.pop("event_id", None) or await scene.publish_event(**asks_for_pesel(**event))
    seats = [f"{seat}-{number}" for number, _ in enumerate(pesels)]
    order_id = await scene.place(hold_of(event_id, seats=seats), pesels=pesels)
    return order_id, await line_of(scene, order_id), event_id


async def correct(scene: Scene, order_id: UUID, line_id: str, **correction: Any) -> None:
    now = correction.pop("now", utc_now())
    await scene.db.run(
        lambda tx: correct_attendee(
            tx,
            order_id=order_id,
            line_id=UUID(line_id),
            right=RIGHT,
            correction=Correction(**correction),
            personal=scene.personal,
            now=now,
        )
    )


@pytest.fixture
def patch(anonymous: httpx.AsyncClient, mint_token: Callable[..., str]) -> Callable[..., Any]:
    async def patched(order_id: UUID, line_id: str, body: Any, *, subject: str = "ada") -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {mint_token(subject=subject)}",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        return await anonymous.patch(f"/orders/{order_id}/attendees/{line_id}", json=body, headers=headers)

    return patched


async def test_a_corrected_attendee_is_on_the_order_and_its_tickets(
    scene: Scene, ada: Person, patch: Any
) -> None:
    order_id, line_id, _ = await ordered(scene, ADA)
    await scene.finalize(order_id)
    await scene.deliver(HoldsConfirmed(order_id=order_id))

    answer = await patch(order_id, line_id, {"last_name": " King ", "pesel": f"{BOB[:6]} {BOB[6:]}"})

    expected = {"first_name": "Ada", "last_name": "King", "pesel": f"*********{BOB[-2:]}"}
    assert (answer.status_code, answer.json()["line_id"], answer.json()["attendee"]) == (
        200,
        line_id,
        expected,
    )
    order, tickets = await ada.get(f"/orders/{order_id}"), await ada.get(f"/orders/{order_id}/tickets")
    assert order.json()["lines"][0]["attendee"] == expected == tickets.json()["items"][0]["attendee"]


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({}, 422, "validation-failed"),
        ({"first_name": ""}, 422, "validation-failed"),
        ({"pesel": "44051401358"}, 422, "attendees-invalid"),
        ({"email": "x@example.org"}, 422, "validation-failed"),
    ],
)
async def test_a_wrong_correction_is_refused_and_not_repeated(
    scene: Scene, patch: Any, body: dict[str, Any], status: int, slug: str
) -> None:
    order_id, line_id, _ = await ordered(scene, ADA)

    answer = await patch(order_id, line_id, body)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert "44051401358" not in answer.text
    assert (await scene.order(order_id))["lines"][0]["attendee"]["last_name"] == "Lovelace"


async def test_anothers_order_and_anothers_line_look_like_none(scene: Scene, patch: Any) -> None:
    order_id, line_id, event_id = await ordered(scene, ADA)
    _, other_line, _ = await ordered(scene, BOB, event_id=event_id, seat="B")
    attempts = [
        await patch(order_id, line_id, {"last_name": "King"}, subject="eve"),
        await patch(order_id, other_line, {"last_name": "King"}),
        await patch(uuid.uuid4(), line_id, {"last_name": "King"}),
    ]

    assert [(answer.status_code, answer.json()["type"]) for answer in attempts] == [
        (404, "/problems/not-found")
    ] * 3


async def test_who_tries_out_persons_is_told_when_to_come_back_and_keeps_nobody_else_from_correcting(
    scene: Scene, patch: Any, app: Any
) -> None:
    order_id, line_id, _ = await ordered(scene, ADA)
    most = int(app.state.settings.attendee_corrections_per_order.partition("/")[0])

    strangers = [await patch(order_id, line_id, {"pesel": BOB}, subject="eve") for _ in range(most + 1)]
    own = [await patch(order_id, line_id, {"pesel": f"{BOB}0"}) for _ in range(most)]
    over = await patch(order_id, line_id, {"pesel": BOB})

    assert [strangers[0].status_code, strangers[-1].status_code] == [404, 429]
    assert {answer.status_code for answer in own} == {422}, "a refused one counts"
    assert (over.status_code, over.json()["type"]) == (429, "/problems/too-many-requests")
    assert int(over.headers["retry-after"]) > 1


async def test_an_event_that_asks_for_no_pesel_takes_none_in_a_correction_either(
    scene: Scene, patch: Any
) -> None:
    order_id = await scene.place(hold_of(await scene.publish_event()))

    answer = await patch(order_id, await line_of(scene, order_id), {"pesel": ADA})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "pesel")


async def test_attendees_are_final_from_the_organizers_deadline_on(scene: Scene) -> None:
    final_at = utc_now() + timedelta(days=3)
    order_id, line_id, _ = await ordered(scene, ADA, attendees_final_at=final_at)
    await correct(scene, order_id, line_id, last_name="King", now=final_at - timedelta(seconds=1))

    with pytest.raises(AttendeesAreFinal) as refusal:
        await correct(scene, order_id, line_id, last_name="Byron", now=final_at)

    assert refusal.value.final_at == final_at


async def test_without_a_deadline_attendees_are_final_when_the_event_starts(scene: Scene) -> None:
    starts_at = utc_now() + timedelta(days=7)
    order_id, line_id, _ = await ordered(scene, ADA, starts_at=starts_at)
    await correct(scene, order_id, line_id, last_name="King", now=starts_at - timedelta(seconds=1))

    with pytest.raises(AttendeesAreFinal):
        await correct(scene, order_id, line_id, last_name="Byron", now=starts_at)


@pytest.mark.parametrize("end", ["cancel", "expire"])
async def test_an_order_that_is_over_is_not_corrected(scene: Scene, patch: Any, end: str) -> None:
    event_id = await scene.publish_event(**asks_for_pesel())
    hold = hold_of(event_id)
    order_id = await scene.place(hold, pesels=[ADA])
    await scene._take(end, order_id, hold, paid=False)

    answer = await patch(order_id, await line_of(scene, order_id), {"last_name": "King"})

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/order-is-over")


async def test_an_attendee_of_a_cancelled_event_is_not_corrected(scene: Scene, patch: Any) -> None:
    order_id, line_id, event_id = await ordered(scene, ADA)
    await scene.cancel_event(event_id)

    answer = await patch(order_id, line_id, {"last_name": "King"})

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/event-cancelled")


async def test_a_seat_is_not_given_to_a_person_who_has_as_many_as_one_may(scene: Scene, patch: Any) -> None:
    order_id, line_id, event_id = await ordered(scene, ADA, tickets_per_person_max=1)
    await ordered(scene, BOB, event_id=event_id, seat="B")

    refused = await patch(order_id, line_id, {"pesel": BOB})
    allowed = await patch(order_id, line_id, {"pesel": EVE})

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/person-limit-reached")
    assert [error["field"] for error in refused.json()["errors"]] == ["pesel"]
    assert allowed.status_code == 200
    await ordered(scene, ADA, event_id=event_id, seat="C")  # she has none any more


async def test_the_same_person_again_counts_once(scene: Scene) -> None:
    order_id, line_id, _ = await ordered(scene, ADA, tickets_per_person_max=1)

    await correct(scene, order_id, line_id, pesel=ADA, last_name="King")

    assert (await scene.order(order_id))["lines"][0]["attendee"]["last_name"] == "King"


async def test_twenty_corrections_to_one_person_at_once_never_exceed_the_limit(scene: Scene) -> None:
    event_id = await scene.publish_event(**asks_for_pesel(tickets_per_person_max=2))
    orders = [await ordered(scene, pesel(100 + n), event_id=event_id, seat=f"S{n}") for n in range(20)]

    ended = await asyncio.gather(
        *(correct(scene, order_id, line_id, pesel=EVE) for order_id, line_id, _ in orders),
        return_exceptions=True,
    )

    assert sum(outcome is None for outcome in ended) == 2
    assert {type(outcome) for outcome in ended} == {type(None), PersonLimitReached}
