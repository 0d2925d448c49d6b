"""Place a hold: choose concrete seats in this process, then let the database decide.

Requests that wait in this process share one statement and one commit (`storage.placing`). What the
process believes of free seats only chooses; row locks and the database's clock decide.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from chassis.database import Database
from chassis.ids import new_id
from reservation import metrics
from reservation.domain.errors import (
    EventNotOnSale,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    Refusal,
    SeatsTaken,
    TooManyActiveHolds,
    TooManyGuestHolds,
    TooManySeats,
)
from reservation.domain.geometry import Geometry, SeatLabel
from reservation.domain.guests import is_guest
from reservation.domain.holds import Hold, HoldLimits, HoldState
from reservation.domain.wishes import Wish, choose_positions, named_positions, nearest_equivalent
from reservation.storage.holds import first_expiry_s
from reservation.storage.placing import Decision, Placement, Verdict, find_decision
from reservation.storage.seat_views import EventView, OfferedEvent, SeatViews
from reservation.usecases.hold_batches import HoldBatches, pause

ATTEMPTS_MAX = 8
"""Tries of one request while other claims are in the way of its seats."""


@dataclass(frozen=True, slots=True)
class PlacedHold:
    """The hold as first granted and the labels of its seats; `is_replay` if it was granted before."""

    hold: Hold
    seats: tuple[SeatLabel, ...]
    is_replay: bool


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """Who asks for what; the fingerprint tells a repeated request from a different one.

    The hold counts as `counted_as`'s, who may have `active_holds_max` for the event. A guest's key is
    `guests.NO_KEY`, because it is in the `buyer_id`.
    """

    wish: Wish
    buyer_id: str
    idempotency_key: str
    fingerprint: bytes
    counted_as: str
    active_holds_max: int


class HoldPlacer:
    """Places the holds of one process. Close it before the database."""

    def __init__(
        self,
        *,
        db: Database,
        views: SeatViews,
        limits: HoldLimits,
        batch_max: int = 64,
        batches_at_once: int = 1,
    ) -> None:
        self._db = db
        self._views = views
        self._limits = limits
        self._batches = HoldBatches(
            db=db, duration_s=limits.hold_duration_s, batch_max=batch_max, batches_at_once=batches_at_once
        )
        self._keys_in_use: set[tuple[str, str]] = set()
        self._random = random.Random()

    async def place(self, request: HoldRequest) -> PlacedHold:
        """All seats of the wish, held for the buyer, or a Refusal and no effect.

        Raises EventNotOnSale, TooManySeats, UnknownSeats, UnknownPriceCategory, UnknownArea,
        NotEnoughSeats, SeatsTaken, TooManyActiveHolds, TooManyGuestHolds, IdempotencyKeyReused,
        IdempotencyKeyInUse.
        """
        try:
            placed = await self._place(request)
        except Exception as error:
            metrics.hold_not_granted(error)
            raise
        metrics.hold_granted(is_replay=placed.is_replay)
        return placed

    async def close(self) -> None:
        """Wait for the holds under way."""
        await self._batches.close()

    async def _place(self, request: HoldRequest) -> PlacedHold:
        key = (request.buyer_id, request.idempotency_key)
        if key in self._keys_in_use:
            raise IdempotencyKeyInUse
        self._keys_in_use.add(key)
        try:
            offered = await self._views.event(request.wish.event_id)
            self._require_seats_within_limit(request.wish, offered)
            if request.wish.names_every_seat:
                return await self._place_named(request, offered)
            return await self._place_chosen(request, offered)
        finally:
            self._keys_in_use.discard(key)

    def _require_seats_within_limit(self, wish: Wish, offered: OfferedEvent) -> None:
        seats_max = min(offered.seats_per_order_max, self._limits.hold_seats_max)
        if wish.quantity > seats_max:
            raise TooManySeats(wanted=wish.quantity, seats_max=seats_max)

    async def _place_named(self, request: HoldRequest, offered: OfferedEvent) -> PlacedHold:
        """Seats named one by one need no view: the database says whether they are free."""
        positions = named_positions(request.wish, offered.geometry)
        decision = await self._decide(_placement(request, positions, offered.geometry))
        if decision.grant:
            if decision.verdict is Verdict.GRANTED and (
                view := self._views.known_view(request.wish.event_id)
            ):
                view.lost(positions)
            return _placed(request, decision, offered.geometry)
        if decision.verdict in (Verdict.TAKEN, Verdict.CONTENDED):
            refusal = await self._seats_taken(request.wish, decision.taken or request.wish.seat_ids)
        else:
            refusal = await self._refusal(request, decision)
        return await self._replay_or(refusal, request, offered)

    async def _decide(self, placement: Placement) -> Decision:
        """Ask again while other claims are in the way; still CONTENDED after the last attempt."""
        attempt = 1
        while True:
            decision = await self._batches.decide(placement)
            if decision.verdict is not Verdict.CONTENDED or attempt == ATTEMPTS_MAX:
                return decision
            await pause(attempt)
            attempt += 1

    async def _place_chosen(self, request: HoldRequest, offered: OfferedEvent) -> PlacedHold:
        """Choose on the view; when the database disagrees, choose again on a fresh one."""
        newer_than: float | None = None
        taken: tuple[str, ...] = ()
        for attempt in range(ATTEMPTS_MAX):
            view = await self._views.view(request.wish.event_id, newer_than=newer_than)
            try:
                positions = choose_positions(request.wish, view.seat_map, random=self._random)
            except Refusal as refusal:
                if newer_than is not None:
                    return await self._replay_or(refusal, request, offered)
                newer_than = time.monotonic()
                continue
            decision = await self._submit_picks(request, positions, view)
            if decision.grant:
                return _placed(request, decision, offered.geometry)
            if decision.verdict not in (Verdict.TAKEN, Verdict.CONTENDED):
                return await self._replay_or(await self._refusal(request, decision), request, offered)
            taken = decision.taken or taken
            if lost_names := set(taken) & set(request.wish.seat_ids):
                refusal = await self._seats_taken(request.wish, tuple(sorted(lost_names)))
                return await self._replay_or(refusal, request, offered)
            await pause(attempt)
            newer_than = time.monotonic()
        return await self._replay_or(SeatsTaken(seat_ids=taken), request, offered)

    async def _submit_picks(self, request: HoldRequest, positions: list[int], view: EventView) -> Decision:
        geometry = view.offered.geometry
        view.picked(positions)
        held: list[int] = []
        try:
            decision = await self._batches.decide(_placement(request, positions, geometry))
            if decision.verdict is Verdict.GRANTED:
                held = positions
            elif decision.verdict is Verdict.TAKEN:
                held = [geometry.position_of[seat_id] for seat_id in decision.taken]
        finally:
            view.given_back(set(positions) - set(held))
            view.lost(held)
        return decision

    async def _replay_or(self, refusal: Refusal, request: HoldRequest, offered: OfferedEvent) -> PlacedHold:
        """Refused, but the request may be a repeated one that was granted: long ago, or by another replica
        at this moment, after the batch had looked for earlier holds and before it reached the seats.
        """
        async with self._db.snapshot() as connection:
            decision = await find_decision(
                connection,
                buyer_id=request.buyer_id,
                idempotency_key=request.idempotency_key,
                fingerprint=request.fingerprint,
            )
        if decision is None:
            raise refusal
        if decision.grant:
            return _placed(request, decision, offered.geometry)
        raise await self._refusal(request, decision)

    async def _seats_taken(self, wish: Wish, seat_ids: tuple[str, ...]) -> SeatsTaken:
        view = await self._views.view(wish.event_id)
        geometry = view.offered.geometry
        view.lost(geometry.position_of[seat_id] for seat_id in seat_ids)
        block = nearest_equivalent(wish.seat_ids, view.seat_map) if wish.names_every_seat else None
        alternative = None if block is None else tuple(geometry.label(position) for position in block)
        return SeatsTaken(seat_ids=seat_ids, alternative=alternative)

    async def _refusal(self, request: HoldRequest, decision: Decision) -> Refusal:
        if decision.verdict is Verdict.KEY_REUSED:
            return IdempotencyKeyReused()
        if decision.verdict is Verdict.LIMIT:
            return await self._limit_reached(request)
        return EventNotOnSale(event_id=request.wish.event_id)

    async def _limit_reached(self, request: HoldRequest) -> Refusal:
        async with self._db.snapshot() as connection:
            left_s = await first_expiry_s(
                connection, event_id=request.wish.event_id, counted_as=request.counted_as
            )
        limit = TooManyGuestHolds if is_guest(request.buyer_id) else TooManyActiveHolds
        return limit(active_holds_max=request.active_holds_max, retry_after_s=max(1, ceil(left_s)))


def _placement(request: HoldRequest, positions: Sequence[int], geometry: Geometry) -> Placement:
    return Placement(
        hold_id=new_id(),
        event_id=request.wish.event_id,
        buyer_id=request.buyer_id,
        idempotency_key=request.idempotency_key,
        request_fingerprint=request.fingerprint,
        counted_as=request.counted_as,
        active_holds_max=request.active_holds_max,
        seat_ids=tuple(geometry.seat_ids[position] for position in positions),
    )


def _placed(request: HoldRequest, decision: Decision, geometry: Geometry) -> PlacedHold:
    """The hold as it was when it was granted, whatever became of it since."""
    grant = decision.grant
    if grant is None:
        raise ValueError(f"{decision.verdict} grants nothing")
    hold = Hold(
        hold_id=grant.hold_id,
        event_id=request.wish.event_id,
        buyer_id=request.buyer_id,
        seat_ids=grant.seat_ids,
        state=HoldState.ACTIVE,
        placed_at=grant.placed_at,
        expires_at=grant.expires_at,
        renewals=0,
    )
    return PlacedHold(hold, geometry.labels(hold.seat_ids), decision.verdict is Verdict.REPLAY)
