"""The folder that holds everything of one local system (`ROWLOCK_HOME`, `.rowlock` unless set)."""

from dataclasses import dataclass
from pathlib import Path

from rowlock_local.errors import LauncherError

SIGN = "This folder belongs to Rowlock's launcher; `make reset` deletes it.\n"


@dataclass(frozen=True)
class Home:
    """Names every file and folder below the home; two copies differ in nothing but this and their ports."""

    path: Path

    @property
    def keys(self) -> Path:
        """Signing keys: private `*.jwk` (0600) and public `*.jwks`."""
        return self.path / "keys"

    @property
    def secrets(self) -> Path:
        """One generated password a file, 0600."""
        return self.path / "secrets"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.path / "logs"

    @property
    def run(self) -> Path:
        """One record a live process, so that a later launcher can tell its own children from strangers."""
        return self.path / "run"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data, and its private root folder where it needs one."""
        return self.path / "postgres"

    @property
    def rabbitmq(self) -> Path:
        """RabbitMQ's data, settings and Erlang cookie."""
        return self.path / "rabbitmq"

    @property
    def payment_sandbox(self) -> Path:
        """What the payment sandbox knows."""
        return self.path / "payment_sandbox"

    @property
    def gateway(self) -> Path:
        """Traefik's files, as filled in for this home."""
        return self.path / "gateway"

    @property
    def ports_file(self) -> Path:
        """The ports chosen at first start, by name."""
        return self.path / "ports.json"

    @property
    def env_file(self) -> Path:
        """Settings for the `rowlock` command, 0600."""
        return self.path / "env"

    @property
    def state_file(self) -> Path:
        """Who runs this home, since when and how far it got."""
        return self.path / "state.json"

    @property
    def lock_file(self) -> Path:
        """Held locked by the one launcher that runs this home."""
        return self.path / "lock"

    @property
    def launcher_log(self) -> Path:
        """What a detached launcher says."""
        return self.logs / "launcher.log"

    @property
    def sign(self) -> Path:
        """Tells a home from a folder of somebody's own."""
        return self.path / "README"

    @property
    def is_home(self) -> bool:
        """Whether the folder is ours to fill and to delete."""
        return self.sign.exists() and self.sign.read_text() == SIGN

    def create(self) -> None:
        """Make the folders; only what another user must enter is open, and nothing outside is touched.

        Raises LauncherError for a folder that holds something else.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.is_home and any(self.path.iterdir()):
            raise LauncherError(f"{self.path} holds other files: set ROWLOCK_HOME to a folder of its own.")
        self.sign.write_text(SIGN)
        # PostgreSQL's unprivileged user passes through here; it can list nothing.
        self.path.chmod(0o711)
        for folder in (
            self.keys,
            self.secrets,
            self.logs,
            self.run,
            self.rabbitmq,
            self.payment_sandbox,
            self.gateway,
        ):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
        self.postgres.mkdir(exist_ok=True)
        self.postgres.chmod(0o711)
