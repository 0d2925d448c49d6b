"""Which message leads to which use case."""

from chassis.database import Database, Transaction
from chassis.envelope import MessageMeta
from chassis.messaging import Consumer, on
from messages.accounts import AccountErased
from messages.catalog import EventCancelled, EventPublished
from messages.reservation import ConfirmHolds, ReleaseHolds, ReleaseSeats
from reservation.clients.catalog import CatalogClient
from reservation.storage.geometries import Geometries
from reservation.usecases.cancel_event import cancel_event
from reservation.usecases.confirm_holds import confirm_holds
from reservation.usecases.erase_account import erase_account
from reservation.usecases.put_event_on_sale import PreparedPlan, prepare_plan, put_event_on_sale
from reservation.usecases.release_holds import release_holds
from reservation.usecases.take_back_seats import take_back_seats


def consumers(*, db: Database, catalog: CatalogClient) -> list[Consumer]:
    """Queues of their own, so that a sale being prepared never keeps a paid order waiting."""
    geometries = Geometries()

    async def fetch_plan(message: EventPublished) -> PreparedPlan:
        return await prepare_plan(message=message, db=db, catalog=catalog)

    async def sell(tx: Transaction, message: ConfirmHolds, _meta: MessageMeta) -> None:
        await confirm_holds(tx, command=message, geometries=geometries)

    return [
        Consumer(
            "reservation.events",
            [
                on(EventPublished, _event_published, before=fetch_plan),
                on(EventCancelled, _event_cancelled),
            ],
            prefetch=4,
        ),
        Consumer(
            "reservation.commands",
            [
                on(ConfirmHolds, sell),
                on(ReleaseHolds, _release_holds),
                on(ReleaseSeats, _take_back_seats),
            ],
        ),
        Consumer("reservation.people", [on(AccountErased, _account_erased)]),
    ]


async def _event_published(
    tx: Transaction, message: EventPublished, _meta: MessageMeta, *, prepared: PreparedPlan
) -> None:
    await put_event_on_sale(tx, message=message, plan=prepared)


async def _event_cancelled(tx: Transaction, message: EventCancelled, _meta: MessageMeta) -> None:
    await cancel_event(tx, message=message)


async def _release_holds(tx: Transaction, message: ReleaseHolds, _meta: MessageMeta) -> None:
    await release_holds(tx, command=message)


async def _take_back_seats(tx: Transaction, message: ReleaseSeats, _meta: MessageMeta) -> None:
    await take_back_seats(tx, command=message)


async def _account_erased(tx: Transaction, message: AccountErased, _meta: MessageMeta) -> None:
    await erase_account(tx, account_id=message.account_id)
