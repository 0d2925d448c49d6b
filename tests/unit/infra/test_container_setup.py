"""What containers refuse, read and ask before they count as healthy."""

import http.server
import re
import threading
from pathlib import Path
from typing import Any

import healthy
import pytest
import start
import yaml

from orders.settings import Settings
from rowlock_setup.databases import make_place
from rowlock_setup.refusals import PASSWORDS, kept_by_a_server, refusals

COMPOSE = Path(__file__).parents[3] / "compose.yaml"
PRODUCTION = {
    "POSTGRES_URL": "postgresql://postgres:7f3a@postgres:5432/postgres",
    "AMQP_URL": "amqp://rowlock:7f3a@rabbitmq:5672/",
    **{name: "postgresql://x:7f3a@postgres:5432/rowlock" for name in PASSWORDS if "DATABASE" in name},
    "PAYMENT_PROVIDER": "stripe",
    "SMTP_URL": "smtp://user:7f3a@mail.example.com:587",
    "MAIL_FROM": "Tickets <tickets@example.com>",
    "PUBLIC_URL": "https://tickets.example.com",
    "GATEWAY_TRUSTED_PROXIES": "1",
    "GRAFANA_PASSWORD": "7f3a",
}


def test_production_is_not_refused_where_everything_is_set():
    assert [] == refusals(PRODUCTION)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("POSTGRES_URL", "postgresql://postgres:rowlock-development@postgres/postgres", "POSTGRES_PASSWORD"),
        (
            "ORDERS_DATABASE_URL",
            "postgresql://orders:rowlock%2Ddevelopment@postgres/rowlock",
            "ORDERS_DATABASE_PASSWORD",
        ),
        ("AMQP_URL", "amqp://guest:guest@rabbitmq/", "RABBITMQ_PASSWORD"),
        ("PAYMENT_PROVIDER", "sandbox", "PAYMENT_PROVIDER"),
        ("SMTP_URL", "smtp://mailbox:8026", "SMTP_URL"),
        ("MAIL_FROM", "Rowlock <tickets@rowlock.example>", "MAIL_FROM"),
        ("PUBLIC_URL", "http://127.0.0.1:8080", "PUBLIC_URL"),
        ("GATEWAY_TRUSTED_PROXIES", "0", "GATEWAY_TRUSTED_PROXIES"),
        ("GRAFANA_PASSWORD", "rowlock-development", "GRAFANA_PASSWORD"),
        ("FAILPOINTS", "orders.notice.verified", "FAILPOINTS"),
    ],
)
def test_production_is_refused_by_the_name_of_the_setting_and_without_the_secret(name, value, named):
    (line,) = refusals(PRODUCTION | {name: value})

    assert line.strip().startswith(f"{named}: ")
    assert "rowlock-development" not in line


def test_every_password_written_in_compose_is_one_that_production_refuses():
    text = COMPOSE.read_text()
    written = set(re.findall(r"\$\{(\w+_PASSWORD):-", text))
    given = yaml.safe_load(text)["services"]["setup"]["environment"]

    refused = {line.split(":")[0].strip() for line in refusals({k: _default(v) for k, v in given.items()})}

    assert "GRAFANA_PASSWORD" in written
    assert written <= refused


def _default(value: str) -> str:
    """What compose makes of it where nothing is set: the innermost default first."""
    while value != (value := re.sub(r"\$\{\w+:-([^${}]*)\}", r"\1", value)):
        pass
    return value


def test_a_refused_password_that_a_server_may_have_kept_comes_with_what_to_do():
    known = PRODUCTION | {"AMQP_URL": "amqp://rowlock:rowlock-development@rabbitmq/"}

    assert [] == kept_by_a_server(PRODUCTION)
    assert "change_password" in "\n".join(kept_by_a_server(known))
    assert "rowlock-development" not in "\n".join(kept_by_a_server(known))


