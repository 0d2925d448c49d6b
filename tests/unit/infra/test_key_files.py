"""`rowlock keys`: files that are made once, never replaced, and read by their owner only."""

import json
import stat

import pytest
from typer.testing import CliRunner

from chassis.fingerprints import Fingerprints
from chassis.internal_client import read_internal_key
from chassis.wrapping_keys import WrappingKeys
from rowlock_cli.keys import INTERNAL_API_KEY, LOOKUP_KEY, WRAPPING_KEYS, create_keys
from rowlock_cli.keys_command import commands

runner = CliRunner()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {"PATH": "/usr/bin:/bin", "ROWLOCK_HOME": str(tmp_path)})
    return tmp_path / "keys"


def test_the_command_makes_every_file_and_shows_no_secret(folder):
    result = runner.invoke(commands, ["keys", "create"])

    assert result.exit_code == 0
    for name in (WRAPPING_KEYS, LOOKUP_KEY, INTERNAL_API_KEY, "hold-token.jwk"):
        assert f"made {folder / name}" in result.stdout
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    for secret in ((folder / LOOKUP_KEY).read_text(), (folder / INTERNAL_API_KEY).read_text()):
        assert secret.strip() not in result.stdout


def test_services_can_use_what_is_made(folder):
    create_keys(folder)

    assert WrappingKeys.load(folder / WRAPPING_KEYS).keys
    assert Fingerprints.load(folder / LOOKUP_KEY)
    assert len(read_internal_key(folder / INTERNAL_API_KEY)) >= 43


def test_the_secrets_are_each_their_own(folder):
    create_keys(folder)
    [wrapping_key] = json.loads((folder / WRAPPING_KEYS).read_text())["keys"].values()
    secrets = {
        wrapping_key,
        *((folder / name).read_text().strip() for name in (LOOKUP_KEY, INTERNAL_API_KEY)),
    }

    assert len(secrets) == 3


def test_what_is_there_is_never_replaced(folder):
    create_keys(folder)
    before = {file: file.read_bytes() for file in folder.iterdir()}

    assert create_keys(folder) == []
    assert {file: file.read_bytes() for file in folder.iterdir()} == before
    assert "every key is there already" in runner.invoke(commands, ["keys", "create"]).stdout


def test_only_what_is_missing_is_made(folder):
    create_keys(folder)
    (folder / LOOKUP_KEY).unlink()

    assert create_keys(folder) == [folder / LOOKUP_KEY]


def test_a_wrapping_key_is_added_and_none_taken_away(folder):
    create_keys(folder)
    before = WrappingKeys.load(folder / WRAPPING_KEYS)
    result = runner.invoke(commands, ["keys", "add-wrapping-key"])
    after = WrappingKeys.load(folder / WRAPPING_KEYS)

    assert result.exit_code == 0
    assert after.active_id in result.stdout
    assert after.active_id not in before.keys
    assert {key_id: after.keys[key_id] for key_id in before.keys} == before.keys


def test_no_wrapping_key_is_added_to_what_is_no_file_of_them(folder):
    result = runner.invoke(commands, ["keys", "add-wrapping-key"])

    assert result.exit_code == 1
    assert WRAPPING_KEYS in result.stderr
