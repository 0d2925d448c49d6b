"""Cursors, ids, envelopes, preferences, settings."""

import re
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from chassis.backoff import backoff_s
from chassis.envelope import Envelope, EnvelopeInvalid, MessageMeta
from chassis.http import wait_preference
from chassis.ids import new_id
from chassis.jobs import Job
from chassis.paging import decode_cursor, encode_cursor
from chassis.problems import ProblemError
from chassis.settings import ServiceSettings

PRINTABLE = st.text(st.characters(categories=("L", "N", "P")))


@given(st.lists(st.none() | PRINTABLE | st.integers(-(2**62), 2**62), max_size=4))
def test_a_cursor_comes_back_as_it_went(values):
    cursor = encode_cursor(values)
    assert decode_cursor(cursor, length=len(values)) == values
    assert cursor.isascii()
    assert not set(cursor) & set("+/= &")


@given(st.text(max_size=60))
def test_an_invented_cursor_is_a_problem_and_no_crash(cursor):
    with suppress(ProblemError):
        assert len(decode_cursor(cursor, length=2)) == 2


@pytest.mark.parametrize("values", [["a\x00"], [{"a": 1}], [[1]], [2**70], [1.5]])
def test_a_cursor_with_values_nobody_stores_is_refused(values):
    with pytest.raises(ProblemError):
        decode_cursor(encode_cursor(values))


def test_ids_are_version_7_and_grow_with_time():
    ids = [new_id() for _ in range(1000)]
    assert {type(i) for i in ids} == {uuid.UUID}
    assert {i.version for i in ids} == {7}
    assert sorted(ids) == ids
    assert len(set(ids)) == 1000


def _meta(**changes) -> MessageMeta:
    values: dict[str, Any] = {
        "message_id": new_id(),
        "message_type": "things.made.v1",
        "aggregate_id": "a",
        "aggregate_version": 3,
        "time": datetime.now(UTC),
        "source": "/things",
        "traceparent": None,
    }
    return MessageMeta(**(values | changes))


@pytest.mark.parametrize(
    "changes", [{}, {"aggregate_version": None}, {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}]
)
def test_an_envelope_comes_back_as_it_went(changes):
    envelope = Envelope(meta=_meta(**changes), data={"name": "zażółć", "n": 1})
    assert Envelope.from_json(envelope.to_json()) == envelope


def test_an_envelope_of_another_version_of_us_is_read():
    body = Envelope(meta=_meta(), data={}).to_json().replace(b'{"specversion"', b'{"new":[1],"specversion"')
    assert Envelope.from_json(body).meta.aggregate_version == 3


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"id":"x"}', b"\xff", b"[" * 10_000])
def test_what_is_no_envelope_is_said_so(body):
    with pytest.raises(EnvelopeInvalid):
        Envelope.from_json(body)


def test_an_envelope_whose_version_is_beyond_all_numbers_is_none():
    body = Envelope(meta=_meta(aggregate_version=3), data={}).to_json()
    endless = body.replace(b'"aggregateversion":3', b'"aggregateversion":1e999')
    assert endless != body
    with pytest.raises(EnvelopeInvalid, match="OverflowError"):
        Envelope.from_json(endless)


def test_a_time_without_an_offset_from_utc_is_none():
    known = Envelope(meta=_meta(), data={}).to_json()
    naive = re.sub(rb'"time":"[^"]*"', b'"time":"2026-11-23T12:00:00"', known)
    assert naive != known
    with pytest.raises(EnvelopeInvalid, match="offset"):
        Envelope.from_json(naive)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("wait=5", 5),
        ("respond-async, wait=3", 3),
        ('Wait="2"', 2),
        ("wait=3; foo", 3),
        ("wait=100", 10),
        ("wait=" + "9" * 500, 10),
        ("wait=x", None),
        ("wait=-1", None),
        ("wait=²", None),
        ("wait", None),
    ],
)
def test_prefer_wait_is_understood_and_capped(header, seconds):
    class App:
        class state:  # noqa: N801
            settings = ServiceSettings(database_url="x", amqp_url="x")

    headers = [] if header is None else [(b"prefer", header.encode("latin-1"))]
    assert wait_preference(Request({"type": "http", "headers": headers, "app": App})) == seconds


@given(st.integers(1, 10_000))
def test_backoff_grows_to_its_cap_and_never_beyond(attempt):
    assert 0.05 <= backoff_s(attempt, first_s=0.1, most_s=5) <= 5


def test_a_service_is_named_by_the_package_of_its_settings():
    class Settings(ServiceSettings):
        __module__ = "parcels.settings"

    assert Settings(database_url="x", amqp_url="x").service_name == "parcels"


def test_a_job_that_takes_long_pauses_so_long_that_it_keeps_its_share():
    async def run() -> None: ...

    job = Job("count", 0.5, run, busy_share_max=0.1)
    assert job.pause_s(0.01) == 0.5
    assert job.pause_s(2.0) == pytest.approx(18.0)
