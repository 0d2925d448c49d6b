"""What goes wrong with refunds and must not be silent."""

import uuid
from typing import Any

import pytest
from integration.orders.money import MoneyScene, policy
from structlog.testing import capture_logs

from chassis.clock import utc_now
from orders.clients.payment_provider import ProviderRefund, ProviderRefundState, ProviderRefused
from orders.domain.refund import RefundedBefore
from orders.domain.refund_policy import RefundShare
from orders.storage.refund_pace import RefundPace
from orders.usecases.give_back_money import give_back_share

PATIENT = {"refund_retry_s": 60.0, "refund_look_again_s": 60.0}


async def logged(money: MoneyScene, **settings: Any) -> list[dict[str, Any]]:
    """What one round of the job says of refunds."""
    with capture_logs() as logs:
        await money.job(**{**PATIENT, **settings}).run()
    return [dict(line) for line in logs if line["event"].startswith("refund_")]


async def test_a_provider_that_gives_no_answer_is_told_in_the_log(money: MoneyScene) -> None:
    paid = await money.cancelled()
    money.provider.trouble.meet("away")

    (line,) = await logged(money)

    assert (line["event"], line["log_level"]) == ("refund_not_answered", "warning")
    assert (line["refund_id"], await money.refund_state(paid)) == (
        str(await money.refund_id(paid.order_id)),
        "pending",
    )


async def test_a_refund_that_the_provider_does_not_show_is_told_in_the_log_and_asked_about_again(
    money: MoneyScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = await money.cancelled()
    money.provider.refund_becomes = ProviderRefundState.PENDING
    await money.job(**PATIENT).run()
    await money.make_due()

    async def refuse(*, reference: str) -> ProviderRefund | None:
        raise ProviderRefused(f"not showing {reference}")

    monkeypatch.setattr(money.provider, "find_refund", refuse)
    (line,) = await logged(money)

    assert line["event"] == "refund_not_answered"
    assert "not showing" in line["error"]
    assert await money.refund_state(paid) == "submitted"


@pytest.mark.parametrize("times_out", ["provider", "database"])
async def test_a_time_out_is_not_taken_for_a_wait_for_its_turn(
    money: MoneyScene, monkeypatch: pytest.MonkeyPatch, times_out: str
) -> None:
    await money.cancelled()

    async def time_out(*_: Any, **__: Any) -> ProviderRefund:
        raise TimeoutError

    monkeypatch.setattr(
        *{"provider": (money.provider, "refund"), "database": (RefundPace, "take")}[times_out], time_out
    )

    assert [line["event"] for line in await logged(money)] == ["refund_not_sent"]


async def test_a_wait_for_its_turn_is_told_as_one(money: MoneyScene) -> None:
    for _ in range(2):
        await money.cancelled()

    lines = await logged(money, refunds_per_s=0.5, payment_timeout_s=0.2)

    assert [line["event"] for line in lines] == ["refund_waits_for_its_turn"]


async def test_a_second_refund_for_the_same_cause_is_refused_aloud(money: MoneyScene) -> None:
    paid = await money.paid(seats=("A-1", "A-2"), refund_policy=policy())
    share = RefundShare(refund_minor=1000, fee_minor=0)
    cause = f"ticket:{uuid.uuid4()}"

    async def give_back() -> None:
        await money.scene.db.run(
            lambda tx: give_back_share(
                tx, order_id=paid.order_id, cause=cause, share=share, reason="test", now=utc_now()
            )
        )

    await give_back()
    with pytest.raises(RefundedBefore):
        await give_back()

    assert [refund[1] for refund in await money.refunds(paid.order_id)] == [1000]
