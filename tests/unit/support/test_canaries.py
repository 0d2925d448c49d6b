"""A canary is recognized in whatever shape it is hidden, or the search for it proves nothing."""

import base64
import hashlib
import json
from urllib.parse import quote

import pytest

from support.canaries.canary import Canary, Flock

SECRET = "Zaż+ółć/gęślą?jaźń"
HIDDEN = {
    "plain": SECRET.encode(),
    "in capitals": SECRET.encode().upper(),
    "url-encoded": quote(SECRET, safe="").encode(),
    "url-encoded in small letters": quote(SECRET, safe="").lower().encode(),
    "in JSON": json.dumps({"name": SECRET}).encode(),
    "as hex": b"\\\\x" + SECRET.encode().hex().encode(),
    "as hex in capitals": SECRET.encode().hex().upper().encode(),
    **{f"in base64 after {n}": base64.b64encode(b"x" * n + SECRET.encode() + b"yz") for n in range(4)},
    **{
        f"in url-safe base64 after {n}": base64.urlsafe_b64encode(b"x" * n + SECRET.encode() + b"yz")
        for n in range(4)
    },
}


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_a_canary_is_found_in_any_shape(hidden):
    flock = Flock([Canary("secret", SECRET)])

    assert ["secret"] == [seen.canary for seen in flock.sightings("a log", b"before " + hidden + b" after")]


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha512"])
def test_the_bare_digest_of_what_can_be_guessed_is_as_bad_as_itself(digest):
    text = hashlib.new(digest, b"44051401458").hexdigest().encode()

    assert Flock([Canary("PESEL", "44051401458", is_guessable=True)]).sightings("a dump", text)
    assert not Flock([Canary("token", "44051401458")]).sightings("a dump", text)


def test_nothing_is_found_where_there_is_nothing():
    flock = Flock()
    flock.email("an address")
    flock.word("a name")

    assert [] == flock.sightings("a log", b"nothing to see here" * 1000)


def test_a_secret_that_chance_could_write_is_refused():
    with pytest.raises(ValueError, match="too short"):
        Canary("tiny", "abc")
