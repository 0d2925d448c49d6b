"""Which metrics our rules and our dashboard ask for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

OBSERVABILITY = Path(__file__).parents[2] / "infra" / "observability"
DASHBOARD = OBSERVABILITY / "grafana" / "dashboards" / "on-sale.json"
FOREIGN = {
    # Prometheus' own
    "up",
    "ALERTS",
    # of prometheus_client, in every process
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    # of Traefik and of RabbitMQ's plug-in: tests/alerts/test_figures.py sees that they exist
    "traefik_entrypoint_requests_total",
    "traefik_service_server_up",
    "rabbitmq_alarms_file_descriptor_limit",
    "rabbitmq_alarms_free_disk_space_watermark",
    "rabbitmq_alarms_memory_used_watermark",
    "rabbitmq_disk_space_available_bytes",
    "rabbitmq_disk_space_available_limit_bytes",
}
_LABELS = re.compile(r"\{[^{}]*\}|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTORS = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^{}]*)\}")
_MATCHERS = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"(\d+)"')
_NAMES = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\()\b(?!\s*\()")
_WORDS = {"and", "or", "unless", "by", "on", "bool", "offset"}
_RANGES = re.compile(r"\[[^\[\]]*\]")


def rules() -> Iterator[dict[str, Any]]:
    """Every rule of every file: `alert` or `record`, `expr` and so on."""
    for path in sorted((OBSERVABILITY / "prometheus" / "rules").glob("*.yaml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    return json.loads(DASHBOARD.read_text())


def dashboard_expressions() -> dict[str, str]:
    """`panel/target` -> what it asks, with Grafana's own variables filled in."""
    panels = [panel for panel in dashboard()["panels"] if panel["type"] != "row"]
    return {
        f"{panel['title']}/{target['refId']}": plain(target["expr"])
        for panel in panels
        for target in panel["targets"]
    }


def plain(expression: str) -> str:
    """As Prometheus gets it."""
    return expression.replace("$__rate_interval", "1m").replace("$service", ".*")


def matchers(expression: str) -> Iterator[tuple[str, str, str]]:
    """Metric, label and word of each `label="word"`; for `=~` one for each of its alternatives, if it has nothing else."""
    strings: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        strings.append(found[0][1:-1])
        return f'"{len(strings) - 1}"'

    for name, labels in _SELECTORS.findall(_STRINGS.sub(put_aside, expression)):
        for label, operator, number in _MATCHERS.findall(labels):
            words = strings[int(number)].split("|") if "~" in operator else [strings[int(number)]]
            yield from ((name, label, word) for word in words)


def metric_names(expression: str) -> set[str]:
    """The metrics an expression is about; of a histogram its own name, without _bucket."""
    bare = _RANGES.sub(" ", _LABELS.sub(" ", _STRINGS.sub('""', expression)))
    found = {name for name in _NAMES.findall(bare) if name not in _WORDS}
    return {
        re.sub(r"_(bucket|count|sum)$", "", name) if name.startswith("rowlock_") else name for name in found
    }
