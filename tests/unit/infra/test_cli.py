"""The operator's command."""

import stat
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from chassis.signing import KeySet, verify
from rowlock_cli.environment import load_environment, read_env_file, write_env_file
from rowlock_cli.keys import create_keys
from rowlock_cli.main import create_app
from rowlock_cli.services import run_on_database_of
from rowlock_cli.tokens import KeyMissing, mint

runner = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {"PATH": "/usr/bin:/bin", "ROWLOCK_HOME": str(tmp_path)})
    create_keys(tmp_path / "keys")
    return tmp_path


def claims_of(token: str, home) -> dict[str, Any]:
    keys = KeySet.load(str(home / "keys" / "access-token.jwks"))
    return verify(token, keys, "at+jwt", "rowlock", "https://rowlock.local")


def test_a_minted_token_is_one_that_the_services_accept(home):
    claims = claims_of(mint(subject="ada", roles=["organizer", "buyer"], lifetime_s=60), home)

    assert (claims["sub"], claims["roles"], claims["client_id"]) == (
        "ada",
        ["buyer", "organizer"],
        "rowlock-cli",
    )
    assert claims["exp"] - claims["iat"] == 60
    assert claims["jti"]


def test_the_command_prints_nothing_but_the_token(home):
    result = runner.invoke(create_app(), ["token", "--role", "operator", "--subject", "jan"])

    assert result.exit_code == 0
    assert claims_of(result.stdout.strip(), home)["roles"] == ["operator"]


def test_an_unknown_role_is_refused():
    result = runner.invoke(create_app(), ["token", "--role", "king"])

    assert result.exit_code == 1
    assert "There is no role king" in result.stderr


def test_without_a_key_the_way_out_is_named(tmp_path):
    with pytest.raises(KeyMissing, match="make up"):
        mint(subject="ada", roles=["buyer"], key_file=tmp_path / "nowhere.jwk")


def test_existing_keys_are_never_replaced(home):
    before = (home / "keys" / "access-token.jwk").read_bytes()

    assert create_keys(home / "keys") == []
    assert (home / "keys" / "access-token.jwk").read_bytes() == before
    assert stat.S_IMODE((home / "keys" / "access-token.jwk").stat().st_mode) == 0o600


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

    run_on_database_of(commands, service="orders")
    result = runner.invoke(commands, ["refunds", "list"])

    assert (result.exit_code, seen) == (0, ["postgresql://orders@local/"])


def test_every_command_explains_itself():
    result = runner.invoke(create_app(), ["--help"])

    for command in ("token", "keys", "provision", "migrate", "declare-queues", "dead-letters"):
        assert command in result.stdout