@pytest.mark.parametrize("name", ["database_url", "amqp_url"])
def test_a_process_itself_refuses_production_with_a_known_password(name):
    good: dict[str, Any] = {
        "database_url": "postgresql://orders:7f3a@db/rowlock",
        "amqp_url": "amqp://rowlock:7f3a@mq/",
    }
    Settings(**good, rowlock_mode="production")
    bad = good | {name: good[name].replace("7f3a", "rowlock-development")}

    Settings(**bad, rowlock_mode="development")
    with pytest.raises(ValueError, match=name.upper()) as refused:
        Settings(**bad, rowlock_mode="production")
    assert "rowlock-development" not in str(refused.value)
    assert "7f3a" not in str(refused.value)


def test_a_database_elsewhere_is_left_to_whoever_runs_it():
    assert not make_place(
        "orders",
        database_url="postgresql://orders:x@elsewhere:5432/rowlock",
        admin_url="postgresql://postgres:x@postgres:5432/postgres",
    )


@pytest.mark.parametrize("port", [":5432", ""])
def test_a_role_of_another_name_is_refused(port):
    admin = "postgresql://postgres:x@postgres:5432/postgres"

    with pytest.raises(SystemExit, match="ORDERS_DATABASE_URL"):
        make_place("orders", database_url=f"postgresql://somebody:x@postgres{port}/rowlock", admin_url=admin)


def test_a_url_is_read_from_its_file(tmp_path):
    (tmp_path / "url").write_text("postgresql://orders:secret@postgres/rowlock\n")
    environment = {
        "DATABASE_URL": "",
        "DATABASE_URL_FILE": str(tmp_path / "url"),
        "SSL_CERT_FILE": "/nowhere",
    }

    start.read_files(environment)

    assert environment["DATABASE_URL"] == "postgresql://orders:secret@postgres/rowlock"
    assert "SSL_CERT" not in environment


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(SystemExit, match="DATABASE_URL_FILE: /nowhere"):
        start.read_files({"DATABASE_URL_FILE": "/nowhere"})


class Program(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers: dict[str, int]

    def do_GET(self):
        self.send_response(self.answers[self.path])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):  # noqa: A002 -- its name there
        pass


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A process that answers as told, and the container's health check of it."""
    Program.answers = {"/readyz": 503, "/healthz": 200}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Program)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(healthy, "READY_AT", tmp_path / "ready-at")
    monkeypatch.setattr(healthy, "HEALTH_PORT", tmp_path / "port")
    monkeypatch.setattr(healthy, "_address", lambda: "172.18.0.5")
    (tmp_path / "port").write_text(str(server.server_port))
    yield Program.answers
    server.shutdown()


def test_a_container_is_healthy_once_it_was_ready_and_as_long_as_it_lives(program):
    assert 1 == healthy.main([])
    program["/readyz"] = 200
    assert 0 == healthy.main([])
    program["/readyz"] = 503
    assert 0 == healthy.main([])
    program["/healthz"] = 500
    assert 1 == healthy.main([])


def test_a_container_is_unhealthy_while_it_has_no_network(program, monkeypatch):
    program["/readyz"] = 200
    assert 0 == healthy.main([])
    monkeypatch.setattr(healthy, "_address", lambda: "")
    assert 1 == healthy.main([])
    monkeypatch.setattr(healthy, "_address", lambda: "172.18.0.5")
    assert 0 == healthy.main([])


def test_another_address_makes_a_container_unhealthy_for_long_enough_to_be_seen(program, monkeypatch):
    program["/readyz"] = 200
    assert 0 == healthy.main([])
    monkeypatch.setattr(healthy, "_address", lambda: "172.18.0.9")

    assert [1] * healthy.RETRIES == [healthy.main([]) for _ in range(healthy.RETRIES)]
    assert 0 == healthy.main([])


def test_the_image_gives_up_after_as_many_failures_as_the_check_thinks():
    dockerfile = (COMPOSE.parent / "infra" / "docker" / "Dockerfile").read_text()

    assert f"--retries={healthy.RETRIES} " in dockerfile
