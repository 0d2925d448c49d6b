"""What operators see and do: `rowlock mails`."""

import asyncio

import pytest
from integration.notifications.facts import EMAIL
from sqlalchemy import text
from typer.testing import CliRunner

from chassis.ids import new_id
from notifications.commands import commands
from notifications.domain.mails import MailKind
from notifications.usecases.forget_mails import forget_mails

runner = CliRunner()


@pytest.fixture
def rowlock(database_urls, monkeypatch):
    """Run a command in a thread, as it brings an event loop of its own."""
    monkeypatch.setenv("DATABASE_URL", database_urls["notifications"])

    async def run(*arguments):
        return await asyncio.to_thread(runner.invoke, commands, list(arguments))

    return run


async def test_mails_that_were_given_up_are_listed_with_the_reason(post, mailbox, rowlock):
    await post.wish(MailKind.VERIFICATION)
    await post.wish(MailKind.PASSWORD_CHANGED)
    mailbox.fail(refuse_permanently=1)
    await post.send(mail_lines=1)

    given_up, sent = await rowlock("mails", "list"), await rowlock("mails", "list", "--state", "sent")
    refused, accepted = await post.rows()
    assert given_up.stdout.split() == [
        str(refused["mail_id"]),
        "verification",
        str(refused["cause_id"]),
        "1",
        f"{refused['caused_at']:%Y-%m-%dT%H:%M:%SZ}",
        "refused",
        "554",
    ]
    assert sent.stdout.split()[0] == str(accepted["mail_id"])
    assert EMAIL not in given_up.stdout + sent.stdout


async def test_a_mail_sent_again_is_asked_for_anew_and_is_no_copy(post, mailbox, rowlock):
    await post.wish(MailKind.VERIFICATION)
    await post.send()
    again = await rowlock("mails", "resend", str((await post.row())["mail_id"]))
    await post.send()

    assert again.exit_code == 0
    assert "was sent and is sent again" in again.stdout
    assert len({mail["message_id"] for mail in mailbox.mails()}) == 2
    assert await post.states() == [("sent", None)]


async def test_a_mail_sent_again_after_its_person_is_gone_goes_nowhere(post, mailbox, owners, rowlock):
    cause = await post.wish(MailKind.VERIFICATION)
    mailbox.fail(refuse_permanently=1)
    await post.send()
    owners.tell(f"/internal/mails/{cause.cause_id}", None, status=410)
    await rowlock("mails", "resend", str((await post.row())["mail_id"]))
    await post.send()

    assert await post.states() == [("skipped", "gone")]
    assert mailbox.mails() == []


async def test_an_unknown_mail_is_one_sentence(rowlock):
    unknown = new_id()
    refused = await rowlock("mails", "resend", str(unknown))

    assert (refused.exit_code, refused.stderr) == (1, f"There is no mail {unknown}.\n")


async def test_records_are_forgotten_after_their_time_and_not_before(post, mailbox, db):
    await post.wish(MailKind.VERIFICATION)
    await post.wish(MailKind.PASSWORD_CHANGED)
    await post.send()
    kept = await post.wish(MailKind.PASSWORD_RESET)
    async with db.transaction() as tx:
        await tx.execute(
            text(
                "UPDATE notifications.mails SET ended_at = ended_at - interval '2 days' WHERE kind = 'verification'"
            )
        )
        assert await forget_mails(tx, keep_s=86_400, mails_max=100) == 1

    assert [row["kind"] for row in await post.rows()] == ["password_changed", kept.kind]
