"""What compose.yaml promises of every container, read from the file itself."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
APIS = sorted(name for name in COMPOSE if name.endswith("-api"))
OURS = sorted(name for name, service in COMPOSE.items() if str(service["image"]).startswith("rowlock-"))
HEALTH_CHECK = ("path", "interval", "unhealthyInterval", "timeout", "followRedirects")


def test_all_services_run_as_api_and_worker():
    services = {path.parent.name for path in ROOT.glob("services/*/pyproject.toml")}

    assert {f"{service}-{process}" for service in services for process in ("api", "worker")} <= set(COMPOSE)


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights_and_limits(name):
    service = COMPOSE[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "cap_add" not in service
    assert service["mem_limit"]
    assert service["init"] is True


@pytest.mark.parametrize("name", sorted(COMPOSE))
def test_only_the_gateway_may_be_published_beyond_this_machine(name):
    ports = COMPOSE[name].get("ports", [])

    assert all(
        port.startswith("${ROWLOCK_BIND:-127.0.0.1}:" if name == "gateway" else "127.0.0.1:")
        for port in ports
    )


def test_the_gateways_internal_entry_point_is_never_published():
    assert [":8080"] == [port[-5:] for port in COMPOSE["gateway"]["ports"]]


@pytest.mark.parametrize("name", APIS)
def test_a_replica_is_asked_as_in_local_runs(name):
    local = (ROOT / "gateway" / "replicas.yaml").read_text()
    prefix = f"traefik.http.services.{name}.loadbalancer"
    labels = COMPOSE[name]["labels"]

    expected = {
        f"{prefix}.healthcheck.{key}": re.findall(rf"(?m)^ +{key}: (\S+)$", local)[0] for key in HEALTH_CHECK
    }
    assert labels == expected | {"traefik.enable": "true", f"{prefix}.server.port": "8000"}


@pytest.mark.parametrize("name", [name for name in OURS if name.endswith(("-api", "-worker"))])
def test_a_stop_gives_the_gateway_time_and_running_work_too(name):
    settings = COMPOSE[name]["environment"]
    interval_s = 1

    assert float(settings["DRAIN_NOTICE_S"]) >= 2 * interval_s
    grace_s = float(COMPOSE[name]["stop_grace_period"].rstrip("s"))
    assert float(settings["DRAIN_NOTICE_S"]) + float(settings["DRAIN_S"]) + 5 <= grace_s


@pytest.mark.parametrize("name", [name for name in OURS if name.endswith(("-api", "-worker"))])
def test_nothing_starts_before_the_setup_is_done(name):
    assert COMPOSE[name]["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}


def test_no_service_is_told_the_password_of_another():
    for name in OURS:
        if not name.endswith(("-api", "-worker")):
            continue
        service = name.rpartition("-")[0]
        passwords = re.findall(r"\{([A-Z]+)_DATABASE_PASSWORD", str(COMPOSE[name]["environment"]))
        assert [service.upper()] == passwords, name
        assert "POSTGRES_PASSWORD" not in str(COMPOSE[name]["environment"])


def test_each_image_is_built_once():
    """The classic builder would build one image for several services several times, side by side."""
    built = [service["image"] for service in COMPOSE.values() if "build" in service]

    assert sorted(built) == sorted({COMPOSE[name]["image"] for name in OURS})
    assert all(
        service["pull_policy"] == "never"
        for name, service in COMPOSE.items()
        if name in OURS and "build" not in service
    )
