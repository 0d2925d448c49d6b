"""Messages lead to mails: one for each cause, however often, late or at once they come."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chassis.clock import utc_now
from chassis.database import Database
from chassis.ids import new_id
from chassis.outbox import Outbox
from chassis.worker import Worker
from messages.accounts import (
    AccountErased,
    EmailVerificationRequested,
    InvitationMade,
    PasswordChanged,
    PasswordResetRequested,
    RegistrationRepeated,
)
from messages.orders import (
    GuestOrdersFound,
    OrderCancelled,
    OrderConfirmed,
    OrderExpired,
    OrderLinksRequested,
    OrderRefunded,
    OrderTicketsCancelled,
)
from notifications.domain.mails import Cause, MailKind
from notifications.jobs.sending import Sending
from notifications.storage.tables import OUTBOX
from notifications.usecases.request_mail import request_mail
from notifications.worker import create_worker
from support.waiting import wait_until

ACCOUNT = new_id()
MESSAGES = [
    (EmailVerificationRequested(account_id=ACCOUNT, mail_request_id=new_id()), MailKind.VERIFICATION),
    (RegistrationRepeated(account_id=ACCOUNT, mail_request_id=new_id()), MailKind.REPEATED_REGISTRATION),
    (PasswordResetRequested(account_id=ACCOUNT, mail_request_id=new_id()), MailKind.PASSWORD_RESET),
    (PasswordChanged(account_id=ACCOUNT, mail_request_id=new_id()), MailKind.PASSWORD_CHANGED),
    (
        InvitationMade(invitation_id=new_id(), organization_id=new_id(), mail_request_id=new_id()),
        MailKind.INVITATION,
    ),
    (OrderConfirmed(order_id=new_id(), version=3), MailKind.ORDER_CONFIRMED),
    (OrderCancelled(order_id=new_id(), version=5), MailKind.ORDER_CANCELLED),
    (OrderExpired(order_id=new_id(), version=2), MailKind.ORDER_EXPIRED),
    (OrderRefunded(order_id=new_id(), version=4), MailKind.ORDER_REFUNDED),
    (
        OrderTicketsCancelled(order_id=new_id(), version=6, ticket_ids=(new_id(),)),
        MailKind.ORDER_TICKETS_CANCELLED,
    ),
    (OrderLinksRequested(lookup_id=new_id()), MailKind.ORDER_LINKS),
]


@pytest.fixture
async def worker(settings, amqp_url, monkeypatch) -> AsyncIterator[Worker]:
    """Receives and publishes (its outbox stands in for those of the owners), and sends nothing."""

    async def send_nothing(_self) -> int:
        return 0

    monkeypatch.setattr(Sending, "run", send_nothing)
    worker = create_worker(settings.model_copy(update={"amqp_url": amqp_url, "outbox_poll_ms": 20}))
    running = asyncio.create_task(worker.run())
    await wait_until(lambda: all(consumer.consuming for consumer in worker.consumers))
    yield worker
    worker.stop()
    await running


@pytest.fixture
def publish(db: Database, worker: Worker):
    async def commit(*messages) -> None:
        async with db.transaction() as tx:
            await Outbox(OUTBOX.table).enqueue(tx, *messages)

    return commit


async def test_every_message_leads_to_its_mail_and_to_one_only(post, publish):
    for _ in range(3):
        await publish(*(message for message, _ in MESSAGES))
    await publish(GuestOrdersFound(account_id=ACCOUNT, orders=2))

    async def all_there():
        rows = await post.rows()
        return rows if len(rows) > len(MESSAGES) else None

    rows = await wait_until(all_there, what="a mail for each message")
    assert sorted(row["kind"] for row in rows) == sorted(
        [*(kind for _, kind in MESSAGES), "guest_orders_found"]
    )
    assert {row["orders_found"] for row in rows} == {None, 2}


async def test_each_change_of_an_order_has_a_mail_of_its_own(post, publish):
    order_id = new_id()
    await publish(OrderExpired(order_id=order_id, version=2), OrderExpired(order_id=order_id, version=6))

    async def both():
        return len(await post.rows()) == 2

    await wait_until(both)


async def test_of_many_at_once_one_records_the_mail(post, db):
    cause = Cause(kind=MailKind.VERIFICATION, cause_id=new_id(), account_id=ACCOUNT)

    async def request():
        async with db.transaction() as tx:
            await request_mail(tx, cause=cause, now=utc_now())

    await asyncio.gather(*(request() for _ in range(30)))
    assert len(await post.rows()) == 1


async def test_an_erased_account_gets_nothing_more(post, publish):
    await publish(PasswordResetRequested(account_id=ACCOUNT, mail_request_id=new_id()))

    async def there():
        return await post.rows()

    await wait_until(there)
    await publish(AccountErased(account_id=ACCOUNT, email_fingerprint="0" * 64))

    async def dropped():
        return await post.states() == [("skipped", "account_erased")]

    await wait_until(dropped)
