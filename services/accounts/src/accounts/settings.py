"""Settings of the accounts service."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from the environment, upper case."""
