"""Sends notices by the Standard Webhooks specification, again and again until they are answered with 2xx."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx
from standardwebhooks import Webhook

from rowlock_payment_sandbox.errors import NoticeNotFound
from rowlock_payment_sandbox.model import Notice
from rowlock_payment_sandbox.sandbox import Sandbox
from rowlock_payment_sandbox.storage.database import transaction
from rowlock_payment_sandbox.storage.notices import find_notice, held_notices, notices_to_send, save_attempt

IN_FLIGHT_MAX = 64

log = logging.getLogger(__name__)


class Sender:
    """Sends what is due. What is under way when the process ends is sent again by the next."""

    def __init__(self, sandbox: Sandbox, http: httpx.AsyncClient) -> None:
        self._sandbox = sandbox
        self._http = http
        self._webhook = Webhook(sandbox.notice_secret)
        self._in_flight: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def send_due(self, *, now: datetime) -> None:
        """Begin to send everything that is due and not under way; returns at once."""
        room = max(0, IN_FLIGHT_MAX - len(self._in_flight))
        for notice in notices_to_send(self._sandbox.db, now=now, but=self._in_flight, limit=room):
            self._begin([notice])
        held = held_notices(self._sandbox.db, now=now)
        fresh = [notice for notice in held if notice.notice_id not in self._in_flight]
        if fresh:
            self._begin(fresh)

    async def send_again(self, notice_id: str) -> Notice:
        """Send it now, whatever became of it so far. Raises NoticeNotFound."""
        notice = find_notice(self._sandbox.db, notice_id)
        if notice is None:
            raise NoticeNotFound
        return await self._deliver(notice)

    async def _deliver(self, notice: Notice) -> Notice:
        """Send it once, all its copies at the same time; the notice as it is then."""
        answers = await asyncio.gather(*(self._post(notice) for _ in range(notice.copies)))
        took = any(_is_success(answer) for answer in answers)
        now = self._sandbox.clock()
        with transaction(self._sandbox.db):
            save_attempt(
                self._sandbox.db,
                notice_id=notice.notice_id,
                answer=", ".join(answers),
                delivered_at=now if took else None,
                next_attempt_at=None if took else self._next_attempt_at(notice, now),
            )
        sent = find_notice(self._sandbox.db, notice.notice_id)
        assert sent, "no notice is ever deleted"
        return sent

    def _begin(self, notices: Sequence[Notice]) -> None:
        self._in_flight.update(notice.notice_id for notice in notices)
        task = asyncio.create_task(self._deliver_in_turn(notices))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver_in_turn(self, notices: Sequence[Notice]) -> None:
        """One after the other, so that their order is what was asked for."""
        for notice in notices:
            is_over = False
            try:
                is_over = (await self._deliver(notice)).next_attempt_at is None
            except Exception:
                log.exception("notice %s could not be sent", notice.notice_id)
            finally:
                others_may_wait = len(self._in_flight) >= IN_FLIGHT_MAX
                self._in_flight.discard(notice.notice_id)
            if others_may_wait or not is_over:
                self._sandbox.woken.set()

    async def _post(self, notice: Notice) -> str:
        """The status of the answer, or why there was none."""
        sent_at = self._sandbox.clock()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": notice.notice_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": self._webhook.sign(notice.notice_id, sent_at, notice.body),
        }
        try:
            answer = await self._http.post(
                self._sandbox.settings.sandbox_notice_url, content=notice.body.encode(), headers=headers
            )
        except httpx.HTTPError as error:
            return type(error).__name__
        return str(answer.status_code)

    def _next_attempt_at(self, notice: Notice, now: datetime) -> datetime | None:
        """After a pause that doubles; None when it is given up."""
        settings = self._sandbox.settings
        if notice.attempts + 1 >= settings.sandbox_notice_attempts_max:
            return None
        doubled = settings.sandbox_notice_retry_s * 2 ** min(notice.attempts, 32)
        return now + timedelta(seconds=min(doubled, settings.sandbox_notice_retry_s_max))


def _is_success(answer: str) -> bool:
    return answer.isdigit() and HTTPStatus.OK <= int(answer) < HTTPStatus.MULTIPLE_CHOICES
