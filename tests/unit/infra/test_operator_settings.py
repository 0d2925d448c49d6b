"""What the operators' command takes for granted is what gateway/ and compose.yaml say."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from bus import SERVICES
from rowlock_cli.operator_settings import PROCESS_TYPES, OperatorSettings

ROOT = Path(__file__).parents[3]
DEFAULTS = {name: field.default for name, field in OperatorSettings.model_fields.items()}


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_the_gateway_closes_idle_connections_when_we_think_it_does():
    static = yaml.safe_load((ROOT / "gateway" / "traefik.yaml").read_text())

    told = static["serversTransport"]["forwardingTimeouts"]["idleConnTimeout"]
    assert told == f"{DEFAULTS['gateway_idle_timeout_s']:g}s"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("process_type", PROCESS_TYPES)
def test_replicas_are_looked_for_where_containers_have_them(compose, service, process_type):
    address = urlsplit(DEFAULTS[f"{service}_{process_type}_replica_urls"])

    assert address.hostname in compose["services"]
    assert address.port == {"api": 8000, "worker": 8001}[process_type]


def test_containers_tell_how_long_a_process_has_to_stop(compose):
    operators = compose["services"]["rowlock"]["environment"]

    assert f"{operators['STOP_GRACE_S']}s" == compose["services"]["orders-api"]["stop_grace_period"]
    assert urlsplit(operators["ROWLOCK_URL"]).hostname in compose["services"]
    assert {f"{service.upper()}_DATABASE_URL" for service in SERVICES} <= set(operators)
