"""Mails, the sweeper, jobs, and the figures themselves."""

from support.stage.backstage import LAPSE
from support.stage.buyer import CONTACT
from support.stage.trouble import superuser, without_right
from support.waiting import wait_until


async def test_mails_that_nobody_sends(system, stage, alerts):
    async with without_right(system, "UPDATE", "notifications.mails"), superuser(system) as connection:
        buyer = stage.buyer()
        order = await buyer.order(await buyer.hold(await stage.event(), "Stalls-1-1"))
        await buyer.finalize(order)
        waiting = (
            "UPDATE notifications.mails SET due_at = due_at - interval '20 minutes' WHERE state = 'waiting'"
        )

        async def has_aged() -> bool:
            return (await connection.execute(waiting)).rowcount > 0

        await wait_until(has_aged, deadline_s=30, what="a mail waits")
        await alerts.fires("RowlockMailsLate")
    await alerts.ends("RowlockMailsLate")


async def test_an_address_that_the_mail_server_refuses(stage, alerts):
    buyer = stage.buyer()
    hold = await buyer.hold(await stage.event(), "Stalls-1-1")
    await buyer.finalize(await buyer.order(hold, contact=CONTACT | {"email": "refused@example.org"}))

    await alerts.fires("RowlockMailsGivenUp")


async def test_a_sweeper_that_may_not_sweep(system, stage, alerts):
    buyer = stage.buyer()
    hold = await buyer.hold(await stage.event(), "Stalls-1-1")

    async with without_right(system, "UPDATE", "reservation.holds"), superuser(system) as connection:
        for statement in LAPSE:
            await connection.execute(statement, {"holds": [hold["hold_id"]]})
        await alerts.fires("RowlockSweeperBehind")
    await alerts.ends("RowlockSweeperBehind")


async def test_figures_that_cannot_be_sampled(system, alerts):
    async with without_right(system, "SELECT", "accounts.outbox"):
        await alerts.fires("RowlockSamplingStale", service="accounts")
    await alerts.ends("RowlockSamplingStale")


async def test_a_job_that_fails_again_and_again(alerts):
    """Since the beginning: see conftest."""
    await alerts.fires("RowlockJobNotSucceeding", within_s=420, service="orders", job_name="forget_lookups")
