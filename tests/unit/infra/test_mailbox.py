"""The development mailbox: bounded, safe to look at, and never in production."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import httpx
import pytest

from rowlock_mailbox.caught import Mailbox
from rowlock_mailbox.failures import Failures, FailureUnknown
from rowlock_mailbox.web import create_app

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HOSTILE = '<script>document.title = "owned"</script>'


def raw(*, subject: str = "Hello", html: str = "<p>Hello</p>") -> bytes:
    return (
        f"From: shop@example.com\r\nTo: ada@example.org\r\nSubject: {subject}\r\nMessage-ID: <1@example.com>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\nthere\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--b--\r\n"
    ).encode()


@pytest.fixture
def mailbox():
    return Mailbox(mails_max=3, bytes_max=10_000)


@pytest.fixture
async def web(mailbox):
    app = create_app(mailbox, Failures(), trusted_hosts=["127.0.0.1", "localhost"])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8025") as client:
        yield client


def catch(mailbox, content=None, to="ada@example.org"):
    return mailbox.catch(content or raw(), sender="shop@example.com", recipients=[to], now=NOW)


def test_the_newest_mail_stands_first_and_the_oldest_makes_room(mailbox):
    for number in range(5):
        catch(mailbox, raw(subject=f"mail {number}"))

    assert [mail.subject for mail in mailbox.newest_first()] == ["mail 4", "mail 3", "mail 2"]
    assert mailbox.caught == 5


def test_large_mails_make_room_earlier(mailbox):
    for _ in range(3):
        catch(mailbox, raw(html="x" * 4000))

    assert len(mailbox.newest_first()) == 2


async def test_mails_are_found_by_the_address_they_went_to(mailbox, web):
    catch(mailbox, to="jan@example.org")
    catch(mailbox, to="Ada@Example.org")
    (item,) = (await web.get("/api/messages", params={"to": "ada@example.org"})).json()["items"]

    assert item == {
        "id": 2,
        "message_id": "<1@example.com>",
        "from": "shop@example.com",
        "to": ["Ada@Example.org"],
        "subject": "Hello",
        "text": "Hello\nthere",
        "html": "<p>Hello</p>",
        "headers": item["headers"],
        "received_at": "2026-11-23T07:00:00+00:00",
    }
    assert item["headers"]["To"] == "ada@example.org"


@pytest.mark.parametrize("path", ["/", "/mails/1"])
async def test_what_a_mail_says_is_shown_and_not_run(mailbox, web, path):
    catch(mailbox, raw(subject=HOSTILE, html=HOSTILE))
    page = await web.get(path)

    assert page.status_code == 200
    assert HOSTILE not in page.text
    assert "&lt;script&gt;" in page.text
    assert "'unsafe-inline'" not in page.headers["content-security-policy"]


async def test_the_html_of_a_mail_is_shut_in(mailbox, web):
    catch(mailbox, raw(html=HOSTILE))
    policy = (await web.get("/mails/1/html")).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


async def test_a_page_of_another_site_cannot_read_or_empty_the_mailbox(mailbox, web):
    catch(mailbox)
    rebound = await web.get("/api/messages", headers={"Host": "evil.example"})
    forged = await web.post("/emptying", headers={"Origin": "http://evil.example"})
    silent = await web.post("/emptying")

    assert (rebound.status_code, forged.status_code, silent.status_code) == (400, 403, 403)
    assert len(mailbox.newest_first()) == 1
    assert (await web.post("/emptying", headers={"Origin": "http://127.0.0.1:8025"})).status_code == 303
    assert mailbox.newest_first() == []


async def test_its_page_lets_a_browser_say_where_the_form_comes_from(web):
    answer = await web.get("/")
    assert "same-origin" == answer.headers["referrer-policy"], "under no-referrer, Chromium says Origin: null"


async def test_a_mail_that_had_to_go_is_not_found(web):
    assert (await web.get("/mails/7")).status_code == 404


async def test_the_pages_have_a_heading_a_language_and_a_title(mailbox, web):
    catch(mailbox)
    for path in ("/", "/mails/1"):
        page = (await web.get(path)).text
        assert '<html lang="en">' in page
        assert page.count("<h1>") == page.count("<main>") == page.count("<title>") == 1


@pytest.mark.parametrize(
    "wanted", [{"explode": 1}, {"refuse_temporarily": -1}, {"refuse_temporarily": "2"}, [1]]
)
async def test_an_unknown_failure_is_refused(web, wanted):
    assert (await web.put("/api/failures", json=wanted)).status_code == 422
    with pytest.raises(FailureUnknown):
        Failures().replace(wanted)


def test_it_does_not_start_in_production():
    ended = subprocess.run(
        [sys.executable, "-m", "rowlock_mailbox"],
        env={**os.environ, "ROWLOCK_MODE": "production"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert "does not start in production" in ended.stderr
    assert "Traceback" not in ended.stderr
