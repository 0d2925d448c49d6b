"""Spans: steps of some work, told by what they are and how they ended, never by what was in them."""

import asyncio

import pytest
from opentelemetry.trace import StatusCode

from chassis import tracing
from chassis.group_commit import GroupCommit
from chassis.jobs import Job
from chassis.outgoing import asking
from chassis.statement_spans import summary_of
from chassis.trace_context import begin, bound, current, follow
from support.seen_spans import ids_of, parent_of, seen_spans
from support.waiting import wait_until

TRACE, STEP = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def spans():
    with seen_spans() as seen:
        yield seen


def test_work_follows_the_step_that_it_was_told_of(spans):
    with tracing.work(follow(f"00-{TRACE}-{STEP}-01", "request-1"), "process"):
        inside = current()
        with tracing.step("ask"):
            onward = tracing.traceparent()

    work, ask = spans.one("process"), spans.one("ask")
    assert [(TRACE, ids_of(work)[1]), STEP] == [ids_of(work), parent_of(work)]
    assert [TRACE, ids_of(work)[1]] == [ids_of(ask)[0], parent_of(ask)]
    assert f"00-{TRACE}-{ids_of(ask)[1]}-01" == onward
    assert inside
    assert [TRACE, "request-1"] == [inside.trace_id, inside.request_id]
    assert current() is None


def test_work_that_follows_nothing_begins_a_trace_that_its_log_lines_name(spans):
    with tracing.work(begin(), "job"):
        inside = current()
    job = spans.one("job")
    assert inside
    assert [inside.trace_id, None] == [ids_of(job)[0], parent_of(job)]


def test_a_step_outside_of_any_work_is_not_seen(spans):
    with tracing.step("poll"), asking("GET", "http://catalog/internal/plans"):
        pass
    assert [] == spans.all


def test_an_error_is_told_by_its_type_and_not_by_its_words(spans):
    with pytest.raises(ValueError), tracing.work(begin(), "process"), tracing.step("ask"):
        raise ValueError("44051401359 is no PESEL of Ada")

    for span in spans.all:
        assert [StatusCode.ERROR, None, "ValueError"] == [
            span.status.status_code,
            span.status.description,
            (span.attributes or {})["error.type"],
        ]
        assert not span.events
        assert "Ada" not in span.to_json()


def test_nothing_is_seen_of_a_trace_that_was_not_sampled(spans):
    with tracing.work(follow(f"00-{TRACE}-{STEP}-00", None), "process"), tracing.step("ask"):
        assert tracing.traceparent()
        onward = follow(tracing.traceparent(), None)
    assert [[], TRACE, "00"] == [spans.all, onward.trace_id, onward.flags]


def test_who_asks_for_a_trace_gets_no_more_than_the_ratio():
    with (
        seen_spans(sample_ratio=0.0) as spans,
        tracing.work(follow(f"00-{TRACE}-{STEP}-01", None), "process"),
    ):
        pass
    assert [] == spans.all


def test_half_of_the_traces_is_about_half_of_them():
    with seen_spans(sample_ratio=0.5) as spans:
        for _ in range(400):
            with tracing.work(begin(), "process"):
                pass
    assert 120 < len(spans.all) < 280


def test_without_tracing_there_is_a_trace_id_all_the_same():
    assert not tracing.enabled()
    with tracing.work(follow(f"00-{TRACE}-{STEP}-01", "request-1"), "process"), tracing.step("ask"):
        assert f"00-{TRACE}-{STEP}-01" == tracing.traceparent()
        assert {"traceparent": f"00-{TRACE}-{STEP}-01", "request_id": "request-1"} == tracing.origin_columns()


def test_a_request_to_others_is_told_by_host_and_path_without_ids(spans):
    plan = "http://catalog:8000/internal/plans/018f2c1e-0000-7000-8000-000000000001/seats"
    with tracing.work(begin(), "process"):
        with asking("GET", plan):
            pass
        with asking(
            "POST", "https://api.provider.example/v1/payments/pay_secret/refunds?key=x", path_parts=2
        ):
            pass
    ask = spans.one("GET /internal/plans/{id}/seats")
    assert ["catalog", 8000] == [(ask.attributes or {})[name] for name in ("server.address", "server.port")]
    assert "secret" not in spans.one("POST /v1/payments").to_json()


