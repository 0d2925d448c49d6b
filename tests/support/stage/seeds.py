"""Real ids, names and tokens for generated requests, so that they get further than 404."""

import asyncio
import zlib
from collections.abc import Mapping
from typing import Any

from support.stage.stage import Stage

SHOWS = 4
"""Events to try things on; some are cancelled by the trying."""


async def plant_seeds(stage: Stage, *, owner: str) -> dict[str, list[str]]:
    """What exists, by the name that fields and parameters have for it; holds and orders are the owner's."""
    buyer, organizer = stage.buyer(subject=owner), stage.organizer
    venue_id = await organizer.make_venue()
    events = [await stage.event() for _ in range(SHOWS)]
    plan_id = (await buyer.get(f"/events/{events[0]}")).json()["seating_plan"]["seating_plan_id"]
    drafts = [await organizer.draft(venue_id=venue_id, seating_plan_id=plan_id) for _ in range(SHOWS)]
    holds = await asyncio.gather(*(buyer.hold(event_id, "Stalls-1-1", "Stalls-1-2") for event_id in events))
    orders = [await buyer.order(await buyer.hold(event_id, "Stalls-2-1")) for event_id in events]
    return {
        "event_id": [*events, *(draft["event_id"] for draft in drafts)],
        "venue_id": [venue_id],
        "seating_plan_id": [plan_id],
        "hold_id": [hold["hold_id"] for hold in holds],
        "hold_tokens": [hold["hold_token"] for hold in holds],
        "order_id": [order["order_id"] for order in orders],
        "seat_id": ["Stalls-1-1", "Stalls-1-2"],
        "seat_ids": ["Stalls-2-7", "Stalls-2-8"],
        "area_id": ["floor"],
        "price_category": ["Stalls"],
        "ticket_type": ["visitor"],
        "currency": ["PLN"],
    }


def sown(value: Any, seeds: Mapping[str, list[str]], *, name: str = "") -> Any:
    """`value` with about three of four strings replaced whose name has seeds; the same ones each time."""
    if isinstance(value, dict):
        return {key: sown(member, seeds, name=str(key)) for key, member in value.items()}
    if isinstance(value, list):
        return [sown(member, seeds, name=name) for member in value]
    if not isinstance(value, str) or name not in seeds:
        return value
    lot = zlib.crc32(value.encode(errors="replace"))
    return value if lot % 4 == 0 else seeds[name][lot // 4 % len(seeds[name])]
