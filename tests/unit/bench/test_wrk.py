"""Reading what holds.lua prints: 201s and 409s are counted apart, anything else is a failure."""

import pytest

from bench.wrk import read_result

_OUTPUT = """Running 1s test @ http://127.0.0.1:8080/api/v1/holds
  1 threads and 8 connections

result seconds=2.000000 granted=900 refused=80 failed=3 p50_us=1500 p99_us=9250 max_us=20000
failure 503 {"type":"/problems/overloaded"}
"""


def test_answers_are_counted_by_kind() -> None:
    result = read_result(_OUTPUT)

    assert (result.granted, result.refused, result.failed) == (900, 80, 3)
    assert (result.p50_ms, result.p99_ms) == (1.5, 9.25)
    assert result.first_failure == '503 {"type":"/problems/overloaded"}'


def test_output_without_a_result_is_an_error() -> None:
    with pytest.raises(ValueError, match="no result"):
        read_result("unable to connect")
