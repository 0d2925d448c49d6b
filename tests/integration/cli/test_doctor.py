"""`rowlock doctor` finds each fault by its check and its setting, and nothing in a healthy system."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from integration.cli.conftest import look
from integration.cli.stand_in import free_port
from typer.testing import CliRunner

from rowlock_cli.doctor.checks import CHECKS
from rowlock_cli.doctor.command import examine
from rowlock_cli.doctor.gathering import own_checks
from rowlock_cli.keys import create_keys
from rowlock_cli.main import create_app
from support.payment_sandbox import running_payment_sandbox


async def test_a_healthy_system_gives_nothing(doctor, tell_figure):
    facts = await look()

    assert examine(facts) == {}
    assert facts.unanswered() == {}
    opened = sum(sum(each.facts["connections_max"].values()) for each in facts.telling)
    tell_figure(
        f"doctor: {len(CHECKS) + sum(map(len, own_checks().values()))} checks, {opened} connections told"
    )


async def test_the_command_says_so_and_ends_with_0(doctor):
    result = await asyncio.to_thread(CliRunner().invoke, create_app(), ["doctor", "--deadline-s", "30"])

    assert (result.exit_code, result.stdout) == (0, "Nothing is misconfigured.\n")


async def test_a_finding_has_its_setting_what_is_wrong_and_what_to_do(doctor, keys):
    (keys / "lookup.key").unlink()

    result = await asyncio.to_thread(CliRunner().invoke, create_app(), ["doctor", "--deadline-s", "30"])

    assert result.exit_code == 1
    assert "LOOKUP_KEY  [key_files_usable]" in result.stdout
    assert f"wrong:  {keys / 'lookup.key'} holds no lookup key: FileNotFoundError" in result.stdout
    assert "do:     make the keys that are missing" in result.stdout


async def test_what_could_not_be_asked_is_said_and_ends_with_3(doctor, system):
    await system.processes["catalog-worker"].stop()

    result = await asyncio.to_thread(CliRunner().invoke, create_app(), ["doctor", "--deadline-s", "30"])

    assert result.exit_code == 3
    assert "could not ask catalog-worker" in result.stdout
    assert "Nothing is misconfigured as far as could be asked." in result.stdout


async def test_a_process_of_a_version_that_tells_nothing_of_itself(doctor):
    facts = await look()
    silent = replace(facts, replicas=[replace(facts.replicas[0], facts={}), *facts.replicas[1:]])

    assert examine(silent) == {}
    assert list(silent.unanswered().values()) == ["tells nothing at /aboutz: another version"]


async def test_a_setting_that_is_missing(doctor, monkeypatch):
    monkeypatch.delenv("MAIL_FROM")

    assert await doctor.settings_by_check() == {"settings_complete": ["MAIL_FROM"]}


@pytest.mark.parametrize(
    ("setting", "file"),
    [
        ("WRAPPING_KEYS", "wrapping-keys.json"),
        ("LOOKUP_KEY", "lookup.key"),
        ("INTERNAL_API_KEY", "internal-api.key"),
        ("HOLD_TOKEN_PRIVATE_KEY", "hold-token.jwk"),
    ],
)
async def test_a_key_file_that_is_missing_or_of_no_use(doctor, keys, setting, file):
    (keys / file).write_text("\n")
    assert await doctor.settings_by_check() == {"key_files_usable": [setting]}

    (keys / file).unlink()
    assert await doctor.settings_by_check() == {"key_files_usable": [setting]}


async def test_a_secret_file_that_others_can_read(doctor, keys):
    (keys / "lookup.key").chmod(0o640)

    found = await doctor()

    assert list(found) == ["secret_files_private"]
    assert "mode 0640" in found["secret_files_private"][0].wrong


async def test_a_secret_that_kubernetes_mounted_may_be_read_by_the_users_of_its_container(doctor, keys):
    (keys / "lookup.key").chmod(0o440)
    (keys / "..data").symlink_to(keys)

    assert await doctor() == {}


async def test_public_keys_of_another_hold_token_key(doctor, keys, tmp_path):
    create_keys(tmp_path / "others")
    (keys / "hold-token.jwks").write_text((tmp_path / "others" / "hold-token.jwks").read_text())

    assert await doctor.settings_by_check() == {"hold_token_keys_fit": ["HOLD_TOKEN_JWKS"]}


@pytest.mark.parametrize("setting", ["LOOKUP_KEY", "INTERNAL_API_KEY", "WRAPPING_KEYS"])
async def test_a_process_with_another_key(doctor, system, tmp_path, setting):
    create_keys(tmp_path / "others")
    file = {"LOOKUP_KEY": "lookup.key", "INTERNAL_API_KEY": "internal-api.key"}.get(
        setting, "wrapping-keys.json"
    )
    system.processes["orders-api"].be_told(**{setting.lower(): str(tmp_path / "others" / file)})

    found = await doctor()

    assert {name: [each.setting for each in several] for name, several in found.items()} == {
        "processes_told_the_same": [setting]
    }
    assert "orders-api: " in found["processes_told_the_same"][0].wrong


async def test_a_process_at_another_broker_or_with_other_proxies(doctor, system):
    system.processes["catalog-worker"].be_told(amqp_url="amqp://rowlock:secret@elsewhere/", trusted_proxies=2)

    found = await doctor()

    assert [each.setting for each in found["processes_told_the_same"]] == ["TRUSTED_PROXIES", "AMQP_URL"]
    assert [each.setting for each in found["gateway_counts_the_same_proxies"]] == ["TRUSTED_PROXIES"]
    assert "secret" not in str(found)


async def test_a_gateway_that_counts_other_proxies(doctor, monkeypatch):
    monkeypatch.setenv("GATEWAY_TRUSTED_PROXIES", "1")

    assert await doctor.settings_by_check() == {"gateway_counts_the_same_proxies": ["TRUSTED_PROXIES"]}


@pytest.mark.parametrize("ahead_s", [-40, 40])
async def test_a_clock_that_is_wrong(doctor, system, ahead_s):
    process = system.processes["orders-api"]
    process.told = {"now": (datetime.now(UTC) + timedelta(seconds=ahead_s)).isoformat()}

    found = await doctor()

    assert list(found) == ["clocks_agree"]
    assert f"{'ahead of' if ahead_s > 0 else 'behind'} this machine" in found["clocks_agree"][0].wrong


async def test_a_replica_that_closes_before_the_gateway(doctor, system):
    system.processes["orders-api"].be_told(keep_alive_s=60)
    system.processes["orders-worker"].be_told(keep_alive_s=5)  # nobody keeps connections to it

    assert await doctor.settings_by_check() == {"replicas_outlast_idle_connections": ["KEEP_ALIVE_S"]}


async def test_a_stop_that_takes_longer_than_there_is(doctor, system):
    system.processes["orders-api"].be_told(drain_notice_s=4.0, drain_s=15.0)

    found = await doctor()

    assert list(found) == ["stop_fits_grace_period"]
    assert "27 s" in found["stop_fits_grace_period"][0].wrong


async def test_a_gateway_that_does_not_find_the_replicas(doctor, system):
    system.gateway.unreached = {"orders"}
    assert await doctor.settings_by_check() == {"gateway_reaches_services": ["ORDERS_API_REPLICA_URLS"]}

    system.processes["orders-api"].failing = ["database"]
    assert await doctor() == {}, "a replica that is not ready is not the gateway's fault"


@pytest.mark.parametrize("source", ["missing.jwks", "http://127.0.0.1:9/jwks.json"])
async def test_a_key_set_that_cannot_be_read(doctor, monkeypatch, source):
    monkeypatch.setenv("ACCESS_TOKEN_JWKS", source)

    assert await doctor.settings_by_check() == {"access_token_keys_readable": ["ACCESS_TOKEN_JWKS"]}


async def test_a_mail_server_that_is_away(doctor, monkeypatch):
    monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{free_port()}")

    assert await doctor.settings_by_check() == {"mail_server_takes_us": ["SMTP_URL"]}


async def test_a_payment_provider_that_is_away_or_does_not_take_our_key(doctor, keys, monkeypatch):
    with running_payment_sandbox() as sandbox:
        monkeypatch.setenv("PAYMENT_PROVIDER", "sandbox")
        monkeypatch.setenv("SANDBOX_URL", sandbox.url)
        for name, path in sandbox.secret_files().items():
            monkeypatch.setenv(name, path)
        healthy = await doctor()

        (keys / "wrong.key").write_text("not the sandbox's\n")
        monkeypatch.setenv("SANDBOX_API_KEY", str(keys / "wrong.key"))
        wrong_key = await doctor()
        monkeypatch.setenv("SANDBOX_API_KEY", sandbox.secret_files()["SANDBOX_API_KEY"])
        monkeypatch.setenv("SANDBOX_NOTICE_SECRET", str(keys / "missing"))
        no_secret = await doctor.settings_by_check()
        monkeypatch.setenv("SANDBOX_NOTICE_SECRET", sandbox.secret_files()["SANDBOX_NOTICE_SECRET"])
        monkeypatch.setenv("SANDBOX_URL", f"http://127.0.0.1:{free_port()}")
        away = await doctor()

    assert "payment_provider_answers" not in healthy
    assert "401" in wrong_key["payment_provider_answers"][0].wrong
    assert no_secret["payment_provider_answers"] == no_secret["key_files_usable"] == ["SANDBOX_NOTICE_SECRET"]
    assert "SANDBOX_URL" in away["payment_provider_answers"][0].setting


def test_every_check_has_a_name_of_its_own_and_says_what_it_finds():
    names = [check.__name__ for check in CHECKS]

    assert len(set(names)) == len(names)
    assert all((check.__doc__ or "").strip() for check in CHECKS)
