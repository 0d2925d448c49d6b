"""One compose project: what `docker compose` does with it, and its containers."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import docker
from docker.models.containers import Container

PROJECT_LABEL, SERVICE_LABEL, ONE_OFF_LABEL = (
    "com.docker.compose.project",
    "com.docker.compose.service",
    "com.docker.compose.oneoff",
)
ENGINE_TIMEOUT_S = 120
"""An engine that stops a container answers when it has ended."""


@dataclass(frozen=True)
class Project:
    """A name, compose files and settings that nothing else on the machine shares."""

    name: str
    files: tuple[Path, ...]
    env_file: Path
    profiles: tuple[str, ...] = ()

    def compose(self, *arguments: str, **more: Any) -> str:
        """Run `docker compose` on this project; what it printed. Raises AssertionError with what it said."""
        done = subprocess.run(
            [*self.command, *arguments], env=self.env, capture_output=True, text=True, check=False, **more
        )
        said = (
            f"docker compose {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
        assert done.returncode == 0, said
        return done.stdout

    @property
    def command(self) -> tuple[str, ...]:
        """`docker compose` with everything that names this project."""
        files = [part for file in self.files for part in ("--file", str(file))]
        profiles = [part for profile in self.profiles for part in ("--profile", profile)]
        named = ("--project-name", self.name, "--env-file", str(self.env_file))
        return ("docker", "compose", *named, *files, *profiles)

    @property
    def env(self) -> Mapping[str, str]:
        """For other programs that run `docker compose` themselves: the project by compose's own variables."""
        return {
            # Images share their first layers: built side by side, each would make them.
            "COMPOSE_PARALLEL_LIMIT": "1",
            **os.environ,
            "COMPOSE_PROJECT_NAME": self.name,
            "COMPOSE_FILE": os.pathsep.join(map(str, self.files)),
            "COMPOSE_ENV_FILES": str(self.env_file),
            "COMPOSE_PROFILES": ",".join(self.profiles),
        }

    @cached_property
    def engine(self) -> docker.DockerClient:
        return docker.from_env(timeout=ENGINE_TIMEOUT_S)

    def containers(self, service: str | None = None, *, ended: bool = False) -> list[Container]:
        """Those that run, of a service or of all, the oldest first; with `ended` the others as well."""
        labels = [f"{PROJECT_LABEL}={self.name}", f"{ONE_OFF_LABEL}=False"]
        labels += [f"{SERVICE_LABEL}={service}"] if service else []
        found = self.engine.containers.list(all=ended, filters={"label": labels}, ignore_removed=True)
        return sorted(found, key=lambda one: one.attrs["Created"])

    def service_of(self, container: Container) -> str:
        return container.labels[SERVICE_LABEL]


def is_healthy(container: Container) -> bool:
    """Whether the engine says so; a container without a health check is healthy while it runs."""
    state = container.attrs["State"]
    return state["Running"] and state.get("Health", {"Status": "healthy"})["Status"] == "healthy"
