"""`rowlock provision` and `rowlock migrate`."""

import os
from typing import Annotated

import psycopg
import typer

from chassis.migrate import upgrade
from chassis.provisioning import provision as provision_service
from rowlock_cli.failure import fail
from rowlock_cli.services import service_names

commands = typer.Typer()
ServiceArgument = Annotated[str, typer.Argument(help="A service, such as orders")]


@commands.command()
def provision(
    service: ServiceArgument,
    *,
    admin_url: Annotated[str, typer.Option(envvar="POSTGRES_URL", help="URL of a PostgreSQL superuser.")],
    password: Annotated[
        str, typer.Option(envvar="SERVICE_PASSWORD", help="Password the service's role gets.")
    ],
    database: Annotated[str, typer.Option(help="Database that holds the schema.")] = "rowlock",
) -> None:
    """Make sure a service has its role and schema, and no more; prints its DATABASE_URL."""
    known(service)
    try:
        print(provision_service(admin_url, service, password, database))
    except psycopg.Error as error:
        fail(f"PostgreSQL refused: {error}")


@commands.command()
def migrate(service: ServiceArgument) -> None:
    """Bring a service's schema up to date, at DATABASE_URL or at <SERVICE>_DATABASE_URL."""
    known(service)
    url = os.environ.get("DATABASE_URL") or os.environ.get(f"{service.upper()}_DATABASE_URL")
    if not url:
        fail(f"Set {service.upper()}_DATABASE_URL, or start the local system with `make up`.")
    upgrade(service, database_url=url)
    print(f"the schema of {service} is up to date")


def known(service: str) -> None:
    """Refuse a service that is not installed."""
    if service not in service_names():
        fail(f"There is no service {service}: use {', '.join(service_names())}.")
