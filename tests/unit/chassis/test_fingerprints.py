"""Equal values are found by fingerprints that give nothing away."""

import stat
from base64 import urlsafe_b64encode

import pytest

from chassis.fingerprints import Fingerprints, LookupKeyUnusable, normalised_email
from rowlock_cli.keys import write_secret


@pytest.fixture
def file(tmp_path):
    write_secret(tmp_path / "lookup.key")
    return tmp_path / "lookup.key"


def test_equal_values_have_one_fingerprint_in_every_service(file):
    assert Fingerprints.load(file).of("pesel", "44051401359") == Fingerprints(file).of("pesel", "44051401359")


def test_it_tells_nothing_without_the_key(file, tmp_path):
    write_secret(tmp_path / "another.key")
    one, another = Fingerprints(file), Fingerprints(tmp_path / "another.key")

    assert one.of("pesel", "44051401359") != another.of("pesel", "44051401359")
    assert len(one.of("pesel", "44051401359")) == 64


def test_purposes_and_parts_do_not_run_into_each_other(file):
    fingerprints = Fingerprints(file)
    alike = [
        fingerprints.of("p", "ab", "c"),
        fingerprints.of("p", "a", "bc"),
        fingerprints.of("p", "abc"),
        fingerprints.of("p", "abc", ""),
        fingerprints.of("pa", "bc"),
        fingerprints.of("p", "1:a", "b"),
        fingerprints.of("p", "1:a1:b"),
        fingerprints.of("q", "ab", "c"),
    ]

    assert len(set(alike)) == len(alike)


@pytest.mark.parametrize("typed", ["Ada@Example.org", "  ada@example.ORG ", "\tADA@EXAMPLE.ORG\n"])
def test_an_address_is_the_same_however_it_is_typed(file, typed):
    assert Fingerprints(file).email(typed) == Fingerprints(file).email("ada@example.org")
    assert normalised_email(typed) == "ada@example.org"


def test_an_accent_is_the_same_however_it_is_composed(file):
    assert Fingerprints(file).email("zo\u0308e@x.pl") == Fingerprints(file).email("z\u00f6e@x.pl")


@pytest.mark.parametrize("content", ["", "short", urlsafe_b64encode(bytes(31)).decode(), "ą"])
def test_what_is_no_key_is_refused_by_name_and_not_shown(tmp_path, content):
    file = tmp_path / "bad.key"
    file.write_text(content)
    with pytest.raises(LookupKeyUnusable) as raised:
        Fingerprints.load(file)

    assert "bad.key" in str(raised.value)
    assert not content or content not in str(raised.value)


def test_a_setting_that_is_missing_is_named():
    with pytest.raises(LookupKeyUnusable, match="LOOKUP_KEY is not set"):
        Fingerprints.load("")


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(LookupKeyUnusable, match=r"none\.key"):
        Fingerprints.load(tmp_path / "none.key")


def test_the_key_is_its_owners_alone(file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
