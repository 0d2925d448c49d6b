"""Where commands find the system: the environment first, then what a local system wrote down."""

import os
from collections.abc import Mapping
from pathlib import Path

SERVICE_DATABASE = "{service}_DATABASE_URL"


def home() -> Path:
    """The folder of the local system."""
    return Path(os.environ.get("ROWLOCK_HOME") or ".rowlock")


def read_env_file(file: Path) -> dict[str, str]:
    """KEY=VALUE lines, `#` begins a comment line; empty when there is no such file."""
    if not file.exists():
        return {}
    lines = (line.strip() for line in file.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def write_env_file(file: Path, values: Mapping[str, str]) -> None:
    """Replace the file, readable by its owner only: it holds passwords."""
    part = file.with_name(f"{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.writelines(f"{key}={value}\n" for key, value in sorted(values.items()))
    part.replace(file)


def load_dotenv() -> None:
    """Let `.env` of the checkout apply where the environment says nothing."""
    for key, value in read_env_file(Path(".env")).items():
        os.environ.setdefault(key, value)


def load_environment() -> None:
    """Let `.env` and the local system's settings apply where the environment says nothing."""
    load_dotenv()
    for key, value in read_env_file(home() / "env").items():
        os.environ.setdefault(key, value)


def use_database_of(service: str) -> None:
    """Let DATABASE_URL name this service's database, unless it is set already."""
    own = os.environ.get(SERVICE_DATABASE.format(service=service.upper()))
    if own:
        os.environ.setdefault("DATABASE_URL", own)
