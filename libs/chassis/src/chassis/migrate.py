"""Upgrades a service's schema: `python -m chassis.migrate <service> [revision]`, at DATABASE_URL."""

import argparse
import importlib
from pathlib import Path

from alembic import command
from alembic.config import Config


class MigrationsMissing(Exception):
    """The service's alembic.ini is not beside its package."""


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and upgrade."""
    parser = argparse.ArgumentParser(prog="python -m chassis.migrate", description=__doc__)
    parser.add_argument("service", help="name of the service's package")
    parser.add_argument("revision", nargs="?", default="head")
    options = parser.parse_args(arguments)
    upgrade(options.service, revision=options.revision)


def upgrade(service: str, *, database_url: str | None = None, revision: str = "head") -> None:
    """Bring the schema to `revision`; `database_url` defaults to DATABASE_URL. Blocks."""
    config = alembic_config(service)
    if database_url is not None:
        config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    command.upgrade(config, revision)


def alembic_config(service: str) -> Config:
    """The service's Alembic configuration: alembic.ini and migrations/ beside its src/ folder."""
    package = importlib.import_module(service)
    if package.__file__ is None:
        raise MigrationsMissing(service)
    root = Path(package.__file__).resolve().parents[2]
    if not (root / "alembic.ini").is_file():
        raise MigrationsMissing(f"{root / 'alembic.ini'} does not exist")
    config = Config(root / "alembic.ini")
    config.set_main_option("script_location", str(root / "migrations"))
    return config


if __name__ == "__main__":
    main()
