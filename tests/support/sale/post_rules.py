"""When messages arrive: late, twice, in any order, but arrive they do."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from support.sale.post import Letter
from support.sale.story import StoryBase


class PostRules(StoryBase):
    @rule()
    def collect(self) -> None:
        self.waiting += self.run(self.sale.post.collect())

    @rule()
    def collect_and_deliver_all(self) -> None:
        self.collect()
        while self.waiting:
            self._deliver(self.waiting.pop(0))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def deliver_any(self, data: st.DataObject) -> None:
        self._deliver(self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1))))

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        self._hand_over(data.draw(st.sampled_from(self.delivered)))

    def _deliver(self, letter: Letter) -> None:
        self._hand_over(letter)
        self.delivered.append(letter)

    def _hand_over(self, letter: Letter) -> None:
        self.run(self.sale.post.deliver(letter))
        self.model.hear(
            consumer=letter.consumer,
            message_id=str(letter.message_id),
            message_type=letter.message_type,
            data=letter.data,
        )
