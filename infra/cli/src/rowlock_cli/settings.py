"""The settings of each service in turn, for commands that go over all of them."""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from chassis.settings import ServiceSettings
from rowlock_cli.environment import SERVICE_DATABASE
from rowlock_cli.failure import fail


@contextmanager
def settings_of(service: str) -> Iterator[ServiceSettings]:
    """The service's settings; within, DATABASE_URL is its database, and what it loads finds the same.

    Says in one sentence what is missing, and ends the command.
    """
    name = SERVICE_DATABASE.format(service=service.upper())
    own, before = os.environ.get(name), os.environ.get("DATABASE_URL")
    if not own:
        fail(f"Set {name}, or start the local system with `make up`.")
    os.environ["DATABASE_URL"] = own
    try:
        yield importlib.import_module(f"{service}.settings").Settings.from_environment()
    except ValidationError as error:
        missing = ", ".join(str(item["loc"][0]).upper() for item in error.errors())
        fail(f"The settings of {service} are not at hand: {missing}.")
    finally:
        os.environ.pop("DATABASE_URL")
        if before is not None:
            os.environ["DATABASE_URL"] = before
