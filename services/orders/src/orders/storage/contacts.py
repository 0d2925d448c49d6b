"""Contacts: one sealed row an order, found by the fingerprint of its e-mail address."""

from uuid import UUID

from sqlalchemy import insert

from chassis.database import Transaction
from orders.domain.order import Contact
from orders.storage.personal_data import PersonalData
from orders.storage.tables import contacts


async def insert_contact(
    tx: Transaction, *, order_id: UUID, contact: Contact, personal: PersonalData
) -> None:
    """Write where the buyer of a new order can be reached."""
    await tx.execute(
        insert(contacts).values(
            order_id=order_id,
            sealed=await personal.seal_contact(contact, order_id=order_id),
            email_fingerprint=personal.email_fingerprint(contact.email),
        )
    )
