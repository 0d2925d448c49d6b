"""What orders does for `rowlock erase`."""

from collections.abc import Iterator

from chassis.clock import utc_now
from chassis.database import Database
from chassis.erasure import Erasure, Person
from chassis.fingerprints import Fingerprints
from orders.domain.states import Actor
from orders.settings import Settings
from orders.usecases.erase_person import ErasedPerson, erase_person
from orders.usecases.order_access_tokens import OrderAccessTokens


async def erase(person: Person) -> Erasure:
    """Erase a person who asked an operator for it; the settings come from the environment."""
    settings = Settings.from_environment()
    now = utc_now()
    fingerprints, db = Fingerprints.of_settings(settings), Database.of(settings, process="command")
    try:
        done = await db.run(
            lambda tx: erase_person(
                tx,
                account_ids=person.account_ids,
                email_fingerprint=fingerprints.email(person.email),
                actor=Actor.OPERATOR,
                access_tokens=OrderAccessTokens(fingerprints),
                asked_at=now,
                now=now,
            )
        )
    finally:
        await db.close()
    return Erasure(erased=list(_erased(done)), kept=list(_kept(done)))


def _erased(done: ErasedPerson) -> Iterator[str]:
    yield f"orders of which contact, attendees and every right are gone: {done.erased}"
    yield f"stored answers: {done.answers}; requests for links: {done.lookups}"
    if done.contacts:
        yield f"contacts on orders that belong to other accounts: {done.contacts}"


def _kept(done: ErasedPerson) -> Iterator[str]:
    for order_id, ends_at in done.kept.items():
        yield (
            f"order {order_id}, sealed, until its last event ends at {ends_at:%Y-%m-%dT%H:%M:%SZ}: the "
            "entrance needs its attendees, and its buyer must hear of a cancellation"
        )
    if done.erased:
        yield "seats, amounts, payments, refunds and ticket codes of the orders, for bookkeeping: of nobody"
