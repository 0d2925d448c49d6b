"""A buyer holds standing places, gives one back, then all of them."""

from rowlock_demo.journeys.buyer import SEATS_DEADLINE_S, Buyer, wait_for
from rowlock_demo.programme import JAM_SESSION

AREA = "dance-floor"


def walk(buyer: Buyer) -> None:
    """The whole journey; the places are on sale again at its end."""
    buyer.tell.chapter("A hold given back")
    event_id = buyer.find(JAM_SESSION)
    before = _available(buyer, event_id)

    buyer.tell.step("Hold three standing places")
    wanted = {"event_id": event_id, "areas": [{"area_id": AREA, "quantity": 3}]}
    hold = buyer.post("/holds", wanted, expect=201).json()
    _see_available(buyer, event_id, before - 3)

    buyer.tell.step("One friend cannot come: give one place back, and take the new hold token")
    path = f"/holds/{hold['hold_id']}"
    place = hold["seats"][0]["seat_id"]
    hold = buyer.delete(
        f"{path}/seats/{place}", expect=200, headers={"Hold-Token": hold["hold_token"]}
    ).json()
    _see_available(buyer, event_id, before - 2)

    buyer.tell.step("Stay at home after all: release the hold")
    buyer.delete(path, expect=204, headers={"Hold-Token": hold["hold_token"]})
    _see_available(buyer, event_id, before)


def _available(buyer: Buyer, event_id: str) -> int:
    areas = buyer.quiet.get(f"/events/{event_id}/availability").json()["areas"]
    return next(area["available"] for area in areas if area["area_id"] == AREA)


def _see_available(buyer: Buyer, event_id: str, places: int) -> None:
    wait_for(
        lambda: _available(buyer, event_id) == places,
        deadline_s=SEATS_DEADLINE_S,
        otherwise=f"{places} places should be on sale on the dance floor.",
    )
    buyer.tell.remark(f"{places} places are on sale on the dance floor.")
