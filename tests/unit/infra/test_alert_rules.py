"""Prometheus takes the rules, each alert fires when it should, and each has its page in docs/runbooks."""

import subprocess
from pathlib import Path

import pytest
import yaml

from support.promql import OBSERVABILITY, rules
from support.promtool import MISSING, find_program

ROOT = Path(__file__).parents[3]
RULES = sorted((OBSERVABILITY / "prometheus" / "rules").glob("*.yaml"))
RULE_TESTS = sorted((OBSERVABILITY / "rule_tests").glob("*.yaml"))
RUNBOOKS = ROOT / "docs" / "runbooks"


ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
CASES = [case for path in RULE_TESTS for case in yaml.safe_load(path.read_text())["tests"]]


@pytest.fixture(scope="session")
def promtool() -> Path:
    program = find_program("promtool")
    if program is None:
        pytest.skip(MISSING)
    return program


def run(*argv: object) -> str:
    done = subprocess.run([str(part) for part in argv], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_its_configuration(promtool):
    out = run(promtool, "check", "config", OBSERVABILITY / "prometheus" / "prometheus.yaml")

    assert f"SUCCESS: {len(RULES)} rule files found" in out


@pytest.mark.parametrize("path", RULE_TESTS, ids=lambda path: path.stem)
def test_alerts_fire_with_their_condition_and_not_just_below_it(promtool, path):
    run(promtool, "test", "rules", path)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_case_that_fires_and_one_that_does_not(alert):
    mine = [part for case in CASES for part in case["alert_rule_test"] if part["alertname"] == alert]

    assert any(part["exp_alerts"] for part in mine)
    assert any(case["name"].startswith(f"{alert} does not fire:") for case in CASES)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_says_how_urgent_it_is_and_where_to_read_on(alert):
    rule = ALERTS[alert]

    assert rule["labels"]["severity"] in {"page", "task"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{alert}.md"


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_runbook_that_says_how_it_was_made_to_fire(alert):
    text = (RUNBOOKS / f"{alert}.md").read_text()

    for heading in ("## What it means", "## Look", "## Do", "## How it was made to fire"):
        assert f"\n{heading}\n" in text, heading


def test_every_runbook_of_an_alert_has_its_alert():
    pages = {path.stem for path in RUNBOOKS.glob("Rowlock*.md")}

    assert pages == set(ALERTS)
