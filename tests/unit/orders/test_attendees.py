"""What an event asks of its attendees."""

import pytest

from chassis.ids import new_id
from orders.domain.attendee import PESEL_MISSING, PESEL_UNWANTED, Correction, PersonOnSeat, asked_pesel
from orders.domain.basket import Attendee, AttendeesInvalid
from orders.domain.pesel import PeselInvalid, masked_pesel, normal_pesel

PESEL = "44051401359"
ADA = PersonOnSeat(first_name="Ada", last_name="Lovelace", pesel=PESEL)


@pytest.mark.parametrize("typed", [PESEL, " 440514 01359 ", "440514-01359"])
def test_a_pesel_is_taken_however_it_was_typed(typed: str) -> None:
    assert normal_pesel(typed) == PESEL


@pytest.mark.parametrize(
    "wrong",
    [
        "44051401358",  # check digit
        "44133101359",  # no such date
        "4405140135",
        "440514013590",
        "4405140135A",
        "٤٤٠٥١٤٠١٣٥٩",  # digits, but not ASCII's
        "",
    ],
)
def test_what_is_no_pesel_is_refused_without_being_repeated(wrong: str) -> None:
    with pytest.raises(PeselInvalid) as refusal:
        normal_pesel(wrong)

    assert refusal.value.__cause__ is None
    assert not wrong or wrong not in str(refusal.value)


def test_a_pesel_is_shown_by_its_last_two_digits() -> None:
    assert masked_pesel(PESEL) == "*********59"


@pytest.mark.parametrize(
    ("required", "sent", "rule"),
    [(True, None, PESEL_MISSING), (False, PESEL, PESEL_UNWANTED), (True, "1", str(PeselInvalid()))],
)
def test_a_pesel_is_asked_for_exactly_where_the_event_requires_it(
    *, required: bool, sent: str | None, rule: str
) -> None:
    with pytest.raises(AttendeesInvalid) as refusal:
        asked_pesel(sent, required=required, at="attendees.3.pesel")

    fault = refusal.value.faults[0]
    assert (fault.field, fault.rule) == ("attendees.3.pesel", rule)


def test_a_correction_changes_what_it_names_and_nothing_else() -> None:
    corrected = Correction(last_name="King").applied_to(ADA, pesel_required=True)

    assert corrected == PersonOnSeat(first_name="Ada", last_name="King", pesel=PESEL)


def test_a_correction_brings_no_pesel_that_nobody_asked_for() -> None:
    with pytest.raises(AttendeesInvalid):
        Correction(pesel=PESEL).applied_to(ADA, pesel_required=False)


def test_people_do_not_show_in_a_repr() -> None:
    attendee = Attendee(
        seat_id="A-1",
        ticket_type="adult",
        first_name="Ada",
        last_name="Lovelace",
        pesel=PESEL,
        event_id=new_id(),
    )

    for shown in (repr(ADA), repr(attendee), repr(Correction(pesel=PESEL))):
        assert not any(secret in shown for secret in ("Ada", "Lovelace", PESEL))
