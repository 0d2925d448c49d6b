"""Notifications keeps nothing that names a person, and forgets the account when it is erased."""

import asyncio

import httpx
import psycopg
import pytest
from integration.notifications.facts import PERSONAL, account_facts, path_of
from psycopg import sql

from chassis.clock import utc_now
from chassis.erasure import Person
from chassis.ids import new_id
from chassis.internal_client import KEY_HEADER, read_internal_key
from notifications.app import create_app
from notifications.commands.erasing import erase
from notifications.domain.mails import MailKind
from notifications.usecases.skip_mails_of_account import skip_mails_of_account

EVERYTHING = sql.SQL("SELECT to_jsonb(t)::text FROM {} AS t")


@pytest.fixture
def everything_stored(database_urls):
    """All that the schema holds, as text."""

    def read() -> str:
        with psycopg.connect(database_urls["notifications"]) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'notifications'")
            rows = [
                connection.execute(EVERYTHING.format(sql.Identifier("notifications", name))).fetchall()
                for (name,) in tables.fetchall()
            ]
        return "\n".join(text for found in rows for (text,) in found)

    return read


def personal_in(text: str) -> list[str]:
    return [value for value in PERSONAL if value in text]


@pytest.mark.parametrize(
    "failures", [{}, {"refuse_temporarily": 20}, {"refuse_permanently": 20}, {"close_after_data": 20}]
)
async def test_neither_tables_nor_logs_name_anybody(post, mailbox, everything_stored, capfd, failures):
    for kind in MailKind:
        await post.wish(kind)
    mailbox.fail(**failures)
    await post.send()

    logged = "".join(capfd.readouterr())
    assert logged.count("mail_tried") >= len(MailKind)
    assert personal_in(logged) == []
    assert len(everything_stored()) > 1000
    assert personal_in(everything_stored()) == []


async def test_a_server_that_repeats_the_address_does_not_bring_it_into_tables_or_logs(
    post, mailbox, everything_stored, capfd
):
    await post.wish(MailKind.VERIFICATION, email="refused.ada.canary@example.org")
    await post.send()

    assert await post.states() == [("given_up", "refused")]
    assert personal_in("".join(capfd.readouterr()) + everything_stored()) == []


async def test_what_an_owner_says_amiss_is_not_repeated_in_logs(
    post, mailbox, owners, everything_stored, capfd
):
    cause = await post.wish(MailKind.VERIFICATION)
    owners.tell(
        path_of(cause),
        account_facts(MailKind.VERIFICATION, "ada.canary@example.org") | {"link_expires_at": "ada.canary"},
    )
    other = await post.wish(MailKind.VERIFICATION)
    owners.tell(path_of(other), {"email": ["ada.canary@example.org"]})
    await post.send()

    assert await post.states() == [("waiting", "owner_unavailable")] * 2
    assert personal_in("".join(capfd.readouterr()) + everything_stored()) == []


async def test_a_mail_that_breaks_its_template_is_logged_without_what_it_says(
    post, mailbox, monkeypatch, capfd
):
    def write(_self, _cause, facts):
        raise RuntimeError(f"cannot write to {facts.email}")

    monkeypatch.setattr("notifications.jobs.sending.MailWriter.write", write)
    await post.wish(MailKind.VERIFICATION)
    await post.send()

    logged = "".join(capfd.readouterr())
    assert await post.states() == [("waiting", "unforeseen")]
    assert "mail_broken" in logged
    assert "RuntimeError" in logged
    assert personal_in(logged) == []


async def test_what_waits_for_an_erased_account_is_dropped_and_its_records_no_longer_name_it(
    post, mailbox, db
):
    account_id = new_id()
    await post.wish(MailKind.PASSWORD_CHANGED, account_id=account_id)
    await post.send()
    await post.wish(MailKind.PASSWORD_RESET, account_id=account_id)
    await post.wish(MailKind.GUEST_ORDERS_FOUND, account_id=account_id)
    others = await post.wish(MailKind.PASSWORD_RESET)
    async with db.transaction() as tx:
        done = await skip_mails_of_account(tx, account_id=account_id, now=utc_now())
    assert done == (2, 3)
    await post.send()

    assert await post.states() == [
        ("sent", None),
        ("skipped", "account_erased"),
        ("skipped", "account_erased"),
        ("sent", None),
    ]
    assert [row["account_id"] for row in await post.rows()] == [None, None, None, others.account_id]
    assert len(mailbox.mails()) == 2


async def test_an_operator_erases_a_person_and_may_do_so_again(post, mailbox, database_urls, monkeypatch):
    account_id = new_id()
    await post.wish(MailKind.PASSWORD_RESET, account_id=account_id)
    for name, value in post.settings.model_dump().items():
        monkeypatch.setenv(name.upper(), str(value))
    person = Person(email="ada@example.org", account_ids=frozenset({account_id}))

    first, again = await erase(person), await erase(person)

    assert first.erased == ["1 waiting mails dropped", "1 records of mails no longer name the account"]
    assert again.erased == ["0 waiting mails dropped", "0 records of mails no longer name the account"]
    assert await post.states() == [("skipped", "account_erased")]
    assert [row["account_id"] for row in await post.rows()] == [None]


async def test_a_mail_under_way_while_its_account_is_erased_is_recorded_as_what_it_was(post, mailbox, db):
    account_id = new_id()
    await post.wish(MailKind.PASSWORD_RESET, account_id=account_id)
    mailbox.fail(answer_after_ms=500)
    sending = asyncio.create_task(post.send())
    while not mailbox.mails():
        await asyncio.sleep(0.01)
    async with db.transaction() as tx:
        await skip_mails_of_account(tx, account_id=account_id, now=utc_now())

    assert await sending == 1
    row = await post.row()
    assert (row["state"], row["account_id"]) == ("sent", None)


async def test_a_person_may_read_which_mails_they_were_sent(post, mailbox, settings):
    account_id = new_id()
    await post.wish(MailKind.PASSWORD_CHANGED, account_id=account_id)
    await post.send()
    await post.wish(MailKind.PASSWORD_RESET, account_id=account_id)
    await post.wish(MailKind.PASSWORD_RESET)

    app = create_app(settings)
    key = {KEY_HEADER: read_internal_key(settings.internal_api_key)}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://notifications"
    ) as client:
        path = f"/internal/people/{account_id}/export"
        refused = await client.get(path)
        answer = await client.get(path, headers=key)
    await app.state.db.close()

    assert refused.status_code == 401
    shown = [(mail["kind"], mail["state"]) for mail in answer.json()["mails"]]
    assert shown == [("password_changed", "sent"), ("password_reset", "waiting")]
    assert {tuple(sorted(mail)) for mail in answer.json()["mails"]} == {
        ("caused_at", "ended_at", "kind", "state")
    }
