"""The job that asks the provider about payments whose notice may be lost, and closes their pages in time."""

import asyncio
from functools import partial

from chassis import failpoints
from chassis.clock import utc_now
from chassis.database import Database
from chassis.jobs import Job
from chassis.logs import get_logger
from orders.clients.payment_provider import PaymentProvider, ProviderRefused, ProviderUnavailable
from orders.settings import Settings
from orders.usecases.look_after_payments import (
    DuePayment,
    LookRules,
    ask_about,
    claim_due_payments,
    take_in_answer,
)

QUESTIONS_AT_ONCE = 20

log = get_logger()


def payment_jobs(db: Database, settings: Settings, provider: PaymentProvider | None) -> list[Job]:
    """The job, if there is a provider to ask."""
    if provider is None:
        return []
    rules = LookRules(
        again_s=settings.payment_look_again_s,
        again_s_max=settings.payment_look_again_s_max,
        payments_max=QUESTIONS_AT_ONCE,
    )
    look = partial(look_after_payments, db, provider=provider, rules=rules)
    return [Job("look_after_payments", settings.payment_look_every_s, look)]


async def look_after_payments(db: Database, *, provider: PaymentProvider, rules: LookRules) -> int:
    """Ask about all payments that are due, some at a time; gives how many."""
    total = 0
    while due := await _claim(db, provider, rules):
        failpoints.reach("orders.look.claimed")
        async with asyncio.TaskGroup() as asking:
            for payment in due:
                asking.create_task(_look_after(db, provider, payment))
        total += len(due)
    return total


async def _claim(db: Database, provider: PaymentProvider, rules: LookRules) -> list[DuePayment]:
    return await db.run(lambda tx: claim_due_payments(tx, provider=provider.name, rules=rules, now=utc_now()))


async def _look_after(db: Database, provider: PaymentProvider, due: DuePayment) -> None:
    """One payment's trouble is not the others': it is due again later."""
    try:
        answer = await ask_about(provider, due)
        failpoints.reach("orders.look.answered")
        await db.run(
            lambda tx: take_in_answer(tx, due=due, answer=answer, provider=provider.name, now=utc_now())
        )
    except (ProviderUnavailable, ProviderRefused) as error:
        log.warning("payment_not_looked_after", payment_id=str(due.payment_id), error=str(error))
    except Exception:
        log.exception("payment_not_looked_after", payment_id=str(due.payment_id))
