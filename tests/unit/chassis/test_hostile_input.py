"""A body is looked through once, however it was made up to be looked through again and again."""

import subprocess
import sys

import pytest

from chassis.http.hostile_input import Refused, check_body

JSON = b"application/json"
CHECK = (
    "import sys; from chassis.http.hostile_input import check_body; "
    "check_body(sys.stdin.buffer.read(), b'application/json')"
)
# More than DEPTH_MAX brackets, so that the strings of the body have to be told from its nesting.
FLAT = b"[]," * 100


def field_of(body: bytes) -> str:
    with pytest.raises(Refused) as refused:
        check_body(body, JSON)
    return refused.value.extra["errors"][0]["field"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" + FLAT + b'"' + b'\\"' * 500_000, id="a string without an end"),
        pytest.param(
            b'{"' + b"k" * 4_000_000 + rb'": ["\u0061"' + b", 0" * 500_000 + b"]}",
            id="a long key over a long list",
        ),
    ],
)
def test_a_body_made_to_be_looked_through_for_minutes_is_checked_at_once(body):
    # In a process, which a deadline can end: a search that runs keeps the interpreter to itself.
    subprocess.run((sys.executable, "-c", CHECK), input=body, check=True, timeout=30)


@pytest.mark.parametrize("end", [b'"]', b'"', b"", b"\\", b'\\"'])
def test_brackets_in_a_string_are_not_nesting_whether_or_not_it_ends(end):
    check_body(b'["\\"' + b"[" * 100 + end, JSON)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le"])
def test_json_in_another_encoding_hides_no_nesting(encoding):
    with pytest.raises(Refused, match="must be UTF-8"):
        check_body(('["\u2200",' + "[" * 300 + "]" * 301).encode(encoding), JSON)


@pytest.mark.parametrize("text", [b'""', rb'"\\"', rb'"\""', rb'"a\\\"b"', b'"]]]]"', b'"\n"'])
def test_nesting_is_counted_on_after_a_string(text):
    with pytest.raises(Refused, match="nested deeper than 64 levels"):
        check_body(b"[" * 64 + text + b", [" + b"]" * 65, JSON)
    check_body(b"[" * 64 + text + b"]" * 64, JSON)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (rb'{"name": "\u0000"}', "name"),
        (rb'{"parts": [{"n": [1, 2]}, {"m": 1, "n": [1, "\u0000"]}]}', "parts.1.n.1"),
        (rb'{"parts": [{"n": {"a": 1}}, {"\u0000": 1}]}', "parts.1"),
        (b'[[1], {"n": 99999999999999999999}]', "1.n"),
        (b'{"sizes": {"a": 1, "b": 1e999}}', "sizes.b"),
        (b"-Infinity", ""),
    ],
)
def test_the_place_of_what_is_refused_is_told(body, field):
    assert field_of(body) == field
