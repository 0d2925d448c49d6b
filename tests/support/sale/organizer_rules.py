"""What an organizer does to an event on sale."""

from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from support.sale.story import StoryBase, some_seats


class OrganizerRules(StoryBase):
    @rule(data=st.data(), seats=some_seats)
    def block(self, data: st.DataObject, seats: list[str]) -> None:
        event = self.any_event(data)
        allowed = event not in self.model.cancelled and not self.model.taken(event, seats)
        answer = self._organize(f"/events/{event}/blocked-seats", json={"seat_ids": seats})
        assert answer.is_success is allowed, answer.text
        if allowed:
            self.model.block(event, seats, blocked=True)

    @precondition(lambda self: any(seat.blocked for seat in self.model.seats.values()))
    @rule(data=st.data())
    def unblock(self, data: st.DataObject) -> None:
        blocked = [key for key, seat in self.model.seats.items() if seat.blocked]
        event, seat = data.draw(st.sampled_from(blocked))
        answer = self._organize(f"/events/{event}/unblocked-seats", json={"seat_ids": [seat]})
        assert answer.is_success is (event not in self.model.cancelled), answer.text
        if answer.is_success:
            self.model.block(event, [seat], blocked=False)

    # Rarely, and not before there is something to lose: a story without events is soon told.
    @precondition(lambda self: len(self.model.holds) > 3)
    @rule(data=st.data(), chance=st.integers(0, 3))
    def cancel_event(self, data: st.DataObject, chance: int) -> None:
        if chance == 0:
            event = self.any_event(data)
            self._organize(f"/events/{event}/cancellation", service="catalog", json={"reason": "rain"})

    @precondition(lambda self: self.model.cancelled)
    @rule()
    def release_holds_of_cancelled_events(self) -> None:
        self.run(self.sale.run_job("reservation", "release_holds_of_cancelled"))
        self.model.release_cancelled()

    def _organize(self, path: str, *, service: str = "reservation", **request: Any) -> httpx.Response:
        return self.ask("POST", path, service=service, who="olga", roles=("organizer",), **request)