async def test_a_batch_is_a_step_of_one_request_and_linked_with_the_others(spans):
    gate = asyncio.Event()

    async def commit(items):
        with tracing.step("statement"):
            await gate.wait()
            return items

    group = GroupCommit(commit)

    async def request(name):
        with tracing.work(begin(name), name):
            return await group.submit(name)

    first = asyncio.create_task(request("request-0"))
    await wait_until(lambda: group._running)
    others = [asyncio.create_task(request(f"request-{n}")) for n in (1, 2, 3)]
    await asyncio.sleep(0.01)
    gate.set()
    assert ["request-0", "request-1", "request-2", "request-3"] == await asyncio.gather(first, *others)

    alone, shared = [span for span in spans.all if span.name == "group commit"]
    requests = [spans.one(f"request-{n}") for n in range(4)]
    assert [
        (alone.attributes or {})["rowlock.batch.size"],
        (shared.attributes or {})["rowlock.batch.size"],
    ] == [1, 3]
    assert [ids_of(requests[0]), ids_of(requests[1])] == [
        (ids_of(alone)[0], parent_of(alone)),
        (ids_of(shared)[0], parent_of(shared)),
    ]
    assert {ids_of(span)[1] for span in requests[2:]} == {
        f"{link.context.span_id:016x}" for link in shared.links
    }
    for request_span in requests[2:]:
        assert [ids_of(shared)[1]] == [f"{link.context.span_id:016x}" for link in request_span.links]


async def test_what_is_done_for_a_request_that_was_not_sampled_is_in_no_other_trace(spans):
    async def commit(items):
        with tracing.step("statement"):
            await asyncio.sleep(0.01)
            return items

    group = GroupCommit(commit, batch_max=1)

    async def request(context):
        with tracing.work(context, "request"):
            return await group.submit(context)

    await asyncio.gather(request(begin()), request(follow(f"00-{TRACE}-{STEP}-00", None)))
    assert ["statement", "group commit", "request"] == spans.names


async def test_a_batch_works_under_the_name_of_those_in_it_not_of_who_came_first():
    """A lane that is never idle would else write the first request's id on the log lines of all others."""
    seen = []

    async def commit(items):
        await asyncio.sleep(0.01)
        context = current()
        seen.append(context and context.request_id)
        return items

    group = GroupCommit(commit, batch_max=1)

    async def request(name):
        with bound(begin(name)):
            return await group.submit(name)

    await asyncio.gather(*(request(f"request-{n}") for n in range(3)))
    assert ["request-0", "request-1", "request-2"] == seen


async def _run_once(job: Job) -> None:
    running = asyncio.create_task(job.keep_running())
    await asyncio.sleep(0.1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("done", [0, None])
async def test_a_job_that_finds_nothing_to_do_leaves_no_trace(spans, done):
    ran = []

    async def run():
        with tracing.step("look"):
            ran.append(current())
        return done

    await _run_once(Job("idle", 0.01, run))
    assert ran
    assert [] == spans.all


async def test_a_job_that_does_something_is_a_trace_of_its_own_each_time(spans):
    async def run():
        with tracing.step("work off"):
            return 3

    await _run_once(Job("busy", 0.01, run))
    runs = [span for span in spans.all if span.name == "job busy"]
    steps = [span for span in spans.all if span.name == "work off"]
    assert len(runs) > 1
    assert len(runs) == len({ids_of(span)[0] for span in runs})
    assert {ids_of(span)[0] for span in runs} == {ids_of(span)[0] for span in steps}


async def test_a_job_that_fails_is_seen(spans):
    async def run():
        raise RuntimeError("Ada")

    await _run_once(Job("broken", 0.01, run))
    assert {"job broken"} == set(spans.names)
    assert {"RuntimeError"} == {(span.attributes or {})["error.type"] for span in spans.all}


@pytest.mark.parametrize(
    ("statement", "summary"),
    [
        ("SELECT a FROM orders.orders JOIN orders.x ON true", "SELECT orders.orders"),
        ("INSERT INTO orders.outbox (a) VALUES (%s)", "INSERT orders.outbox"),
        ("update reservation.seats SET state = 'sold' FROM reservation.holds", "UPDATE reservation.seats"),
        ("DELETE FROM orders.outbox WHERE id = ANY(%s)", "DELETE orders.outbox"),
        ("SELECT 1", "SELECT"),
        ("COMMIT", "COMMIT"),
        ("WITH a AS (INSERT INTO r.holds SELECT 1), b AS (UPDATE r.seats s SET x = 1) SELECT 1 FROM r.events",
         "INSERT r.holds UPDATE r.seats"),
        ("WITH a AS (SELECT 1 FROM r.events e FOR KEY SHARE OF e) SELECT 1", "WITH r.events"),
        ("", "SQL"),
    ],
)  # fmt: skip
def test_a_statement_is_named_by_what_it_does(statement, summary):
    assert summary == summary_of(statement)
