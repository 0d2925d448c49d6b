"""Where mail is handed over, from whom and to whom."""

import pytest
from pydantic import ValidationError

from bus import example_settings
from notifications.clients.mail_server import Line
from notifications.domain.addresses import AddressUnusable, SenderMisnamed, recipient_of, sender_of
from notifications.domain.mail_server import MailServer, MailServerMisnamed


@pytest.mark.parametrize(
    ("url", "host", "port", "tls_from_start", "start_tls"),
    [
        ("smtp://mail.example", "mail.example", 25, False, None),
        ("smtp://mail.example:587", "mail.example", 587, False, None),
        ("smtp://jan:secret@mail.example:587", "mail.example", 587, False, True),
        ("smtp://jan:secret@127.0.0.1:25", "127.0.0.1", 25, False, None),
        ("smtp://jan:secret@localhost", "localhost", 25, False, None),
        ("smtps://jan:secret@mail.example", "mail.example", 465, True, False),
        ("smtp://[::1]:2525", "::1", 2525, False, None),
    ],
)
def test_an_address_of_a_server_says_how_to_speak_to_it(url, host, port, tls_from_start, start_tls):
    server = MailServer.of(url)
    assert (server.host, server.port, server.tls_from_start, server.start_tls) == (
        host,
        port,
        tls_from_start,
        start_tls,
    )
    assert Line(server, hello_name="rowlock.example")


def test_a_password_may_hold_any_character_and_is_never_shown():
    server = MailServer.of("smtp://jan%40example:s%2Fe%3Acret@mail.example")
    assert (server.username, server.password) == ("jan@example", "s/e:cret")
    assert "cret" not in repr(server)


@pytest.mark.parametrize(
    "url", ["", "mail.example", "http://mail.example", "smtp://", "smtp://host:none", "smtp://:25"]
)
def test_what_names_no_server_is_refused_without_being_repeated(url):
    with pytest.raises(MailServerMisnamed) as refused:
        MailServer.of(url)
    assert str(refused.value) == MailServerMisnamed.__doc__


def test_a_sender_has_one_address():
    sender = sender_of("Rowlock <tickets@example.com>")
    assert (sender.display_name, sender.addr_spec, sender.domain) == (
        "Rowlock",
        "tickets@example.com",
        "example.com",
    )
    assert sender_of("tickets@example.com").addr_spec == "tickets@example.com"


@pytest.mark.parametrize("mail_from", ["", "Rowlock", "Rowlock <>", "two@example.com, three"])
def test_a_sender_that_is_none_is_refused(mail_from):
    with pytest.raises(SenderMisnamed):
        sender_of(mail_from)


@pytest.mark.parametrize(
    ("email", "addr_spec"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada+tickets@sub.example.org", "ada+tickets@sub.example.org"),
        ("o'neill@example.org", "o'neill@example.org"),
        ("zażółć@example.org", "zażółć@example.org"),
        ("ada@żółć.example", "ada@xn--kda4b0koi.example"),
    ],
)
def test_mail_goes_to_addresses_as_people_have_them(email, addr_spec):
    assert recipient_of(email).addr_spec == addr_spec


@pytest.mark.parametrize(
    "email",
    ["", "ada", "@example.org", "ada@", "a b@c.d", "a@b.c,d@e.f", "a@b.c\n", "a@b.c\r\nRCPT TO:<d@e.f>", "<a@b.c>", '"a"@b.c', "a\0@b.c", "a@b@c.d"],
)  # fmt: skip
def test_mail_goes_nowhere_else(email):
    with pytest.raises(AddressUnusable):
        recipient_of(email)


@pytest.mark.parametrize(
    "given",
    [
        {"smtp_url": "smtp://jan:secret@"},
        {"mail_from": "secret"},
        {"mail_lease_s": 10, "mail_attempt_s_max": 10},
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start_and_not_repeated(given):
    with pytest.raises(ValidationError) as refused:
        example_settings("notifications", **given)
    assert "secret" not in str(refused.value)
