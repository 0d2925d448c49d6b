"""Sends refunds to the payment provider, as fast as all replicas together may."""

import asyncio

from chassis import failpoints
from chassis.clock import utc_now
from chassis.database import Database
from chassis.fingerprints import Fingerprints
from chassis.jobs import Job
from chassis.logs import get_logger
from chassis.rate_limits import TooManyRequests
from orders.clients.payment_provider import PaymentProvider, ProviderRefused, ProviderUnavailable
from orders.domain.refund import Pauses, Refund
from orders.settings import Settings
from orders.storage.refund_pace import RefundPace
from orders.usecases.send_refunds import ask_provider, claim_refunds
from orders.usecases.take_in_refund import Answer, take_in_answer

log = get_logger()


def refund_jobs(db: Database, settings: Settings, provider: PaymentProvider | None) -> list[Job]:
    """Without a provider nothing is sent: recorded payments are paid back by hand."""
    if provider is None:
        return []
    return [Job("send_refunds", settings.refund_job_every_s, SendRefunds(db, settings, provider).run)]


class SendRefunds:
    """Claims refunds that are due, asks the provider about each, and writes down what it said."""

    def __init__(self, db: Database, settings: Settings, provider: PaymentProvider) -> None:
        self._db = db
        self._provider = provider
        at_once = max(1, int(settings.refunds_per_s))
        self._refunds_max = min(at_once, settings.saga_batch_orders)
        fingerprints = Fingerprints.of_settings(settings)
        self._pace = RefundPace(db, fingerprints, at_once=at_once, per_s=settings.refunds_per_s)
        self._turn_s_max = settings.payment_timeout_s
        # Longer than the wait for a turn, a look and the call together: nobody else sends it meanwhile.
        self._lease_s = self._turn_s_max + 3 * settings.payment_timeout_s
        self._pauses = Pauses(
            retry_s=settings.refund_retry_s,
            look_again_s=settings.refund_look_again_s,
            longest_s=settings.refund_retry_s_max,
            attempts_max=settings.refund_attempts_max,
        )

    async def run(self) -> int:
        """Send what is due, batch by batch, until nothing is; gives how many."""
        total = 0
        while claimed := await self._claim():
            await asyncio.gather(*(self._send(refund) for refund in claimed))
            total += len(claimed)
        return total

    async def _claim(self) -> list[Refund]:
        claimed = await self._db.run(
            lambda tx: claim_refunds(
                tx,
                provider=self._provider.name,
                refunds_max=self._refunds_max,
                lease_s=self._lease_s,
                now=utc_now(),
            )
        )
        failpoints.reach("orders.refund.claimed")
        return claimed

    async def _send(self, refund: Refund) -> None:
        """One that fails, or whose turn does not come, leaves its lease to end and the others alone."""
        try:
            if not await self._has_its_turn():
                log.info("refund_waits_for_its_turn", refund_id=str(refund.refund_id))
                return
            answer = await self._ask(refund)
            failpoints.reach("orders.refund.sent")
            await self._db.run(
                lambda tx: take_in_answer(tx, asked=refund, answer=answer, pauses=self._pauses, now=utc_now())
            )
            failpoints.reach("orders.refund.saved")
        except Exception:
            log.exception("refund_not_sent", refund_id=str(refund.refund_id))

    async def _ask(self, refund: Refund) -> Answer:
        """None, and a line in the log, when the provider said nothing that can be used: asked again later."""
        try:
            return await ask_provider(self._provider, refund=refund)
        except (ProviderUnavailable, ProviderRefused) as error:
            log.warning("refund_not_answered", refund_id=str(refund.refund_id), error=str(error))
            return None

    async def _has_its_turn(self) -> bool:
        """False when it did not come in time."""
        wait = asyncio.timeout(self._turn_s_max)
        try:
            async with wait:
                await self._wait_for_turn()
        except TimeoutError:
            if wait.expired():
                return False
            raise
        return True

    async def _wait_for_turn(self) -> None:
        while True:
            try:
                return await self._pace.take(self._provider.name)
            except TooManyRequests as refusal:
                await asyncio.sleep(refusal.retry_after_s)
