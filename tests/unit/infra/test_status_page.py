"""The screen of `rowlock status`."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from chassis.inspection import PartState, PartStatus, age
from rowlock_cli.asking import Unanswered, addresses_of, answered, ask
from rowlock_cli.status.page import is_healthy, page, verdict

OK, TROUBLE, UNKNOWN = PartState.OK, PartState.TROUBLE, PartState.UNKNOWN
NOW = datetime(2026, 11, 23, 16, 2, 11, tzinfo=UTC)


def status(part: str, state: PartState = OK, says: str = "ready") -> PartStatus:
    return PartStatus(part=part, state=state, says=says)


def shown(*statuses: PartStatus, lines_max: int | None = None, coloured: bool = False) -> list[str]:
    return page(statuses, url="http://x", now=NOW, lines_max=lines_max, coloured=coloured).splitlines()


def test_every_replica_has_a_line_where_there_is_room():
    replicas = [status("orders-api", says=f"ready at {n}") for n in range(3)]

    assert shown(*replicas)[2:] == [f"orders-api           ok       ready at {n}" for n in range(3)]


def test_where_there_is_no_room_ready_replicas_share_a_line_and_the_others_keep_theirs():
    replicas = [status("orders-api", says=f"ready at {n}") for n in range(20)]
    broken = status("orders-api", TROUBLE, "is not ready: database")

    assert shown(status("gateway"), *replicas, broken, status("mails"), lines_max=24)[2:] == [
        "gateway              ok       ready",
        "orders-api           ok       20 of 21 ready",
        "orders-api           trouble  is not ready: database",
        "mails                ok       ready",
    ]


def test_the_verdict_names_each_part_once():
    told = [status("a", TROUBLE), status("a", TROUBLE), status("b"), status("c", UNKNOWN)]

    assert verdict(told) == "Not healthy. Trouble: a; could not ask: c."
    assert verdict([status("b")]) == "Healthy."
    assert not is_healthy(told)
    assert not is_healthy([status("c", UNKNOWN)]), "nobody knows"


def test_there_is_colour_only_where_it_is_asked_for():
    assert "\x1b[31m" in "".join(shown(status("a", TROUBLE), coloured=True))
    assert "\x1b" not in "".join(shown(status("a", TROUBLE)))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172_800, "2 days")]
)
def test_an_age_is_told_in_a_unit_that_suits_it(seconds, words):
    assert age(seconds) == words


def test_a_question_that_is_given_up_keeps_nobody_even_when_it_does_not_stop():
    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    async def look() -> str:
        try:
            await ask(stubborn())
        except Unanswered as error:
            return str(error)
        return "answered"

    began = time.monotonic()
    assert answered(look(), deadline_s=0.2) == "no answer within 0.2 s"
    assert time.monotonic() - began < 5


def test_what_a_question_raises_is_raised():
    async def wrong() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        answered(ask(wrong()))


def test_an_address_is_its_own_name_and_a_name_without_one_says_so():
    assert answered(addresses_of("127.0.0.1")) == ["127.0.0.1"]
    with pytest.raises(Unanswered, match="does not resolve here"):
        answered(addresses_of("nobody.invalid"))
