"""Prometheus' own programs, from Debian's package `prometheus`: those on PATH, else unpacked beside nothing else."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

MISSING = "promtool is missing and could not be had: install Debian's package `prometheus`"
_UNPACKED = Path(tempfile.gettempdir()) / f"rowlock-prometheus-{os.getuid()}"


def find_program(name: str) -> Path | None:
    """`promtool` or `prometheus`; None where neither PATH nor Debian's archive has it.

    The package is unpacked, not installed: that needs no root, and nothing begins to serve on this machine.
    """
    if found := shutil.which(name):
        return Path(found)
    program = _UNPACKED / "usr" / "bin" / name
    if not program.exists():
        _unpack()
    return program if program.exists() else None


def _unpack() -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return
    with tempfile.TemporaryDirectory() as folder:
        got = subprocess.run(
            ["apt-get", "-q", "download", "prometheus"], cwd=folder, capture_output=True, check=False
        )
        packages = list(Path(folder).glob("prometheus_*.deb"))
        if got.returncode or not packages:
            return
        beside = Path(tempfile.mkdtemp(prefix=f"{_UNPACKED.name}-", dir=_UNPACKED.parent))
        subprocess.run(["dpkg-deb", "-x", packages[0], beside], check=True)
        try:
            beside.rename(_UNPACKED)
        except OSError:  # another test run was first
            shutil.rmtree(beside)
