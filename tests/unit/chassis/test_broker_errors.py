"""Whatever a broken connection raises is one error, and nobody is cancelled who was not asked to stop."""

import asyncio

import pytest
from aiormq.exceptions import ChannelClosed, ChannelInvalidStateError

from chassis.messaging.connection import broker_errors
from chassis.publishing import BrokerUnavailable


@pytest.mark.parametrize(
    "error", [ChannelClosed, ChannelInvalidStateError, ConnectionResetError, TimeoutError, RuntimeError]
)
def test_every_error_of_the_connection_is_broker_unavailable(error):
    with pytest.raises(BrokerUnavailable), broker_errors():
        raise error


async def test_a_call_the_library_cancels_is_an_error_and_no_cancellation():
    confirmation = asyncio.get_running_loop().create_future()
    confirmation.cancel()
    with pytest.raises(BrokerUnavailable), broker_errors():
        await confirmation


async def test_a_task_that_is_asked_to_stop_does_stop():
    async def wait() -> None:
        with broker_errors():
            await asyncio.sleep(10)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_other_errors_are_left_alone():
    with pytest.raises(ZeroDivisionError), broker_errors():
        raise ZeroDivisionError
