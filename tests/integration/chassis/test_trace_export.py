"""Spans are sent beside the work: a collector that is dead, silent or slow holds nobody up."""

import socket
import time
from contextlib import contextmanager

import pytest

from chassis import tracing
from chassis.trace_context import begin
from chassis.tracing_export import QUEUE_SPANS_MAX, STOP_S_MAX, TraceExport
from support.otlp_receiver import otlp_receiver
from support.seen_lines import seen_lines
from support.waiting import wait_until

SPANS = 3 * QUEUE_SPANS_MAX
SPAN_S_MAX = 0.001
"""Generous: it takes a fiftieth, and this machine is busy with other tests. To wait for a socket takes longer."""


@contextmanager
def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def silent_port():
    """Takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def exporting(endpoint: str):
    export = TraceExport(endpoint=endpoint, sample_ratio=1.0, service="parcels", process="api")
    try:
        yield export
    finally:
        export.stop()


def make_spans(count: int) -> float:
    """How many seconds one took."""
    began = time.perf_counter()
    for _ in range(count):
        with tracing.work(begin("request-1"), "request", tracing.SERVER):
            pass
    return (time.perf_counter() - began) / count


@pytest.mark.parametrize("dead", [closed_port, silent_port])
def test_a_dead_collector_slows_nothing_and_fills_no_memory(dead):
    with dead() as endpoint, exporting(endpoint) as export:
        assert make_spans(SPANS) < SPAN_S_MAX
        queued = export.queued
        began = time.monotonic()
        export.stop()
        assert time.monotonic() - began < STOP_S_MAX + 1
    assert QUEUE_SPANS_MAX - 1000 <= queued <= QUEUE_SPANS_MAX
    assert not tracing.enabled()


def test_what_was_done_before_the_stop_arrives():
    with otlp_receiver() as collector:
        with exporting(f"{collector.url}/"):
            make_spans(500)
        assert 500 == len(collector.spans)
    assert {("rowlock-parcels", "request", "server")} == {
        (s.service, s.name, s.kind) for s in collector.spans
    }


async def test_lost_spans_are_told_once_and_so_is_their_end():
    with seen_lines() as lines, otlp_receiver() as collector, exporting(collector.url):
        collector.answer = 400
        for _ in range(3):
            make_spans(1)
            asked = collector.requests
            await wait_until(lambda asked=asked: collector.requests > asked)
        collector.answer = 200
        make_spans(1)
        await wait_until(lambda: collector.spans)
        await wait_until(lambda: [line for line in lines if line["event"] == "spans_arrive_again"])
    # Those of this collector: an export that an earlier test has stopped may still be trying.
    told = [
        line for line in lines if str(line.get("collector")) in collector.url and "spans_" in line["event"]
    ]
    assert ["spans_lost", "spans_arrive_again"] == [line["event"] for line in told]
    assert 3 == told[1]["lost"]


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    with closed_port() as proxy, otlp_receiver() as collector:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
        with exporting(collector.url):
            make_spans(1)
        assert 1 == len(collector.spans)
