"""Every metric is declared with what it means, so that docs/metrics.md has it; and its name says what it is."""

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from chassis.declared_metrics import DECLARED, Declared
from support.services import SERVICES

ROOT = Path(__file__).parents[2]
UNITS = ("seconds", "bytes", "total", "info")
COUNTS = {  # gauges of things, named by the things
    "rowlock_consuming",
    "rowlock_database_connections",
    "rowlock_database_lock_waits",
    "rowlock_dead_letters",
    "rowlock_http_requests_in_progress",
    "rowlock_mails",
    "rowlock_orders",
    "rowlock_outbox_messages",
    "rowlock_payments",
    "rowlock_pool_connections",
    "rowlock_pool_size",
    "rowlock_queue_messages",
    "rowlock_reconcile_findings",
    "rowlock_reconcile_not_compared",
    "rowlock_refunds",
    "rowlock_seats",
}


@pytest.fixture(scope="module")
def declared() -> dict[str, Declared]:
    """All of the chassis and the services."""
    for package in ("chassis", *SERVICES):
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            import_module(module.name)
    return {name: metric for name, metric in DECLARED.items() if metric.owner in ("chassis", *SERVICES)}


def test_whatever_is_told_is_declared(declared: dict[str, Declared]) -> None:
    told = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in REGISTRY.collect()
        if family.name.startswith("rowlock_") and not family.name.startswith("rowlock_test_")
    }
    assert told == set(declared)


def test_a_name_ends_in_its_unit_and_a_counters_in_total(declared: dict[str, Declared]) -> None:
    for name, metric in declared.items():
        assert re.fullmatch(r"rowlock(_[a-z]+)+", name), name
        assert name.endswith("_total") == (metric.kind == "counter"), name
        assert name.endswith(UNITS) or name in COUNTS, name
        assert metric.kind != "histogram" or name.endswith("_seconds"), name


def test_no_label_is_one_that_prometheus_gives_itself(declared: dict[str, Declared]) -> None:
    for name, metric in declared.items():
        assert not {"job", "instance", "le"} & set(metric.labels), name


def test_all_states_of_a_gauge_and_all_outcomes_of_a_counter_are_listed(
    declared: dict[str, Declared],
) -> None:
    free = {"route", "method", "status", "message_type", "consumer", "job_name", "service", "version"}
    for name, metric in declared.items():
        listed = {label for label, words in metric.labels.items() if not isinstance(words, str)}
        assert set(metric.labels) - listed <= free, name


def test_the_page_of_metrics_has_them_all(declared: dict[str, Declared]) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    assert set(re.findall(r"^\| `(rowlock_\w+)` \|", page, flags=re.MULTILINE)) == set(declared)
