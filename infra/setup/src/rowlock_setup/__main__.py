"""`python -m rowlock_setup`: what must be there before a service starts. Run again, it changes nothing.

Key files, roles and schemas, migrations, queues, in this order; production is refused before any of it.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chassis.messaging import declare_queues
from rowlock_cli.broker import run
from rowlock_cli.keys import create_keys, create_payment_sandbox_keys
from rowlock_cli.services import service_names, worker_of
from rowlock_setup.databases import database_urls, make_place, migrate
from rowlock_setup.refusals import kept_by_a_server, refusals


def main() -> None:
    """Prepare everything, saying what was done; SystemExit with what is wrong."""
    refuse_production_with_defaults()
    make_keys(Path(os.environ["KEYS"]))
    with ThreadPoolExecutor() as threads:
        list(threads.map(prepare_database, *zip(*database_urls(os.environ).items(), strict=True)))
    make_queues()


def refuse_production_with_defaults() -> None:
    if os.environ.get("ROWLOCK_MODE") == "production" and (wrong := refusals(os.environ)):
        heading = "ROWLOCK_MODE=production does not start with these settings:"
        raise SystemExit("\n".join((heading, *wrong, *kept_by_a_server(os.environ))))


def make_keys(folder: Path) -> None:
    """Services run as the same user, and read what only that user may."""
    made = [*create_keys(folder), *create_payment_sandbox_keys(folder)]
    say(f"keys: made {', '.join(file.name for file in made)}" if made else "keys: all there")


def prepare_database(service: str, url: str) -> None:
    if make_place(service, database_url=url, admin_url=os.environ.get("POSTGRES_URL", "")):
        say(f"{service}: role and schema are there")
    migrate(service, database_url=url)
    say(f"{service}: schema is up to date")


def make_queues() -> None:
    """Before the first worker publishes: a message has several consumers."""
    for service in service_names():
        worker = worker_of(service)
        if worker is None:
            raise SystemExit(f"The worker of {service} could not be built: its settings are not at hand.")
        settings = worker.settings
        run(
            declare_queues(
                worker.consumers, amqp_url=settings.amqp_url, delivery_limit=settings.delivery_limit
            )
        )
    say("queues: all there")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
