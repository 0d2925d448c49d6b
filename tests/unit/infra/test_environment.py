"""What the processes of a local system are told, and where its mail goes."""

import socket
import stat
from base64 import b64decode
from contextlib import closing
from pathlib import Path

import pytest

from bus import SERVICES
from rowlock_cli.keys import create_keys, create_payment_sandbox_keys
from rowlock_local.environment import cli_environment, service_environment
from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.parts.mailbox import mailbox_ports, mailbox_url, smtp_url
from rowlock_local.parts.payment_sandbox import (
    payment_sandbox_command,
    payment_sandbox_ports,
    payment_sandbox_url,
)
from rowlock_local.ports import claim_ports, is_free
from rowlock_local.settings import SERVICES as LAUNCHED
from rowlock_local.settings import LocalSettings

MAIL_SERVER = "smtp://jan:secret@mail.example:587"


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


def settings_with(**given) -> LocalSettings:
    return LocalSettings(amqp_url="amqp://broker/", **given)


def ports_of(home, settings):
    parts = (*mailbox_ports(home, settings), *payment_sandbox_ports(home, settings))
    processes = (f"{service}-{kind}-1" for service in LAUNCHED for kind in ("api", "worker"))
    names = [*parts, *processes]
    return claim_ports(home, names=names)


def test_every_service_there_is_is_launched():
    assert sorted(LAUNCHED) == sorted(SERVICES)


def test_services_find_each_other_their_keys_and_the_mailbox(home):
    settings = settings_with(rowlock_port=28_080, gateway_trusted_proxies=2)
    create_keys(home.keys)
    ports = ports_of(home, settings)
    told = service_environment(settings, home, ports)

    for service in ("catalog", "reservation", "orders", "accounts", "notifications"):
        assert told[f"{service.upper()}_URL"] == f"http://127.0.0.1:{ports[f'{service}-api-1']}"
    for name in (
        "WRAPPING_KEYS",
        "LOOKUP_KEY",
        "INTERNAL_API_KEY",
        "HOLD_TOKEN_PRIVATE_KEY",
        "HOLD_TOKEN_JWKS",
    ):
        assert home.keys.resolve() in (home.keys / told[name]).resolve().parents
        assert (home.keys / told[name]).exists()
    assert told["ACCESS_TOKEN_JWKS"] == f"{told['ACCOUNTS_URL']}/.well-known/jwks.json"
    assert told["TRUSTED_PROXIES"] == "2"
    assert told["PUBLIC_URL"] == "http://127.0.0.1:28080"
    assert told["SMTP_URL"] == f"smtp://127.0.0.1:{ports['mailbox-smtp']}"


def test_the_command_is_told_the_same_and_every_database(home):
    settings = settings_with()
    told = service_environment(settings, home, ports_of(home, settings))
    databases = {service: f"postgresql://{service}@somewhere/" for service in LAUNCHED}
    ports = ports_of(home, settings)
    command = cli_environment(settings, told, databases, "postgresql://postgres@somewhere/", ports)

    assert told.items() <= command.items()
    assert {f"{service.upper()}_DATABASE_URL" for service in SERVICES} <= set(command)
    assert command["POSTGRES_URL"] == "postgresql://postgres@somewhere/"
    assert command["ORDERS_WORKER_REPLICA_URLS"] == f"http://127.0.0.1:{ports['orders-worker-1']}"


def test_where_a_mail_server_is_given_mail_goes_there_and_no_mailbox_starts(home):
    settings = settings_with(smtp_url=MAIL_SERVER, public_url="https://tickets.example")
    ports = ports_of(home, settings)

    assert mailbox_url(settings, ports) is None
    assert smtp_url(settings, ports) == MAIL_SERVER
    assert service_environment(settings, home, ports)["PUBLIC_URL"] == "https://tickets.example"
    assert not {"mailbox", "mailbox-smtp"} & set(ports)


def test_the_mailbox_is_at_the_port_a_person_chose(home):
    port = next(port for port in range(29_000, 30_000) if is_free(port))
    settings = settings_with(rowlock_mailbox_port=port)

    assert mailbox_url(settings, ports_of(home, settings)) == f"http://127.0.0.1:{port}"


