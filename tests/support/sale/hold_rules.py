"""What buyers do with holds, and what time does to them."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from support.sale.model import ModelHold
from support.sale.story import SEATS, StoryBase, some_seats


class HoldRules(StoryBase):
    @rule(data=st.data(), seats=some_seats)
    def place_hold(self, data: st.DataObject, seats: list[str]) -> None:
        self._try_to_hold(self.any_event(data), seats)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        hold = self.any_hold(data)
        allowed = hold.is_live and hold.renewals_left > 0 and hold.event_id not in self.model.cancelled
        answer = self.ask("POST", f"/holds/{hold.hold_id}/renewals", who=hold.buyer)
        assert answer.is_success is allowed, answer.text
        if allowed:
            hold.renewals_left -= 1
            self._remember_token(hold, answer.json())

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        hold = self.any_hold(data)
        answer = self.ask("DELETE", f"/holds/{hold.hold_id}", who=hold.buyer)
        assert answer.is_success is hold.is_live, answer.text
        if hold.is_live:
            self.model.release(hold)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), seat=st.sampled_from(SEATS))
    def release_seat(self, data: st.DataObject, seat: str) -> None:
        hold = self.any_hold(data)
        allowed = hold.is_live and seat in hold.seat_ids
        answer = self.ask("DELETE", f"/holds/{hold.hold_id}/seats/{seat}", who=hold.buyer)
        assert answer.is_success is allowed, answer.text
        if allowed:
            self.model.release_seat(hold, seat)
            self._remember_token(hold, answer.json())

    @precondition(lambda self: self.model.live_holds)
    @rule(data=st.data())
    def time_runs_out(self, data: st.DataObject) -> None:
        self._lapse(data.draw(st.sampled_from(self.model.live_holds)))

    @precondition(lambda self: self.model.live_holds)
    @rule(data=st.data())
    def is_overtaken(self, data: st.DataObject) -> None:
        """Time runs out and at once another buyer takes the seats; what then arrives comes too late."""
        hold = data.draw(st.sampled_from(self.model.live_holds))
        self._lapse(hold)
        self._try_to_hold(hold.event_id, hold.seat_ids)

    @rule()
    def sweep(self) -> None:
        self.run(self.sale.run_job("reservation", "expire_holds"))
        self.model.sweep()

    def _lapse(self, hold: ModelHold) -> None:
        self.run(self.sale.lapse(hold.hold_id))
        self.model.lapse(hold)

    def _try_to_hold(self, event: str, seats: Sequence[str]) -> ModelHold | None:
        """The hold, or None if it was rightly refused."""
        buyer = f"buyer-{len(self.model.holds)}"
        answer = self.ask("POST", "/holds", who=buyer, json={"event_id": event, "seat_ids": [*seats]})
        if event in self.model.cancelled:
            assert answer.status_code == 404, answer.text
            return None
        if taken := self.model.taken(event, seats):
            assert (answer.status_code, sorted(answer.json()["taken"])) == (409, taken)
            return None
        assert answer.status_code == 201, answer.text
        return self._remember_hold(answer.json(), buyer=buyer)

    def _remember_hold(self, answer: dict[str, Any], *, buyer: str) -> ModelHold:
        seats = [seat["seat_id"] for seat in answer["seats"]]
        hold = ModelHold(answer["hold_id"], answer["event_id"], buyer, seats)
        self.model.place(hold)
        self._remember_token(hold, answer)
        return hold

    def _remember_token(self, hold: ModelHold, answer: dict[str, Any]) -> None:
        if answer["hold_token"]:
            hold.tokens.append((answer["hold_token"], tuple(hold.seat_ids)))
