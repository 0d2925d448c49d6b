"""What catalog listens to: message type -> use case."""

from catalog.usecases.erase_account import erase_account
from catalog.usecases.record_availability import record_availability
from chassis.database import Transaction
from chassis.envelope import MessageMeta
from chassis.messaging import Consumer, on
from messages.accounts import AccountErased
from messages.reservation import AvailabilityChanged


def consumers() -> list[Consumer]:
    """Each consumer with what it listens to; its name is also that of its queue."""
    return [
        Consumer("catalog.availability", [on(AvailabilityChanged, _availability_changed)]),
        Consumer("catalog.people", [on(AccountErased, _account_erased)]),
    ]


async def _availability_changed(tx: Transaction, message: AvailabilityChanged, _meta: MessageMeta) -> None:
    await record_availability(tx, message=message)


async def _account_erased(tx: Transaction, message: AccountErased, _meta: MessageMeta) -> None:
    await erase_account(tx, account_id=message.account_id)
