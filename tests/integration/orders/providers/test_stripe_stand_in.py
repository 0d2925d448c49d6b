"""The stand-in speaks as Stripe does: its objects fit the library's own types, and it refuses what they do not name."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
import stripe
from stripe import Charge, Event, PaymentIntent, Refund
from stripe.checkout import Session

from support.stripe_stand_in import more_shapes, shapes
from support.stripe_stand_in.given import SESSION, Refusal, check_known, nested

GIVEN: dict[str, Any] = {
    "mode": "payment",
    "line_items": [{"quantity": "1", "price_data": {"currency": "pln", "unit_amount": "9000"}}],
}


def things() -> Iterator[tuple[type, dict[str, Any]]]:
    session = shapes.session(reference="cs_1", created=1, given=GIVEN)
    intent = shapes.intent(reference="pi_1", created=1, of=session, metadata={})
    charge = more_shapes.charge(reference="ch_1", created=1, of=intent)
    refund = more_shapes.refund(reference="re_1", created=1, of=charge, amount=1, metadata={})
    event = more_shapes.event(reference="evt_1", created=1, kind="refund.created", about=refund)
    yield from (
        (Session, session),
        (PaymentIntent, intent),
        (Charge, charge),
        (Refund, refund),
        (Event, event),
    )


@pytest.mark.parametrize(("kind", "thing"), list(things()), ids=lambda value: getattr(value, "__name__", ""))
def test_an_object_has_every_field_that_the_library_says_is_always_there(kind: type, thing: dict[str, Any]):
    fields = annotations(kind)
    always = {name for name, said in fields.items() if type(None) not in get_args(said)}

    assert set() == always - set(thing)
    assert set() == set(thing) - set(fields)


@pytest.mark.parametrize(("kind", "thing"), list(things()), ids=lambda value: getattr(value, "__name__", ""))
def test_a_state_is_one_that_the_library_knows(kind: type, thing: dict[str, Any]):
    for name, said in annotations(kind).items():
        if (words := literals(said)) and isinstance(thing.get(name), str):
            assert thing[name] in words, name


def test_the_stand_in_is_of_the_librarys_version():
    assert stripe.api_version == shapes.API_VERSION


def test_a_parameter_the_library_does_not_name_is_refused():
    for wrong in ({"expires": "1"}, {"line_items": [{"price_data": {"amount": "1"}}]}):
        with pytest.raises(Refusal):
            check_known(GIVEN | wrong, SESSION)


def test_bracketed_fields_are_read_as_stripe_reads_them():
    given = nested(
        [("a", "1"), ("b[c]", "2"), ("d[0][e]", "3"), ("d[1][e]", "4"), ("f[]", "5"), ("f[]", "6")]
    )
    assert {"a": "1", "b": {"c": "2"}, "d": [{"e": "3"}, {"e": "4"}], "f": ["5", "6"]} == given


def annotations(kind: type) -> dict[str, Any]:
    return {name: said for name, said in kind.__annotations__.items() if name != "OBJECT_NAME"}


def literals(said: Any) -> tuple[str, ...]:
    """The words a field may have, be they all of it or some of a union."""
    if get_origin(said) is Literal:
        return get_args(said)
    return tuple(word for each in get_args(said) for word in literals(each))
