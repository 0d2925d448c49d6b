"""The manifests of infra/kubernetes, rendered as `kubectl apply -k` would."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

KUBERNETES = Path(__file__).parents[2] / "infra" / "kubernetes"
OVERLAYS = ("base", "overlays/minimal", "overlays/production")
RENDERERS = (("kubectl", "kustomize"), ("kustomize", "build"))
POD_PATHS = {"CronJob": ("jobTemplate", "spec", "template"), "Job": ("template",)}

Manifest = dict[str, Any]


@cache
def render(overlay: str) -> tuple[Manifest, ...]:
    """Every object of an overlay; skips the test that asks where nothing can render it."""
    command = next((words for words in RENDERERS if shutil.which(words[0])), None)
    if command is None:
        pytest.skip("neither kubectl nor kustomize is installed: the overlays are not rendered")
    done = subprocess.run(
        (*command, str(KUBERNETES / overlay)), check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return tuple(manifest for manifest in yaml.safe_load_all(done.stdout) if manifest)


def of_kind(overlay: str, *kinds: str) -> list[Manifest]:
    return [manifest for manifest in render(overlay) if manifest["kind"] in kinds]


def pod_of(manifest: Manifest) -> Manifest:
    """The spec of the pods that a Deployment, StatefulSet, Job or CronJob makes."""
    spec = manifest["spec"]
    for step in POD_PATHS.get(manifest["kind"], ("template",)):
        spec = spec[step]
    return spec["spec"]


def pods(overlay: str) -> Iterator[tuple[str, Manifest]]:
    """Name and pod spec of everything that makes pods."""
    for manifest in of_kind(overlay, "Deployment", "StatefulSet", "Job", "CronJob"):
        yield manifest["metadata"]["name"], pod_of(manifest)


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


def config_map(overlay: str, name: str) -> dict[str, str]:
    """The data of a generated config map, whose name ends in a hash."""
    found = [m for m in of_kind(overlay, "ConfigMap") if m["metadata"]["name"].startswith(f"{name}-")]
    assert len(found) == 1, name
    return found[0]["data"]
