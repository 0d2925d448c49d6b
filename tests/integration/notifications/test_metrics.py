"""What an operator asks notifications: mails that wait, that are not tried when due, and what became of the others."""

import pytest
from sqlalchemy import text

from chassis.sampling import take_sample
from notifications.domain.mails import MailKind
from notifications.jobs.samples import sample_mails
from notifications.usecases.skip_mails_of_account import skip_mails_of_account
from support.metrics import Figures, Rise

ENDED = "rowlock_mails_ended_total"


@pytest.fixture
def rise() -> Rise:
    return Rise()


async def told(post, name: str = "rowlock_mails") -> float | None:
    await take_sample(post.db, sample_mails, every_s=10)
    return Figures().total(name)


async def set_due(post, interval: str) -> None:
    async with post.db.transaction() as tx:
        await tx.execute(text(f"UPDATE notifications.mails SET due_at = now() + interval '{interval}'"))


async def test_mails_to_be_sent_are_told_until_they_are_sent(post, mailbox, rise):
    assert await told(post) == 0
    for _ in range(2):
        await post.wish(MailKind.ORDER_CONFIRMED)
    assert await told(post) == 2
    await post.send()
    assert await told(post) == 0
    assert rise.by("state", ENDED) == {"sent": 2}


async def test_a_mail_that_nobody_should_get_any_more_is_skipped(post, rise):
    await post.wish(MailKind.ORDER_CONFIRMED, gone=True)
    await post.send()
    assert rise.by("state", ENDED) == {"skipped": 1}


async def test_a_mail_that_no_server_will_take_is_given_up(post, mailbox, rise):
    await post.wish(MailKind.VERIFICATION)
    mailbox.fail(refuse_permanently=1)
    await post.send()
    assert rise.by("state", ENDED) == {"given_up": 1}


async def test_one_that_waited_too_long_is_given_up_and_one_that_is_tried_again_is_not(post, mailbox, rise):
    await post.wish(MailKind.VERIFICATION)
    mailbox.fail(refuse_temporarily=2)
    await post.send()
    assert rise.by("state", ENDED) == {}
    await set_due(post, "-1 second")
    await post.send(mail_give_up_s=1e-6)
    assert rise.by("state", ENDED) == {"given_up": 1}


async def test_mails_to_an_account_that_was_erased_are_skipped(post, rise):
    import uuid

    from chassis.clock import utc_now

    account_id = uuid.uuid4()
    await post.wish(MailKind.VERIFICATION, account_id=account_id)
    await post.db.run(lambda tx: skip_mails_of_account(tx, account_id=account_id, now=utc_now()))
    assert rise.by("state", ENDED) == {"skipped": 1}


async def test_a_mail_that_is_due_and_not_tried_is_told_by_its_delay(post):
    await post.wish(MailKind.VERIFICATION)
    await set_due(post, "-5 minutes")
    assert 300 <= (await told(post, "rowlock_mails_oldest_due_seconds") or 0) < 360
    await set_due(post, "5 minutes")  # it failed, and is tried again then
    assert await told(post, "rowlock_mails_oldest_due_seconds") == 0
