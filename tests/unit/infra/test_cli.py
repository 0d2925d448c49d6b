"""The operator's command."""

import stat

import pytest
import typer
from typer.testing import CliRunner

from rowlock_cli.environment import load_environment, read_env_file, write_env_file
from rowlock_cli.keys import create_keys
from rowlock_cli.main import create_app
from rowlock_cli.services import merge, on_database_of

runner = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {"PATH": "/usr/bin:/bin", "ROWLOCK_HOME": str(tmp_path)})
    create_keys(tmp_path / "keys")
    return tmp_path


def test_existing_keys_are_never_replaced(home):
    before = (home / "keys" / "hold-token.jwk").read_bytes()

    assert create_keys(home / "keys") == []
    assert (home / "keys" / "hold-token.jwk").read_bytes() == before
    assert stat.S_IMODE((home / "keys" / "hold-token.jwk").stat().st_mode) == 0o600


def test_settings_of_the_local_system_apply_where_the_environment_is_silent(home, monkeypatch):
    import os

    write_env_file(home / "env", {"AMQP_URL": "amqp://local/", "POSTGRES_URL": "postgresql://a=b@local/"})
    os.environ["AMQP_URL"] = "amqp://mine/"

    load_environment()

    assert os.environ["AMQP_URL"] == "amqp://mine/"
    assert os.environ["POSTGRES_URL"] == "postgresql://a=b@local/"
    assert stat.S_IMODE((home / "env").stat().st_mode) == 0o600


def test_an_env_file_may_have_comments_and_gaps(tmp_path):
    (tmp_path / "some").write_text("# a comment\n\nA = 1\nB=x=y\n")

    assert read_env_file(tmp_path / "some") == {"A": "1", "B": "x=y"}


def test_a_command_of_a_service_runs_on_the_database_of_that_service(monkeypatch):
    import os

    os.environ["ORDERS_DATABASE_URL"] = "postgresql://orders@local/"
    commands = typer.Typer()
    refunds = typer.Typer()
    commands.add_typer(refunds, name="refunds")
    seen = []

    @refunds.command("list")
    def list_refunds() -> None:
        seen.append(os.environ["DATABASE_URL"])

    @refunds.command("settle")
    def settle() -> None: ...

    chosen = on_database_of(commands, service="orders")
    result = runner.invoke(chosen, ["refunds", "list"])

    assert (result.exit_code, seen) == (0, ["postgresql://orders@local/"])


def test_a_service_s_own_commands_stay_whole_when_they_are_added_to_rowlock():
    """Else what ran in one process before them would change what the commands are."""
    app, others, service = typer.Typer(), typer.Typer(), typer.Typer()
    app.add_typer(typer.Typer(), name="keys")
    others.command("rotate-signing")(lambda: None)
    service.add_typer(others, name="keys")
    service.command("token")(lambda: None)

    merge(on_database_of(service, service="accounts"), into=app)

    assert ["keys"] == [group.name for group in service.registered_groups]
    assert runner.invoke(service, ["keys", "--help"]).exit_code == 0


def test_a_service_may_add_commands_to_a_group_that_is_there():
    app, own, others = typer.Typer(), typer.Typer(), typer.Typer()
    app.add_typer(own, name="keys")
    service = typer.Typer()
    service.add_typer(others, name="keys")
    service.command("token")(lambda: None)
    own.command("create")(lambda: None)
    others.command("rotate-signing")(lambda: None)

    merge(service, into=app)

    assert runner.invoke(app, ["keys", "create"]).exit_code == 0
    assert runner.invoke(app, ["keys", "rotate-signing"]).exit_code == 0
    assert runner.invoke(app, ["token"]).exit_code == 0


@pytest.mark.parametrize("command", ["status", "doctor"])
def test_where_no_system_is_known_that_is_what_is_said(command):
    result = runner.invoke(create_app(), [command, "--deadline-s", "0.5"])

    assert result.exit_code == 1
    assert result.stderr.startswith("No system is known here: `make up` starts one.")


def test_every_command_explains_itself():
    result = runner.invoke(create_app(), ["--help"])

    for command in (
        "status",
        "doctor",
        "token",
        "keys",
        "provision",
        "migrate",
        "declare-queues",
        "dead-letters",
    ):
        assert command in result.stdout