def test_a_chosen_port_that_is_taken_is_refused(home):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        settings = settings_with(rowlock_mailbox_port=taken.getsockname()[1])
        with pytest.raises(LauncherError, match="ROWLOCK_MAILBOX_PORT"):
            mailbox_ports(home, settings)


def test_the_mailbox_moves_where_its_usual_port_is_taken(home, monkeypatch):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        usual = taken.getsockname()[1]
        monkeypatch.setattr("rowlock_local.parts.mailbox.PAGE_PORT_WISHED", usual)
        elsewhere = ports_of(home, settings_with())["mailbox"]

    assert elsewhere != usual
    assert ports_of(home, settings_with())["mailbox"] == elsewhere, "and stays there"


def test_the_mailbox_has_its_usual_port_where_that_is_free(home, monkeypatch):
    usual = next(port for port in range(29_000, 30_000) if is_free(port))
    monkeypatch.setattr("rowlock_local.parts.mailbox.PAGE_PORT_WISHED", usual)

    assert ports_of(home, settings_with())["mailbox"] == usual


def test_services_and_the_sandbox_are_told_the_same_and_share_its_secrets(home):
    settings = settings_with(rowlock_port=28_080)
    create_payment_sandbox_keys(home.keys)
    ports = ports_of(home, settings)
    told = service_environment(settings, home, ports)
    sandbox = payment_sandbox_command(settings, home, ports, gateway_url="http://127.0.0.1:28080").env

    assert "sandbox" == told["PAYMENT_PROVIDER"]
    for name in ("SANDBOX_URL", "SANDBOX_API_KEY", "SANDBOX_NOTICE_SECRET"):
        assert told[name] == sandbox[name]
    assert f"http://127.0.0.1:{sandbox['SANDBOX_PORT']}" == told["SANDBOX_URL"]
    assert "http://127.0.0.1:28080/api/v1/payment-notices/sandbox" == sandbox["SANDBOX_NOTICE_URL"]
    assert home.payment_sandbox.resolve() in Path(sandbox["SANDBOX_DATABASE"]).parents


def test_the_secrets_of_the_sandbox_are_made_once_for_their_owner_alone(home):
    create_payment_sandbox_keys(home.keys)
    told = service_environment(settings_with(), home, ports_of(home, settings_with()))
    files = [Path(told[name]) for name in ("SANDBOX_API_KEY", "SANDBOX_NOTICE_SECRET")]
    before = [file.read_text() for file in files]
    create_payment_sandbox_keys(home.keys)

    assert before == [file.read_text() for file in files]
    assert [0o600, 0o600] == [stat.S_IMODE(file.stat().st_mode) for file in files]
    assert 32 == len(b64decode(before[1].strip().removeprefix("whsec_"), validate=True))


def test_where_a_real_provider_takes_payments_no_sandbox_starts(home, tmp_path):
    key, secret = tmp_path / "stripe.key", tmp_path / "stripe.secret"
    settings = settings_with(payment_provider="stripe", stripe_api_key=key, stripe_notice_secret=secret)
    ports = ports_of(home, settings)
    told = service_environment(settings, home, ports)

    assert None is payment_sandbox_url(settings, ports)
    assert "payment-sandbox" not in ports
    assert ("stripe", str(key), str(secret)) == (
        told["PAYMENT_PROVIDER"],
        told["STRIPE_API_KEY"],
        told["STRIPE_NOTICE_SECRET"],
    )
    assert not {"SANDBOX_URL", "SANDBOX_API_KEY", "SANDBOX_NOTICE_SECRET"} & set(told)


def test_where_nobody_takes_payments_orders_is_told_so(home):
    settings = settings_with(payment_provider="none")

    assert "none" == service_environment(settings, home, ports_of(home, settings))["PAYMENT_PROVIDER"]
    assert [] == payment_sandbox_ports(home, settings)


def test_the_sandbox_is_at_the_port_a_person_chose_unless_it_is_taken(home):
    port = next(port for port in range(29_000, 30_000) if is_free(port))
    settings = settings_with(rowlock_payment_sandbox_port=port)
    assert payment_sandbox_url(settings, ports_of(home, settings)) == f"http://127.0.0.1:{port}"

    taken = closing(socket.create_server(("127.0.0.1", port)))
    with taken, pytest.raises(LauncherError, match="ROWLOCK_PAYMENT_SANDBOX_PORT"):
        payment_sandbox_ports(home, settings)
