"""The dashboard asks for what there is, in expressions that Prometheus takes; and the other files fit together."""

import re
import subprocess
from itertools import combinations

import metrics_page
import pytest
import yaml

from chassis.declared_metrics import DECLARED
from support.promql import (
    FOREIGN,
    OBSERVABILITY,
    dashboard,
    dashboard_expressions,
    matchers,
    metric_names,
    rules,
)
from support.promtool import MISSING, find_program

metrics_page.render()  # imports whatever declares a metric
DOCUMENTED = set(DECLARED)
RECORDED = {rule["record"] for rule in rules() if "record" in rule}
OF_PROMETHEUS = {"service", "process", "instance", "job"}
KNOWN = DOCUMENTED | RECORDED | FOREIGN


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('sum by (a) (rate(rowlock_x_total{b="c_d"}[5m])) > 0.5', {"rowlock_x_total"}),
        ("up{} unless on (job) a:b:c > 4 * 3600", {"up", "a:b:c"}),
        ("histogram_quantile(0.9, rowlock_y_bucket) or vector(0)", {"rowlock_y"}),
        ("time() - max(rowlock_z_seconds) and on (e) up == bool 1", {"rowlock_z_seconds", "up"}),
    ],
)
def test_names_of_metrics_are_found_in_expressions(expression, names):
    assert names == metric_names(expression)


@pytest.mark.parametrize("rule", list(rules()), ids=lambda rule: rule.get("alert") or rule["record"])
def test_rules_ask_for_metrics_that_there_are(rule):
    assert set() == metric_names(rule["expr"]) - KNOWN


@pytest.mark.parametrize(
    "rule", [rule for rule in rules() if "alert" in rule], ids=lambda rule: rule["alert"]
)
def test_what_an_alert_says_asks_for_metrics_that_there_are(rule):
    asked = set(re.findall(r"\browlock_\w+", rule["annotations"]["description"]))

    assert set() == asked - KNOWN


@pytest.mark.parametrize("where", dashboard_expressions())
def test_the_dashboard_asks_for_metrics_that_there_are(where):
    assert set() == metric_names(dashboard_expressions()[where]) - KNOWN


@pytest.mark.parametrize(
    "expression", sorted({rule["expr"] for rule in rules()} | {*dashboard_expressions().values()})
)
def test_labels_are_those_of_the_metric_and_their_words_are_told(expression):
    for name, label, word in matchers(expression):
        metric = DECLARED.get(re.sub(r"_(bucket|count|sum)$", "", name))
        if metric is None or label in OF_PROMETHEUS:
            continue
        assert label in metric.labels, (name, label)
        words = metric.labels[label]
        assert isinstance(words, str) or word in words, (name, label, word)


def test_labels_and_words_are_found_in_expressions():
    assert list(matchers('rate(a_total{x=~"b|{c}"}[5m]) / d:e{y!="f"}')) == [
        ("a_total", "x", "b"),
        ("a_total", "x", "{c}"),
        ("d:e", "y", "f"),
    ]


def test_prometheus_takes_every_expression_of_the_dashboard(tmp_path):
    promtool = find_program("promtool")
    if promtool is None:
        pytest.skip(MISSING)
    records = [
        {"record": f"panel:{n}", "expr": expr} for n, expr in enumerate(dashboard_expressions().values())
    ]
    file = tmp_path / "dashboard.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": records}]}))

    done = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_panels_have_a_number_and_a_place_of_their_own():
    panels = dashboard()["panels"]

    assert len(panels) == len({panel["id"] for panel in panels})
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        assert not _overlap(one, other), (one, other)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


def test_every_panel_says_what_it_shows():
    panels = [panel for panel in dashboard()["panels"] if panel["type"] != "row"]

    assert [] == [panel["title"] for panel in panels if not panel["description"]]


def test_the_dashboard_names_the_data_source_that_is_provisioned():
    sources = _of_yaml("grafana/provisioning/datasources/rowlock.yaml")["datasources"]
    named = {panel["datasource"]["uid"] for panel in dashboard()["panels"] if panel["type"] != "row"}

    assert named <= {source["uid"] for source in sources}


def test_every_part_of_the_collectors_pipelines_is_configured():
    config = _of_yaml("otel-collector/rowlock.yaml")

    for pipeline in config["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= set(config[kind])
    assert set(config["service"]["extensions"]) == set(config["extensions"])


def _overlap(one, other):
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def _of_yaml(path: str):
    return yaml.safe_load((OBSERVABILITY / path).read_text())
