"""A key set whose issuer is away."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread

import pytest

from chassis.key_source import KeySource
from chassis.signing import KeySet, KeySetUnavailable, SigningKey, TokenInvalid, create_key, sign
from support.waiting import wait_until


async def test_an_issuer_that_is_away_is_not_asked_by_every_request(monkeypatch):
    asked = []

    def load(source: str) -> KeySet:
        asked.append(source)
        raise KeySetUnavailable("away")

    monkeypatch.setattr(KeySet, "load", load)
    keys = KeySource("https://issuer.example/jwks", reload_every_s=10)
    for _ in range(20):
        with pytest.raises(KeySetUnavailable):
            await keys.claims("token", "at+jwt", "rowlock", "issuer")

    assert asked == ["https://issuer.example/jwks"]


@contextmanager
def issuer_that_answers(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """The address of a key set, and the requests for it; each gets these bytes."""
    requests = list[bytes]()

    class Answers(BaseRequestHandler):
        def handle(self) -> None:
            requests.append(self.request.recv(65_536))
            self.request.sendall(answer)

    with TCPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/jwks", requests
        finally:
            server.shutdown()
            thread.join()


RUBBISH = {
    "an answer that breaks off": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
    "a chunk without a length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n",
    "an answer in TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "no answer": b"",
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
    "a page": b"HTTP/1.1 200 OK\r\n\r\n<html>",
}


@pytest.mark.parametrize("answer", RUBBISH.values(), ids=RUBBISH.keys())
async def test_an_issuer_that_answers_rubbish_is_as_one_that_is_away(answer, monkeypatch):
    monkeypatch.setattr("chassis.key_source.FIRST_READ_EVERY_S", 1000)
    with issuer_that_answers(answer) as (url, requests):
        keys = KeySource(url, reload_every_s=10)
        for _ in range(3):
            with pytest.raises(KeySetUnavailable):
                await keys.claims("token", "at+jwt", "rowlock", "issuer")

        assert len(requests) == 1


async def test_an_issuer_that_is_back_is_asked_again(monkeypatch):
    monkeypatch.setattr("chassis.key_source.FIRST_READ_EVERY_S", 0)
    monkeypatch.setattr("chassis.key_source.verify", lambda *_: {"sub": "ada"})
    answers = iter([KeySetUnavailable("away"), KeySet({"keys": []})])

    def load(_source: str) -> KeySet:
        answer = next(answers)
        if isinstance(answer, KeySetUnavailable):
            raise answer
        return answer

    monkeypatch.setattr(KeySet, "load", load)
    keys = KeySource("https://issuer.example/jwks", reload_every_s=10)
    with pytest.raises(KeySetUnavailable):
        await keys.claims("token", "at+jwt", "rowlock", "issuer")

    assert await keys.claims("token", "at+jwt", "rowlock", "issuer") == {"sub": "ada"}


async def test_a_rotated_key_is_picked_up_and_a_withdrawn_one_dropped_without_a_restart(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("chassis.key_source.REFRESH_EVERY_S", 0)
    old, new = create_key(), create_key()
    file = tmp_path / "keys.jwks"
    file.write_text(json.dumps(old.public_set()))
    keys = KeySource(str(file), reload_every_s=0)

    async def is_taken(key: SigningKey) -> bool:
        claims = {"iss": "us", "aud": "rowlock", "exp": time.time() + 60}
        try:
            await keys.claims(sign(claims, key, "at+jwt"), "at+jwt", "rowlock", "us")
        except TokenInvalid:
            return False
        return True

    assert await is_taken(old)
    file.write_text(json.dumps({"keys": old.public_set()["keys"] + new.public_set()["keys"]}))
    assert await is_taken(new)
    assert await is_taken(old)

    file.write_text(json.dumps(new.public_set()))

    async def old_is_refused() -> bool:
        return not await is_taken(old)

    await wait_until(old_is_refused)
    assert await is_taken(new)


async def test_an_issuer_that_goes_away_later_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("chassis.key_source.REFRESH_EVERY_S", 0)
    key = create_key()
    file = tmp_path / "keys.jwks"
    file.write_text(json.dumps(key.public_set()))
    keys = KeySource(str(file), reload_every_s=0)
    token = sign({"iss": "us", "aud": "rowlock", "exp": time.time() + 60}, key, "at+jwt")
    await keys.claims(token, "at+jwt", "rowlock", "us")
    file.unlink()
    for _ in range(3):
        await keys.claims(token, "at+jwt", "rowlock", "us")
        assert keys._refreshing is not None
        await keys._refreshing

    assert keys._failure is not None
    assert (await keys.claims(token, "at+jwt", "rowlock", "us"))["iss"] == "us"
