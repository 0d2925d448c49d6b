"""A mail that is due is written from the facts of the moment and handed to a mail server."""

import asyncio

import pytest
from integration.notifications.facts import EMAIL, TOKEN, facts_of, order, path_of
from integration.notifications.owners import GONE

from notifications.domain.mails import MailKind

each_kind = pytest.mark.parametrize("kind", list(MailKind))
LINK = {
    MailKind.VERIFICATION: f"https://rowlock.example/account/verify-email#{TOKEN}",
    MailKind.REPEATED_REGISTRATION: "https://rowlock.example/account/reset-password",
    MailKind.PASSWORD_RESET: f"https://rowlock.example/account/reset-password#{TOKEN}",
    MailKind.PASSWORD_CHANGED: "https://rowlock.example/account/reset-password",
    MailKind.INVITATION: f"https://rowlock.example/account/invitation#{TOKEN}",
    MailKind.GUEST_ORDERS_FOUND: "https://rowlock.example/account/orders",
}


@each_kind
async def test_every_kind_of_mail_arrives_with_its_link_in_both_parts(post, mailbox, kind):
    cause = await post.wish(kind)

    assert await post.send() == 1

    (mail,) = mailbox.mails(to=EMAIL)
    order_link = "https://rowlock.example/orders/" + (
        "" if kind is MailKind.ORDER_LINKS else f"{cause.cause_id}#{TOKEN}"
    )
    link = LINK.get(kind, order_link)
    assert link in mail["text"]
    assert f'href="{link}' in mail["html"]
    assert await post.states() == [("sent", None)]


async def test_a_mail_says_who_wrote_it_and_that_no_person_did(post, mailbox):
    await post.wish(MailKind.ORDER_CONFIRMED)
    await post.send()

    (mail,) = mailbox.mails()
    row = await post.row()
    headers = mail["headers"]
    assert headers["From"] == "Rowlock <tickets@rowlock.example>"
    assert headers["To"] == EMAIL
    assert headers["Message-ID"] == f"<{row['mail_id']}.1@rowlock.example>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "en"
    assert {"Date", "Subject", "MIME-Version"} <= set(headers)


async def test_a_guest_whose_order_became_an_accounts_gets_a_link_without_a_secret(post, mailbox, owners):
    cause = await post.wish(MailKind.ORDER_CONFIRMED)
    owners.tell(path_of(cause), facts_of(cause) | {"order_access_token": None})
    await post.send()

    (mail,) = mailbox.mails()
    assert f"https://rowlock.example/orders/{cause.cause_id}\n" in mail["text"]


@each_kind
async def test_whoever_is_gone_or_whose_link_is_used_up_gets_nothing(post, mailbox, kind):
    await post.wish(kind, gone=True)
    await post.send()

    assert await post.states() == [("skipped", "gone")]
    assert mailbox.mails() == []


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (MailKind.ORDER_CONFIRMED, "cancelling"),
        (MailKind.ORDER_CONFIRMED, "cancelled"),
        (MailKind.ORDER_EXPIRED, "confirmed"),
        (MailKind.ORDER_EXPIRED, "finalizing"),
        (MailKind.ORDER_TICKETS_CANCELLED, "cancelling"),
        (MailKind.ORDER_TICKETS_CANCELLED, "cancelled"),
    ],
)
async def test_a_mail_that_is_no_longer_true_is_not_sent(post, mailbox, owners, kind, state):
    cause = await post.wish(kind)
    owners.tell(path_of(cause), facts_of(cause) | {"order": order(cause.cause_id, state=state)})
    await post.send()

    assert await post.states() == [("skipped", "outdated")]
    assert mailbox.mails() == []


async def test_no_transaction_is_open_while_others_are_asked(post, mailbox, owners, open_transactions):
    await post.wish(MailKind.ORDER_CONFIRMED)
    seen = []

    async def look():
        seen.append(open_transactions())

    owners.while_asked = look
    mailbox.fail(answer_after_ms=2000)
    sending = asyncio.create_task(post.send(mail_lines=1))
    while not mailbox.mails():
        await asyncio.sleep(0.01)
    seen.append(open_transactions())

    assert await sending == 1
    assert seen == [0, 0]


async def test_many_workers_send_each_mail_once(post, mailbox):
    for number in range(60):
        await post.wish(MailKind.VERIFICATION, email=f"person-{number}@example.org")

    sent = await asyncio.gather(*(post.send() for _ in range(5)))

    assert sum(sent) == 60
    assert sorted(mail["to"][0] for mail in mailbox.mails()) == sorted(
        f"person-{number}@example.org" for number in range(60)
    )
    assert {row["claims"] for row in await post.rows()} == {1}


async def test_a_mail_that_cannot_be_written_does_not_hold_up_the_others(post, mailbox, owners):
    broken = await post.wish(MailKind.VERIFICATION)
    owners.tell(path_of(broken), {"email": EMAIL})
    await post.wish(MailKind.PASSWORD_CHANGED)
    await post.send(mail_lines=1)

    assert await post.states() == [("waiting", "owner_unavailable"), ("sent", None)]
    assert len(mailbox.mails()) == 1


async def test_the_key_of_our_services_is_shown_to_the_owner(post, mailbox, owners, tmp_path):
    wrong = tmp_path / "wrong.key"
    wrong.write_text("another secret")
    await post.wish(MailKind.VERIFICATION)
    await post.send(internal_api_key=str(wrong))

    assert await post.states() == [("waiting", "owner_unavailable")]


async def test_an_owner_that_does_not_know_the_mail_has_not_said_that_it_is_gone(
    post, mailbox, owners, send_until
):
    """404 is also what a wrong address or an older replica answers: nobody's mail is dropped for that."""
    cause = await post.wish(MailKind.VERIFICATION)
    owners.tell(path_of(cause), None, status=404)
    await post.send()
    assert await post.states() == [("waiting", "owner_unavailable")]

    owners.tell(path_of(cause), facts_of(cause))
    await send_until("sent")
    assert len(mailbox.mails()) == 1


async def test_while_an_owner_is_down_its_mails_wait(post, mailbox, owners, send_until):
    cause = await post.wish(MailKind.ORDER_CONFIRMED)
    owners.tell(path_of(cause), None, status=503)
    await post.send()
    await post.send(orders_url="http://127.0.0.1:1")
    assert await post.states() == [("waiting", "owner_unavailable")]

    owners.tell(path_of(cause), None, status=GONE)
    await send_until("skipped")
