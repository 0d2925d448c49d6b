"""The keys that wrap data keys: a file, and what it opens."""

import json
import stat

import pytest

from chassis.wrapping_keys import WrappedKeyBroken, WrappingKeys, WrappingKeysUnusable, WrappingKeyUnknown
from rowlock_cli.keys import WRAPPING_KEYS, add_wrapping_key, create_keys

DATA_KEY = bytes(range(32))


def test_what_is_wrapped_is_unwrapped_by_whoever_has_the_file(tmp_path):
    create_keys(tmp_path)
    keys = WrappingKeys.load(tmp_path / WRAPPING_KEYS)
    wrapped = keys.wrap(DATA_KEY, label="orders.data_keys 1")
    again = WrappingKeys.load(tmp_path / WRAPPING_KEYS)

    assert again.unwrap(wrapped, key_id=keys.active_id, label="orders.data_keys 1") == DATA_KEY
    assert DATA_KEY not in wrapped


def test_a_key_wrapped_twice_does_not_look_alike():
    keys = WrappingKeys.create()

    assert keys.wrap(DATA_KEY, label="a") != keys.wrap(DATA_KEY, label="a")


def test_a_wrapped_key_is_of_no_use_in_another_row():
    keys = WrappingKeys.create()
    wrapped = keys.wrap(DATA_KEY, label="orders.data_keys 1")

    with pytest.raises(WrappedKeyBroken):
        keys.unwrap(wrapped, key_id=keys.active_id, label="orders.data_keys 2")


@pytest.mark.parametrize("change", [lambda w: w[:-1] + bytes([w[-1] ^ 1]), lambda w: w[:20], lambda _: b""])
def test_a_wrapped_key_that_was_changed_does_not_unwrap(change):
    keys = WrappingKeys.create()

    with pytest.raises(WrappedKeyBroken):
        keys.unwrap(change(keys.wrap(DATA_KEY, label="a")), key_id=keys.active_id, label="a")


def test_a_key_that_is_not_in_the_file_is_named():
    keys = WrappingKeys.create()

    with pytest.raises(WrappingKeyUnknown, match="wk-gone"):
        keys.unwrap(keys.wrap(DATA_KEY, label="a"), key_id="wk-gone", label="a")


def test_a_new_key_wraps_and_the_old_one_still_opens(tmp_path):
    create_keys(tmp_path)
    before = WrappingKeys.load(tmp_path / WRAPPING_KEYS)
    wrapped = before.wrap(DATA_KEY, label="a")
    new_id = add_wrapping_key(tmp_path / WRAPPING_KEYS)
    after = WrappingKeys.load(tmp_path / WRAPPING_KEYS)

    assert after.active_id == new_id != before.active_id
    assert after.unwrap(wrapped, key_id=before.active_id, label="a") == DATA_KEY
    with pytest.raises(WrappingKeyUnknown):
        before.unwrap(after.wrap(DATA_KEY, label="a"), key_id=new_id, label="a")


def test_the_file_is_its_owners_alone_and_stays_so(tmp_path):
    create_keys(tmp_path)
    add_wrapping_key(tmp_path / WRAPPING_KEYS)

    assert stat.S_IMODE((tmp_path / WRAPPING_KEYS).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.glob("*.part")] == []


def test_keys_are_never_shown():
    keys = WrappingKeys.create()

    assert keys.keys[keys.active_id].hex() not in repr(keys)
    assert str(keys.keys[keys.active_id]) not in repr(keys)


SECRET = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3ODk="


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        SECRET,
        json.dumps({"active": "a", "keys": {}}),
        json.dumps({"active": "a", "keys": {"b": SECRET}}),
        json.dumps({"active": "a", "keys": {"a": SECRET[:20]}}),
        json.dumps({"active": "a", "keys": {"a": 3}}),
        json.dumps({"keys": {"a": SECRET}}),
        json.dumps({"active": "a", "keys": SECRET}),
    ],
)
def test_a_file_that_is_none_is_refused_and_not_quoted(tmp_path, content):
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(WrappingKeysUnusable) as raised:
        WrappingKeys.load(tmp_path / "bad.json")

    assert "bad.json" in str(raised.value)
    assert SECRET[:20] not in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_a_setting_that_is_missing_is_named():
    with pytest.raises(WrappingKeysUnusable, match="WRAPPING_KEYS is not set"):
        WrappingKeys.load("")
