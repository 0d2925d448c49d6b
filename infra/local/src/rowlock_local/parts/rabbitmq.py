"""RabbitMQ from the machine's package, run privately: own node, ports, cookie and data, on 127.0.0.1."""

import os
import zlib
from pathlib import Path

from rowlock_local.command import Command
from rowlock_local.files import write_private
from rowlock_local.home import Home
from rowlock_local.parts.rabbitmq_install import RabbitPrograms
from rowlock_local.passwords import password
from rowlock_local.probes import amqp_answers, port_open

USER = "rowlock"

CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{amqp}
default_user = {user}
default_pass = {password}
default_vhost = /
# It shares the machine with everything else.
vm_memory_high_watermark.relative = 0.2
disk_free_limit.absolute = 500MB
log.console = true
log.console.level = warning
log.connection.level = error
log.file = false
"""


def amqp_url(home: Home, *, port: int) -> str:
    """URL of the one user."""
    return f"amqp://{USER}:{password(home, name='rabbitmq')}@127.0.0.1:{port}/"


def epmd_command(programs: RabbitPrograms, *, ports: dict[str, int]) -> Command:
    """Erlang's name server, in the foreground and on a port of its own: none is left behind or shared."""

    async def ready() -> bool:
        return await port_open("127.0.0.1", ports["epmd"])

    return Command(
        name="epmd",
        argv=(str(programs.epmd), "-address", "127.0.0.1", "-port", str(ports["epmd"])),
        ready=ready,
        stop_s_max=5,
    )


def rabbitmq_command(home: Home, programs: RabbitPrograms, *, ports: dict[str, int]) -> Command:
    """The broker; `ready` once it greets."""
    folder = home.rabbitmq.resolve()
    text = CONFIGURATION.format(amqp=ports["amqp"], user=USER, password=password(home, name="rabbitmq"))
    write_private(folder / "rabbitmq.conf", text)
    (folder / "enabled_plugins").write_text("[].\n")

    async def ready() -> bool:
        return await amqp_answers("127.0.0.1", ports["amqp"])

    return Command(
        name="rabbitmq",
        # -noinput: ALLOW_INPUT makes the script become the Erlang machine instead of waiting for it.
        argv=(str(programs.server), "-noinput"),
        ready=ready,
        env={**os.environ, **environment(folder, ports)},
        cwd=folder,
        stop_s_max=40,
    )


def environment(folder: Path, ports: dict[str, int]) -> dict[str, str]:
    """What would otherwise come from /etc/rabbitmq and /var/lib/rabbitmq, or be shared by two copies."""
    node = f"rowlock-{zlib.crc32(str(folder).encode()):08x}@localhost"
    return {
        "HOME": str(folder),  # where Erlang keeps its cookie
        "RABBITMQ_ALLOW_INPUT": "1",
        "RABBITMQ_NODENAME": node,
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
        "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
        "RABBITMQ_DIST_PORT": str(ports["erlang"]),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(ports["epmd"]),
        "ERL_CRASH_DUMP_BYTES": "0",
    }
