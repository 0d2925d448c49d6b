"""What the sandbox does wrong on request: how notices travel, and calls that fail."""

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

DELAY_MS_MAX = 3_600_000
CALLS_MAX = 1_000_000


class NoticeMode(StrEnum):
    """How notices made from now on are delivered."""

    NORMAL = "normal"
    LATE = "late"
    TWICE = "twice"
    OUT_OF_ORDER = "out_of_order"
    NONE = "none"


class NoticeSwitch(BaseModel):
    """`delay_ms`: how much later each is sent (late), or how long they gather (out_of_order)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: NoticeMode = NoticeMode.NORMAL
    delay_ms: int = Field(default=500, ge=0, le=DELAY_MS_MAX)


class Outage(BaseModel):
    """The next calls of the API; numbers count down. Those not named become 0.

    `fail_next`: answered 503, without effect. `lose_answers`: the next POSTs have their effect and are
    answered 500. `answer_after_ms`: every call has its effect, and its answer comes so much later.
    """

    model_config = ConfigDict(extra="forbid")

    fail_next: int = Field(default=0, ge=0, le=CALLS_MAX)
    lose_answers: int = Field(default=0, ge=0, le=CALLS_MAX)
    answer_after_ms: int = Field(default=0, ge=0, le=DELAY_MS_MAX)

    def takes_failure(self) -> bool:
        """Whether this call fails; uses one up."""
        taken = self.fail_next > 0
        self.fail_next -= taken
        return taken

    def takes_loss(self) -> bool:
        """Whether the answer to this call is lost; uses one up."""
        taken = self.lose_answers > 0
        self.lose_answers -= taken
        return taken


@dataclass
class Switches:
    """All of them, in memory: a restart puts everything right again."""

    notices: NoticeSwitch = field(default_factory=NoticeSwitch)
    outage: Outage = field(default_factory=Outage)
