"""Each line of the log, each message and each request to others says which trace and which request it is of."""

import json
import uuid
from datetime import UTC, datetime

import pytest
import structlog

from chassis.envelope import Envelope, MessageMeta
from chassis.logs import get_logger, set_up_logs
from chassis.outgoing import onward_headers
from chassis.trace_context import begin, bound, current, follow
from support.seen_lines import seen_lines

TRACE, STEP = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    "traceparent",
    [
        f"00-{TRACE}-{STEP}-01",
        f"00-{TRACE}-{STEP}-00",
        f"00-{TRACE}-{STEP}-03",
        f"cc-{TRACE}-{STEP}-01-later",
    ],
)
def test_a_traceparent_is_followed(traceparent):
    context = follow(traceparent, "request-1")
    flags = traceparent.split("-")[3]
    assert [f"00-{TRACE}-{STEP}-{flags}", "request-1", False] == [
        context.traceparent,
        context.request_id,
        context.is_begun,
    ]


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        "nonsense",
        f"00-{TRACE}-{STEP}",
        f"ff-{TRACE}-{STEP}-01",
        f"00-{TRACE.upper()}-{STEP}-01",
        f"00-{'0' * 32}-{STEP}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{STEP}-01\nlevel=error",
        f"00-{TRACE}-{STEP}-01" + "é",
    ],
)
def test_what_is_no_traceparent_begins_a_trace_of_its_own(traceparent):
    one, other = follow(traceparent, None), follow(traceparent, None)
    assert one.is_begun
    assert one.trace_id not in (TRACE, other.trace_id)
    assert follow(one.traceparent, None).trace_id == one.trace_id


def test_a_context_is_bound_for_its_block_alone():
    outer, inner = begin(), begin()
    with bound(outer):
        with bound(inner):
            assert current() is inner
        assert current() is outer
    assert current() is None


def test_a_log_line_names_its_trace_and_its_request():
    with seen_lines() as lines:
        with bound(follow(f"00-{TRACE}-{STEP}-01", "request-1")):
            get_logger().info("hold_placed", seats=2)
            get_logger().info("parcel_weighed", request_id="another")
        get_logger().info("worker_started")

    during, said, after = lines
    assert [TRACE, "request-1", 2] == [during["trace_id"], during["request_id"], during["seats"]]
    assert "another" == said["request_id"]
    assert not {"trace_id", "request_id"} & set(after)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_it_stands_in_both_shapes_of_a_line(capsys, log_format):
    before = structlog.get_config()
    set_up_logs(log_format=log_format)
    try:
        with bound(follow(f"00-{TRACE}-{STEP}-01", "request-1")):
            get_logger().info("hold_placed")
    finally:
        structlog.configure(**before)
    line = capsys.readouterr().out
    assert TRACE in line
    assert "request-1" in line


def test_a_message_carries_both():
    again = Envelope.from_json(
        _envelope(traceparent=f"00-{TRACE}-{STEP}-01", request_id="request-1").to_json()
    )
    assert [f"00-{TRACE}-{STEP}-01", "request-1"] == [again.meta.traceparent, again.meta.request_id]


@pytest.mark.parametrize(
    "request_id", ["short", "a b c d e f g h", "request-1\nlevel=error", "x" * 129, 12345678, None]
)
def test_a_request_id_that_could_pass_for_something_else_is_not_taken_from_a_message(request_id):
    document = json.loads(_envelope().to_json()) | {"requestid": request_id}
    assert Envelope.from_json(json.dumps(document).encode()).meta.request_id is None


@pytest.mark.parametrize("traceparent", [17, {"a": 1}, ["00"], f"00-{TRACE}"])
def test_a_message_with_a_broken_traceparent_is_read_all_the_same(traceparent):
    document = json.loads(_envelope().to_json()) | {"traceparent": traceparent}
    meta = Envelope.from_json(json.dumps(document).encode()).meta
    assert follow(meta.traceparent, meta.request_id).is_begun


def test_our_own_services_are_told_what_they_follow():
    with bound(follow(f"00-{TRACE}-{STEP}-01", "request-1")):
        assert {"traceparent": f"00-{TRACE}-{STEP}-01", "x-request-id": "request-1"} == onward_headers()
    assert {} == onward_headers()


def _envelope(**meta) -> Envelope:
    return Envelope(
        meta=MessageMeta(
            message_id=uuid.uuid4(),
            message_type="parcels.sent.v1",
            aggregate_id="1",
            aggregate_version=1,
            time=datetime.now(UTC),
            source="/parcels",
            **meta,
        ),
        data={},
    )
