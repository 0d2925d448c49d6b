"""What is known of the person on a seat, and what an event asks of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from orders.domain.basket import AttendeesInvalid, Fault, Line
from orders.domain.offer import Offer
from orders.domain.pesel import PeselInvalid, normal_pesel

PESEL_MISSING = "this event requires each attendee's PESEL"
PESEL_UNWANTED = "this event does not ask for a PESEL: leave it out"


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonOnSeat:
    """Sealed as a whole; `pesel` where the event requires it."""

    # Not in the repr: that ends up in logs.
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    pesel: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """What of an attendee is to be changed; None leaves it as it is."""

    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    pesel: str | None = field(default=None, repr=False)

    def applied_to(self, person: PersonOnSeat, *, pesel_required: bool) -> PersonOnSeat:
        """The person as corrected. Raises AttendeesInvalid naming `pesel` and the rule."""
        pesel = person.pesel
        if self.pesel is not None:
            pesel = asked_pesel(self.pesel, required=pesel_required, at="pesel")
        return PersonOnSeat(
            first_name=self.first_name or person.first_name,
            last_name=self.last_name or person.last_name,
            pesel=pesel,
        )


def asked_pesel(sent: str | None, *, required: bool, at: str) -> str | None:
    """The PESEL in its normal form, or none if none is asked for.

    Raises AttendeesInvalid naming the field `at` and the rule, never the number.
    """
    if not required:
        if sent is not None:
            raise _invalid(at, PESEL_UNWANTED)
        return None
    if sent is None:
        raise _invalid(at, PESEL_MISSING)
    try:
        return normal_pesel(sent)
    except PeselInvalid as error:
        raise _invalid(at, str(error)) from None


def with_asked_pesels(lines: Sequence[Line], offers: Mapping[UUID, Offer]) -> list[Line]:
    """The lines with the PESELs their events require, in normal form; `lines` as the attendees were sent.

    Raises AttendeesInvalid naming each attendee who has none, a wrong one, or one nobody asked for.
    """
    checked, faults = list[Line](), list[Fault]()
    for index, line in enumerate(lines):
        required = offers[line.event_id].pesel_required
        try:
            pesel = asked_pesel(line.attendee.pesel, required=required, at=f"attendees.{index}.pesel")
        except AttendeesInvalid as error:
            faults += error.faults
        else:
            checked.append(replace(line, attendee=replace(line.attendee, pesel=pesel)))
    if faults:
        raise AttendeesInvalid("an attendee lacks a valid PESEL, or brings one not asked for", faults)
    return checked


def _invalid(at: str, rule: str) -> AttendeesInvalid:
    return AttendeesInvalid(rule, [Fault(field=at, rule=rule)])
