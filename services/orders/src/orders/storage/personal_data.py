"""What orders knows of people, sealed for the row it stands in, and the fingerprints it is found by."""

from typing import Any
from uuid import UUID

from chassis.fingerprints import Fingerprints
from chassis.sealing import Place, Sealer
from orders.domain.attendee import PersonOnSeat
from orders.domain.order import Contact

CONTACT = Place("orders.contacts", "sealed")
ATTENDEE = Place("orders.attendees", "sealed")


class PersonalData:
    """Seals and unseals contacts and attendees. Unsealing raises chassis.sealing.SealBroken for what
    was moved or changed.
    """

    def __init__(self, sealer: Sealer, fingerprints: Fingerprints) -> None:
        self.sealer = sealer
        self.fingerprints = fingerprints

    async def seal_contact(self, contact: Contact, *, order_id: UUID) -> bytes:
        """The contact, for the order's row only."""
        clear = {"email": contact.email, "name": contact.name, "phone": contact.phone}
        return await self.sealer.seal_json(clear, place=CONTACT, row=str(order_id))

    async def contact(self, sealed: bytes | None, *, order_id: UUID) -> dict[str, Any] | None:
        """`email`, `name` and `phone`; None once they were erased."""
        if sealed is None:
            return None
        return await self.sealer.unseal_json(sealed, place=CONTACT, row=str(order_id))

    async def seal_attendee(self, person: PersonOnSeat, *, line_id: UUID) -> bytes:
        """The person, for the line's row only."""
        clear = {"first_name": person.first_name, "last_name": person.last_name, "pesel": person.pesel}
        return await self.sealer.seal_json(clear, place=ATTENDEE, row=str(line_id))

    async def attendee(self, sealed: bytes | None, *, line_id: UUID) -> PersonOnSeat | None:
        """Who sits there; None once they were shredded."""
        if sealed is None:
            return None
        clear = await self.sealer.unseal_json(sealed, place=ATTENDEE, row=str(line_id))
        return PersonOnSeat(**clear)

    def email_fingerprint(self, email: str) -> str:
        """By which the orders of an address are found; accounts makes the same one."""
        return self.fingerprints.email(email)

    def person_fingerprint(self, pesel: str, *, event_id: UUID) -> str:
        """By which a person's tickets of one event are counted, and of no other event."""
        return self.fingerprints.of("pesel", str(event_id), pesel)
