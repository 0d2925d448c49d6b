"""infra/kubernetes against the schemas of Kubernetes, and against what the rest of Rowlock says."""

import importlib
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from chassis.database import RELAY_LANES
from support.kubernetes import KUBERNETES, OVERLAYS, config_map, containers, of_kind, pod_of, pods, render
from support.services import SERVICES

ROOT = Path(__file__).parents[3]
# The oldest with sidecars and matchLabelKeys by default, and one of today.
VERSIONS = ("1.30", "1.36")
KEDA = KUBERNETES / "components" / "keda" / "workers.yaml"
# Made by whoever runs the system: README.md says how.
SECRETS = {"rowlock-databases", "rowlock-broker", "rowlock-mail", "rowlock-keys", "rowlock-hold-token"}
OPTIONAL_SECRETS = {"rowlock-payments", "rowlock-postgres"}
# Read by the gateway's templates and start.sh, by programs of other images, and by what prepares a system.
OTHER_SETTINGS = {
    "COMPOSE_PROJECT_NAME",
    "GOMEMLIMIT",  # of the language Traefik is written in
    "ROWLOCK_REPLICAS_FROM",
    "POSTGRES_PASSWORD",
    "RABBITMQ_DEFAULT_USER",
    "RABBITMQ_DEFAULT_PASS",
    "RABBITMQ_NODENAME",
    "MAILBOX_HOST",
    "MAILBOX_TRUSTED_HOSTS",
    "ROWLOCK_URL",
    "KEYS",
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_is_what_kubernetes_takes(overlay, version):
    for manifest in render(overlay):
        kubernetes_validate.validate(manifest, version, strict=True)


def test_files_that_are_whole_objects_are_valid_without_rendering():
    """Some of the above where neither kubectl nor kustomize is installed."""
    whole = [
        manifest
        for file in KUBERNETES.rglob("*.yaml")
        for manifest in yaml.safe_load_all(file.read_text())
        if isinstance(manifest, dict) and _is_whole(manifest)
    ]
    assert len(whole) > 40
    for manifest in whole:
        kubernetes_validate.validate(manifest, VERSIONS[-1], strict=True)


def _is_whole(manifest: dict[str, Any]) -> bool:
    """Not a patch, nor a file of kustomize, nor of a kind that Kubernetes itself does not know."""
    if "kustomize" in manifest.get("apiVersion", "kustomize") or manifest["kind"] == "ScaledObject":
        return False
    return not manifest["metadata"]["name"].startswith("every-")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_have_no_rights_and_write_nowhere(overlay):
    for name, pod in pods(overlay):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, name  # CATALOG_API_PORT and the like would be settings
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in containers(pod):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            if not container["image"].startswith(("postgres:", "rabbitmq:")):
                assert context["readOnlyRootFilesystem"] is True, name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
            assert container["resources"]["limits"].keys() == {"memory"}, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_has_its_processes_with_probes_and_a_budget(overlay):
    deployments = {m["metadata"]["name"]: m for m in of_kind(overlay, "Deployment")}
    headless = {m["metadata"]["name"]: m["spec"] for m in of_kind(overlay, "Service")}
    budgets = [m["spec"]["selector"]["matchLabels"] for m in of_kind(overlay, "PodDisruptionBudget")]
    for service in SERVICES:
        for process_type, port in (("api", 8000), ("worker", 8001)):
            name = f"{service}-{process_type}"
            deployment = deployments[name]
            labels = deployment["spec"]["template"]["metadata"]["labels"]
            assert labels in budgets, name
            assert headless[name]["clusterIP"] == "None", name
            assert headless[name]["selector"] == labels, name
            assert [p["port"] for p in headless[name]["ports"]] == [port], name
            container = pod_of(deployment)["containers"][0]
            assert container["args"] == [process_type], name
            assert [p["containerPort"] for p in container["ports"]] == [port], name
            for probe, path in (
                ("startupProbe", "/healthz"),
                ("livenessProbe", "/healthz"),
                ("readinessProbe", "/readyz"),
            ):
                assert container[probe]["httpGet"]["path"] == path, (name, probe)
            assert container["image"].rpartition("/")[2].partition(":")[0] in (service, f"rowlock-{service}")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_process_that_stops_has_time_to(overlay):
    told = config_map(overlay, "rowlock-settings")
    drain_s = float(told["DRAIN_NOTICE_S"]) + float(told["DRAIN_S"])
    # The gateway looks every second, and may wait 3 s for an answer; a name is known for 5 s more.
    assert float(told["DRAIN_NOTICE_S"]) >= 8
    for manifest in of_kind(overlay, "Deployment"):
        if manifest["metadata"]["labels"]["app.kubernetes.io/component"] in ("api", "worker"):
            assert pod_of(manifest)["terminationGracePeriodSeconds"] >= drain_s + 5
    gateway = next(pod for name, pod in pods(overlay) if name == "gateway")
    pre_stop_s = int(gateway["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    static = yaml.safe_load((ROOT / "gateway" / "traefik.yaml").read_text())
    grace = static["entryPoints"]["web"]["transport"]["lifeCycle"]["graceTimeOut"]
    assert gateway["terminationGracePeriodSeconds"] >= pre_stop_s + int(grace.removesuffix("s")) + 5


def _known_settings() -> set[str]:
    known: set[str] = set()
    for service in SERVICES:
        fields = importlib.import_module(f"{service}.settings").Settings.model_fields
        known |= {name.upper() for name in fields} | {f"{service.upper()}_DATABASE_URL"}
    return known | OTHER_SETTINGS


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_setting_is_one(overlay):
    told = set(config_map(overlay, "rowlock-settings"))
    for _, pod in pods(overlay):
        told |= {variable["name"] for container in containers(pod) for variable in container.get("env", ())}
    assert told <= _known_settings()
    gateway = set(config_map(overlay, "gateway-settings"))
    templates = "".join((ROOT / "gateway" / name).read_text() for name in ("routes.yaml", "middlewares.yaml"))
    assert all(f'"{name}"' in templates for name in gateway)


def _secrets(value: Any) -> set[str]:
    """The names of the Secrets that something refers to, wherever it does."""
    if isinstance(value, list):
        return set().union(*(_secrets(item) for item in value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*(_secrets(item) for item in value.values()))
    for key in ("secretRef", "secretKeyRef"):
        found |= {value[key]["name"]} if key in value else set()
    return found | ({value["secretName"]} if "secretName" in value else set())


def test_secrets_are_those_the_readme_has_one_make():
    named = set().union(*(_secrets(pod) for _, pod in pods("base")))
    assert named == SECRETS | OPTIONAL_SECRETS
    readme = (KUBERNETES / "README.md").read_text()
    assert all(name in readme for name in named)
    assert not of_kind("base", "Secret")
    assert not of_kind("overlays/production", "Secret")


def test_the_gateway_has_the_files_of_every_other_set_up():
    files = config_map("base", "gateway-files")
    for name in ("routes.yaml", "middlewares.yaml", "traefik.yaml", "tracing.yaml"):
        assert files[name] == (ROOT / "gateway" / name).read_text(), name
    for name in ("internal.yaml", "start.sh"):
        assert files[name] == (ROOT / "gateway" / "containers" / name).read_text(), name
    gateway = next(pod for name, pod in pods("base") if name == "gateway")
    mounted = {mount.get("subPath") for mount in gateway["containers"][0]["volumeMounts"]}
    assert set(files) <= mounted


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_but_the_gateway_prometheus_and_operators_reaches_a_process(overlay):
    policies = {m["metadata"]["name"]: m["spec"] for m in of_kind(overlay, "NetworkPolicy")}
    assert policies.pop("nobody-unless-said") == {"podSelector": {}, "policyTypes": ["Ingress"]}
    reached = {"gateway-to-apis", "observers-to-processes"}
    for name, policy in policies.items():
        selected = str(policy["podSelector"])
        if name not in reached:
            assert "'api'" not in selected, name
            assert "'worker'" not in selected, name
    sources = [source for name in reached for rule in policies[name]["ingress"] for source in rule["from"]]
    allowed = [
        {"podSelector": {"matchLabels": {"app.kubernetes.io/component": "gateway"}}},
        {"podSelector": {"matchLabels": {"app.kubernetes.io/component": "operator"}}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}},
    ]
    assert all(source in allowed for source in sources)


def _may_reach_the_gateway(overlay: str, *, port: str) -> list[Any]:
    """The sources whom any policy lets to that port of the gateway's pods; None is everybody."""
    sources: list[Any] = []
    for manifest in of_kind(overlay, "NetworkPolicy"):
        spec = manifest["spec"]
        if spec["podSelector"] == {"matchLabels": {"app.kubernetes.io/component": "gateway"}}:
            for rule in spec["ingress"]:
                if {"port": port} in rule["ports"]:
                    sources += rule.get("from", [None])
    return sources


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_operators_reach_what_the_gateway_answers_the_world(overlay):
    """Also where only an ingress controller stands for the world: `rowlock status` asks ROWLOCK_URL."""
    sources = _may_reach_the_gateway(overlay, port="web")
    assert {"podSelector": {"matchLabels": {"app.kubernetes.io/component": "operator"}}} in sources
    assert (None in sources) is (overlay != "overlays/production")
    operator = next(pod for name, pod in pods(overlay) if name == "rowlock")
    assert {"name": "ROWLOCK_URL", "value": "http://gateway:8080"} in operator["containers"][0]["env"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_prometheus_finds_and_reaches_every_process_and_the_gateway(overlay):
    ports = {"api": "8000", "worker": "8001", "gateway": "8081"}
    asked = set()
    for manifest in of_kind(overlay, "Deployment"):
        metadata = manifest["spec"]["template"]["metadata"]
        component = metadata["labels"]["app.kubernetes.io/component"]
        if component in ports:
            assert metadata["annotations"] == {
                "prometheus.io/scrape": "true",
                "prometheus.io/path": "/metrics",
                "prometheus.io/port": ports[component],
            }, manifest["metadata"]["name"]
            asked.add(component)
    assert asked == set(ports)
    gateway = next(pod for name, pod in pods(overlay) if name == "gateway")
    assert {"name": "internal", "containerPort": 8081} in gateway["containers"][0]["ports"]
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    assert monitoring in _may_reach_the_gateway(overlay, port="internal")


def test_the_readme_names_the_jobs_and_labels_that_the_rules_ask_for():
    readme = (KUBERNETES / "README.md").read_text()
    rules = "".join(
        file.read_text() for file in (ROOT / "infra/observability/prometheus/rules").glob("*.yaml")
    )
    jobs = set(re.findall(r'job="(\w+)"', rules))
    assert jobs
    assert {word for word in (*jobs, "service", "process") if f"`{word}`" not in readme} == set()


def test_autoscaling_stays_within_the_connections_that_pgbouncer_takes():
    per_process = 10 + 4 + 1 + RELAY_LANES  # DATABASE_POOL_SIZE and docs/connections.md
    most = sum(m["spec"]["maxReplicas"] for m in of_kind("overlays/production", "HorizontalPodAutoscaler"))
    keda = list(yaml.safe_load_all(KEDA.read_text()))
    most += sum(scaled["spec"]["maxReplicaCount"] for scaled in keda)
    bouncer = (ROOT / "infra" / "pgbouncer" / "pgbouncer.ini").read_text()
    allowed = int(
        next(line for line in bouncer.splitlines() if line.startswith("max_client_conn")).split("=")[1]
    )
    # A rolling update has one more of each, and one that is on its way out.
    in_between = 2 * 2 * len(SERVICES)
    assert (most + in_between) * per_process <= allowed


def test_autoscalers_scale_what_there_is():
    names = {m["metadata"]["name"] for m in of_kind("overlays/production", "Deployment")}
    for scaler in of_kind("overlays/production", "HorizontalPodAutoscaler"):
        assert scaler["spec"]["scaleTargetRef"]["name"] in names
        deployment = next(
            m
            for m in of_kind("overlays/production", "Deployment")
            if m["metadata"]["name"] == scaler["spec"]["scaleTargetRef"]["name"]
        )
        assert "replicas" not in deployment["spec"], "each apply would undo the autoscaler's work"
    for scaled in yaml.safe_load_all(KEDA.read_text()):
        assert scaled["spec"]["scaleTargetRef"]["name"] in names
        metadata = [trigger["metadata"] for trigger in scaled["spec"]["triggers"]]
        assert all(isinstance(value, str) for each in metadata for value in each.values())
