"""Every message has one sender and somebody who listens, as its name promises."""

import pytest

from bus import SERVICES, consumers_of, is_command, message_classes, owner_of, receivers_of, senders_of

each_message = pytest.mark.parametrize("message", message_classes(), ids=lambda message: message.__name__)


@each_message
def test_exactly_one_service_sends_it(message):
    assert len(senders_of(message)) == 1


@each_message
def test_a_fact_is_sent_by_its_owner(message):
    assert is_command(message) or senders_of(message) == (owner_of(message),)


@each_message
def test_a_command_is_sent_by_another_and_obeyed_by_its_owner(message):
    """The relay keeps what the broker cannot route, so an unheard message would stay for ever."""
    if is_command(message):
        assert owner_of(message) not in senders_of(message)
        assert [name.partition(".")[0] for name in receivers_of(message)] == [owner_of(message)]


@each_message
def test_somebody_receives_it(message):
    assert receivers_of(message) != ()


def test_no_two_consumers_share_a_queue():
    names = [consumer.name for service in SERVICES for consumer in consumers_of(service)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("service", SERVICES)
def test_consumers_listen_only_to_messages_there_are(service):
    known = {message.message_type for message in message_classes()}
    assert {kind for consumer in consumers_of(service) for kind in consumer.message_types} <= known


@pytest.mark.parametrize("service", SERVICES)
def test_a_queue_is_named_for_its_service(service):
    assert {consumer.name.partition(".")[0] for consumer in consumers_of(service)} <= {service}
