"""A key set whose issuer is away."""

import pytest

from chassis.key_source import KeySource
from chassis.signing import KeySet, KeySetUnavailable


async def test_an_issuer_that_is_away_is_not_asked_by_every_request(monkeypatch):
    asked = []

    def load(source: str) -> KeySet:
        asked.append(source)
        raise KeySetUnavailable("away")

    monkeypatch.setattr(KeySet, "load", load)
    keys = KeySource("https://issuer.example/jwks")
    for _ in range(20):
        with pytest.raises(KeySetUnavailable):
            await keys.claims("token", "at+jwt", "rowlock", "issuer")

    assert asked == ["https://issuer.example/jwks"]


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
    keys = KeySource("https://issuer.example/jwks")
    with pytest.raises(KeySetUnavailable):
        await keys.claims("token", "at+jwt", "rowlock", "issuer")

    assert await keys.claims("token", "at+jwt", "rowlock", "issuer") == {"sub": "ada"}
