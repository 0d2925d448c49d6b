"""The gateway makes traces only where a collector is named, and the collector takes people out of them."""

from pathlib import Path

import pytest
import yaml

from rowlock_local.home import Home
from rowlock_local.parts.gateway import fill_in_tracing, gateway_command
from support.otlp_receiver import ABOUT_CLIENTS

ROOT = Path(__file__).parents[3]
TRACING = ROOT / "gateway" / "tracing.yaml"


def test_endpoint_and_ratio_are_filled_in():
    text = fill_in_tracing(TRACING.read_text(), otlp_endpoint="http://collector:4318/", sample_ratio=0.25)

    tracing = yaml.safe_load(text)["tracing"]
    assert {"endpoint": "http://collector:4318/v1/traces"} == tracing["otlp"]["http"]
    assert [0.25, "rowlock-gateway"] == [tracing["sampleRate"], tracing["serviceName"]]


@pytest.mark.parametrize("endpoint", ["", "http://collector:4318"])
def test_tracing_is_on_where_a_collector_is_named(tmp_path, endpoint):
    home = Home(tmp_path)
    home.gateway.mkdir(parents=True)
    command = gateway_command(
        home, source=ROOT / "gateway", web_port=1, internal_port=2, replicas={}, otlp_endpoint=endpoint
    )

    static = yaml.safe_load((home.gateway / "traefik.yaml").read_text())
    assert ("tracing" in static) is bool(endpoint)
    assert "8080" not in static["entryPoints"]["web"]["address"]
    assert "gateway" == command.name


def test_our_collector_drops_what_the_gateway_says_of_people():
    (file,) = (ROOT / "infra/observability/otel-collector").glob("*.yaml")
    collector = yaml.safe_load(file.read_text())

    used = collector["service"]["pipelines"]["traces"]["processors"]
    actions = [action for name in used for action in (collector["processors"][name] or {}).get("actions", ())]
    assert ABOUT_CLIENTS <= {action["key"] for action in actions if action["action"] == "delete"}
