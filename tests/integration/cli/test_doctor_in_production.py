"""What is good enough for development, `rowlock doctor` finds in production."""

import pytest
from integration.cli.stand_in import StandInProcess

PRODUCTION_PASSWORDS = "no_passwords_everybody_knows"
OF_THE_PARTS = {PRODUCTION_PASSWORDS, "settings_complete", "commits_survive_a_crash"}
"""The parts of the tests have passwords that everybody knows, which services refuse in production, and may forget
at a crash what was committed.
"""


async def test_in_production_a_replica_that_stops_at_once(doctor, system, settings_for, monkeypatch):
    monkeypatch.setenv("ROWLOCK_MODE", "production")
    monkeypatch.setenv("PUBLIC_URL", "https://tickets.example")
    system.tell_all(
        rowlock_mode="production", public_url="https://tickets.example", drain_notice_s=4.0, drain_s=5.0
    )
    assert set(await doctor()) <= OF_THE_PARTS

    for process in system.processes.values():
        process.be_told(rowlock_mode="production", public_url="https://tickets.example")
    assert set(await doctor()) <= OF_THE_PARTS, "one replica has no other beside it"

    orders = system.processes["orders-api"]
    second = StandInProcess(orders._settings, "api")
    second.be_told(rowlock_mode="production", public_url="https://tickets.example")
    await second.start()
    monkeypatch.setenv("ORDERS_API_REPLICA_URLS", f"{orders.url} {second.url}")
    found = await doctor()
    await second.stop()

    assert set(found) - OF_THE_PARTS == {"stopping_replicas_are_taken_out_first"}


@pytest.mark.parametrize("name", ["synchronous_commit"])
async def test_in_production_commits_that_a_crash_forgets(doctor, system, role_setting, monkeypatch, name):
    role_setting("orders", name, "off")
    assert await doctor() == {}, "good enough for development"

    monkeypatch.setenv("ROWLOCK_MODE", "production")
    monkeypatch.setenv("PUBLIC_URL", "https://tickets.example")
    system.tell_all(rowlock_mode="production", public_url="https://tickets.example")
    found = await doctor.settings_by_check()

    assert any(name in each for each in found.pop("commits_survive_a_crash"))
    assert set(found) <= OF_THE_PARTS


async def test_in_production_the_sandbox_and_failpoints(doctor, system, monkeypatch):
    monkeypatch.setenv("ROWLOCK_MODE", "production")
    monkeypatch.setenv("FAILPOINTS", "orders.notice.verified")
    monkeypatch.setenv("PUBLIC_URL", "https://tickets.example")
    system.tell_all(rowlock_mode="production", public_url="https://tickets.example")
    system.processes["orders-api"].be_told(rowlock_mode="production", payment_provider="sandbox")

    found = await doctor.settings_by_check()

    assert found["nothing_for_development"] == ["PAYMENT_PROVIDER", "FAILPOINTS"]
    assert found["processes_told_the_same"] == ["PUBLIC_URL", "PAYMENT_PROVIDER"]


async def test_in_production_passwords_that_everybody_knows(doctor, system, monkeypatch):
    for name, url in {
        "ORDERS_DATABASE_URL": "postgresql://orders:rowlock-development@127.0.0.1:9/none",
        "CATALOG_DATABASE_URL": "postgresql://catalog:catalog@127.0.0.1:9/none",
        "AMQP_URL": "amqp://guest:guest@127.0.0.1:9/",
        "ACCOUNTS_DATABASE_URL": "postgresql://accounts@127.0.0.1:9/none",
        "NOTIFICATIONS_DATABASE_URL": "postgresql://notifications:h4rd-to-guess@127.0.0.1:9/none",
        "RESERVATION_DATABASE_URL": "postgresql://reservation:h4rd-to-guess@127.0.0.1:9/none",
        "ROWLOCK_MODE": "production",
    }.items():
        monkeypatch.setenv(name, url)

    found = await doctor()

    named = [each.setting for each in found[PRODUCTION_PASSWORDS]]
    assert {"ACCOUNTS_DATABASE_URL", "AMQP_URL", "CATALOG_DATABASE_URL", "ORDERS_DATABASE_URL"} <= set(named)
    assert not {"NOTIFICATIONS_DATABASE_URL", "RESERVATION_DATABASE_URL"} & set(named)
    assert "rowlock-development" not in str(found)


async def test_in_production_an_address_without_tls(doctor, system, monkeypatch):
    monkeypatch.setenv("ROWLOCK_MODE", "production")
    system.tell_all(rowlock_mode="production")

    found = await doctor.settings_by_check()

    assert found.pop("public_url_is_https") == ["PUBLIC_URL"]
    assert set(found) <= OF_THE_PARTS
