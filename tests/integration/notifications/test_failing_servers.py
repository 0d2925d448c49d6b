"""A mail is tried until a server has taken it, it is clear that none will, or it has waited too long."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import psycopg
import pytest
from integration.notifications.facts import EMAIL

from notifications.domain.mails import Failure, MailKind, MailState
from notifications.domain.outcomes import Postponed, Sent
from notifications.storage.mails import claim_mail
from notifications.usecases.record_outcome import Patience, record_outcome
from support.waiting import wait_until

FOR_EVER_S = 1e6


async def test_what_a_server_refuses_for_now_is_tried_again(post, mailbox, send_until):
    await post.wish(MailKind.VERIFICATION)
    mailbox.fail(refuse_temporarily=2)
    await post.send()

    row = await post.row()
    assert (row["state"], row["reason"], row["smtp_code"]) == ("waiting", "refused_for_now", 451)
    await send_until("sent")
    assert len(mailbox.mails()) == 1
    assert (await post.row())["claims"] == 3


async def test_what_a_server_refuses_for_good_is_given_up_at_once(post, mailbox):
    await post.wish(MailKind.VERIFICATION)
    mailbox.fail(refuse_permanently=1)
    await post.send()

    row = await post.row()
    assert (row["state"], row["reason"], row["smtp_code"]) == ("given_up", "refused", 554)
    assert mailbox.mails() == []


async def test_an_address_that_a_server_does_not_know_is_given_up(post, mailbox):
    await post.wish(MailKind.VERIFICATION, email="refused-jan@example.org")
    await post.wish(MailKind.VERIFICATION)
    await post.send(mail_lines=1)

    assert await post.states() == [("given_up", "refused"), ("sent", None)]
    assert [mail["to"] for mail in mailbox.mails()] == [[EMAIL]]


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "a@b\r\nBcc: all@example.org", "a@b.c, d@e.f", "<a@b.c>"]
)
async def test_an_address_that_is_none_is_given_up(post, mailbox, email):
    cause = await post.wish(MailKind.PASSWORD_CHANGED)
    post.owners.tell(f"/internal/mails/{cause.cause_id}", {"email": email, "name": None})
    await post.send()

    assert await post.states() == [("given_up", "address_unusable")]
    assert mailbox.mails() == []


async def test_while_no_server_answers_mails_wait_and_the_pauses_grow(post, mailbox):
    await post.wish(MailKind.VERIFICATION)
    pauses = []
    for _ in range(4):
        await post.send(smtp_url="smtp://127.0.0.1:1", mail_retry_s=100.0, mail_retry_s_max=FOR_EVER_S)
        row = await post.row()
        assert (row["state"], row["reason"]) == ("waiting", "server_unavailable")
        pauses.append((row["due_at"] - row["waiting_since"]).total_seconds())
        await make_due(post)

    assert [100 * 2**tries * 0.5 < pause <= 100 * 2**tries * 1.05 for tries, pause in enumerate(pauses)] == [
        True
    ] * 4


async def test_a_mail_that_has_waited_too_long_is_given_up_where_operators_see_it(post, mailbox, capfd):
    await post.wish(MailKind.VERIFICATION)
    await post.send(smtp_url="smtp://127.0.0.1:1", mail_give_up_s=1e-6)

    assert await post.states() == [("given_up", "server_unavailable")]
    assert await post.send() == 0


async def test_a_connection_that_breaks_after_the_mail_was_handed_over_makes_at_most_a_known_copy(
    post, mailbox, send_until
):
    await post.wish(MailKind.ORDER_CONFIRMED)
    mailbox.fail(close_after_data=1)
    await send_until("sent")

    ids = [mail["message_id"] for mail in mailbox.mails()]
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_one_attempt_takes_no_longer_than_it_may(post, mailbox):
    await post.wish(MailKind.ORDER_CONFIRMED)
    mailbox.fail(answer_after_ms=60_000)
    await post.send(mail_attempt_s_max=0.3, mail_retry_s=100.0, mail_retry_s_max=100.0)

    assert await post.states() == [("waiting", "took_too_long")]


async def test_a_worker_killed_between_acceptance_and_record_makes_at_most_a_known_copy(
    post, mailbox, worker_process, send_until
):
    await post.wish(MailKind.ORDER_CONFIRMED)
    mailbox.fail(answer_after_ms=60_000)
    with worker_process(MAIL_LEASE_S="3", MAIL_ATTEMPT_S_MAX="2.9") as worker:
        await wait_until(mailbox.mails, deadline_s=30, what="the server has the mail")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert await post.states() == [("waiting", None)]

    mailbox.fail()
    await send_until("sent")
    ids = [mail["message_id"] for mail in mailbox.mails()]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert (await post.row())["claims"] == 2


async def test_a_worker_that_is_told_to_stop_finishes_the_mail_under_way(post, mailbox, worker_process):
    await post.wish(MailKind.ORDER_CONFIRMED)
    mailbox.fail(answer_after_ms=700)
    with worker_process() as worker:
        await wait_until(mailbox.mails, deadline_s=30, what="the server has the mail")
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 20) == 0

    assert await post.states() == [("sent", None)]
    assert len(mailbox.mails()) == 1


async def test_a_sent_mail_is_recorded_even_if_the_database_goes_away_meanwhile(
    post, mailbox, admin_database_url
):
    await post.wish(MailKind.ORDER_CONFIRMED)
    mailbox.fail(answer_after_ms=500)
    with (
        psycopg.connect(admin_database_url) as locker,
        psycopg.connect(admin_database_url, autocommit=True) as admin,
    ):
        sending = asyncio.create_task(post.send())
        await wait_until(mailbox.mails, what="the server has the mail")
        locker.execute("SELECT FROM notifications.mails FOR UPDATE")
        pid = await wait_until(lambda: recording(admin), what="the record waits for the lock")
        admin.execute("SELECT pg_terminate_backend(%s)", [pid])
        locker.rollback()
        assert await sending == 1

    assert await post.states() == [("sent", None)]
    assert len(mailbox.mails()) == 1


async def test_a_late_worker_does_not_overrule_the_one_that_took_over(post, db):
    await post.wish(MailKind.VERIFICATION)
    async with db.transaction() as tx:
        late = await claim_mail(tx, lease_s=0)
    async with db.transaction() as tx:
        assert await claim_mail(tx, lease_s=60)

    for outcome in (Postponed(Failure.REFUSED_FOR_NOW, 451),):
        assert await record(db, late, outcome) is None
    assert (await post.row())["reason"] is None


async def test_a_late_worker_that_did_send_the_mail_says_so(post, db):
    await post.wish(MailKind.VERIFICATION)
    async with db.transaction() as tx:
        late = await claim_mail(tx, lease_s=0)
    async with db.transaction() as tx:
        assert await claim_mail(tx, lease_s=60)

    assert await record(db, late, Sent()) is MailState.SENT
    assert await post.states() == [("sent", None)]


async def record(db, mail, outcome):
    patience = Patience(retry_s=1, retry_s_max=1, give_up_s=FOR_EVER_S)
    async with db.transaction() as tx:
        return await record_outcome(tx, mail, outcome=outcome, patience=patience, now=mail.waiting_since)


async def make_due(post):
    """Move the clock, as far as the mails can tell."""
    from sqlalchemy import text

    async with post.db.transaction() as tx:
        await tx.execute(text("UPDATE notifications.mails SET due_at = now(), waiting_since = now()"))


def recording(admin):
    waits = "SELECT pid FROM pg_stat_activity WHERE usename = 'notifications' AND wait_event_type = 'Lock'"
    row = admin.execute(waits).fetchone()
    return row and row[0]


@pytest.fixture
def worker_process(settings, amqp_url):
    """A worker as it is run, with settings of the environment changed."""

    @contextmanager
    def run(**changed):
        given = settings.model_dump() | {"amqp_url": amqp_url, "worker_http_port": 0}
        environment = {name.upper(): str(value) for name, value in given.items()} | changed
        process = subprocess.Popen(
            [sys.executable, "-m", "chassis.serve", "notifications", "worker"],
            env={**os.environ, **environment},
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    return run
