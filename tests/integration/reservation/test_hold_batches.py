"""A batch of holds shares one statement; what is wrong with one of them is not the others' fault."""

import random
import string
import uuid
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from integration.reservation.scene import Scene, outcomes, placement, plan_document

from chassis.database import Database
from reservation.storage.placing import Placement, Verdict
from reservation.usecases import hold_batches
from reservation.usecases.hold_batches import HoldBatches

# Longer than an index row can be, and of a kind that does not compress.
UNSTORABLE = "".join(random.Random(7).choices(string.printable[:90], k=20_000))


def placements(event: uuid.UUID, number: int) -> list[Placement]:
    return [placement(event, f"{n // 20}-{n % 20}") for n in range(number)]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many placements each statement had."""
    sizes: list[int] = []
    place = hold_batches.place_holds

    async def counted(db: Database, placements: Any, *, duration_s: int) -> Any:
        sizes.append(len(placements))
        return await place(db, placements, duration_s=duration_s)

    monkeypatch.setattr(hold_batches, "place_holds", counted)
    return sizes


async def decide_all(db: Database, wanted: list[Placement]) -> list[Any]:
    batches = HoldBatches(db=db, duration_s=900, batch_max=128, batches_at_once=1)
    return await outcomes(*(batches.decide(one) for one in wanted))


async def test_one_hold_that_cannot_be_stored_fails_alone(scene: Scene, statements: list[int]) -> None:
    event = await scene.put_on_sale(plan_document(rows=10, seats=20))
    wanted = placements(event, 128)
    wanted[77] = replace(wanted[77], buyer_id=UNSTORABLE)
    decided = await decide_all(scene.db, wanted)
    failed = [n for n, outcome in enumerate(decided) if isinstance(outcome, Exception)]
    assert failed == [77]
    assert isinstance(decided[77], psycopg.errors.ProgramLimitExceeded)
    assert {one.verdict for n, one in enumerate(decided) if n != 77} == {Verdict.GRANTED}
    assert len(statements) <= 2 * 8


async def test_an_absent_database_is_not_asked_again_for_each_half(statements: list[int]) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1)
    decided = await decide_all(away, placements(uuid.uuid4(), 16))
    assert all(isinstance(outcome, psycopg.OperationalError) for outcome in decided)
    assert statements in ([1, 15], [16])
    await away.close()


async def test_a_whole_batch_takes_one_statement(scene: Scene, statements: list[int]) -> None:
    event = await scene.put_on_sale(plan_document(rows=10, seats=20))
    decided = await decide_all(scene.db, placements(event, 100))
    assert {one.verdict for one in decided} == {Verdict.GRANTED}
    assert statements in ([100], [1, 99])
