"""One order's trace: the gateway, orders, the message, reservation, the message back, and on to the mail."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from support.otlp_receiver import ABOUT_CLIENTS, OtlpReceiver, ReceivedSpan
from support.stage.buyer import CONTACT, PERSON, WAIT
from support.stage.organizer import PRICED
from support.stage.stage import Stage
from support.waiting import wait_until

CONFIRM = "reservation.confirm_holds.v1"
CONFIRMED = "reservation.holds_confirmed.v1"
ORDER_CONFIRMED = "orders.order_confirmed.v1"

Step = tuple[str, str, str]
"""Service, kind and name of a span."""

THROUGH_THE_GATEWAY = (
    ("rowlock-gateway", "server", "POST"),
    ("rowlock-gateway", "client", "ReverseProxy"),
)
CONFIRMATION = (
    ("rowlock-orders", "producer", f"publish {CONFIRM}"),
    ("rowlock-reservation", "consumer", f"process reservation.commands {CONFIRM}"),
    ("rowlock-reservation", "producer", f"publish {CONFIRMED}"),
    ("rowlock-orders", "consumer", f"process orders {CONFIRMED}"),
    ("rowlock-orders", "producer", f"publish {ORDER_CONFIRMED}"),
    ("rowlock-notifications", "consumer", f"process notifications.mails {ORDER_CONFIRMED}"),
    ("rowlock-notifications", "internal", "send mail order_confirmed"),
    ("rowlock-notifications", "client", "GET /internal/orders/{id}/mail"),
    ("rowlock-orders", "server", "GET /internal/orders/{order_id}/mail"),
)
CHAIN = (
    *THROUGH_THE_GATEWAY,
    ("rowlock-orders", "server", "POST /api/v1/orders/{order_id}/finalization"),
    *CONFIRMATION,
)
"""Each step is the parent of the next."""

CHAIN_OF_A_NOTICE = (
    *THROUGH_THE_GATEWAY,
    ("rowlock-orders", "server", "POST /api/v1/payment-notices/{provider}"),
    *CONFIRMATION,
)
CHAIN_OF_A_PAYMENT = (
    *THROUGH_THE_GATEWAY,
    ("rowlock-orders", "server", "POST /api/v1/orders/{order_id}/payments"),
    ("rowlock-orders", "client", "POST /v1/payments"),
)

STATEMENTS = (
    (2, "INSERT orders.outbox"),
    (4, "UPDATE reservation.seats"),
    (4, "INSERT reservation.outbox"),
    (6, "INSERT orders.tickets"),
    (8, "INSERT notifications.mails"),
    (9, "SMTP"),
)
"""Steps below a link of the chain, by its index."""

WRITTEN = (
    ("orders-api-1", "request_served"),
    ("reservation-worker-1", "message_handled"),
    ("orders-worker-1", "message_handled"),
    ("notifications-worker-1", "message_handled"),
    ("notifications-worker-1", "mail_tried"),
)
"""Events of the request's log lines, by process."""

GATEWAY_LINES_BUFFERED = 256
"""As gateway/traefik.yaml has it."""

# What Traefik says beside this is about the client, and the collector drops it (tests/unit/infra).
OF_THE_GATEWAY = {
    "entry_point",
    "http.request.body.size",
    "http.request.method",
    "http.response.status_code",
    "network.protocol.version",
    "server.address",
    "server.port",
    "url.scheme",
}


async def test_one_order_is_one_trace(traced_stage: Stage, collector: OtlpReceiver):
    request_id, _ = await _finalized(traced_stage)
    spans = await _trace_of(collector, request_id)

    chain = _see_chain(spans, CHAIN)
    for index, name in STATEMENTS:
        assert name in [span.name for span in spans if span.parent_id == chain[index].span_id]
    assert [] == [span.name for span in spans if span.is_error]


async def test_a_paid_order_is_one_trace_from_the_notice_of_its_payment_on(
    traced_stage: Stage, collector: OtlpReceiver
):
    """The provider's request carries no trace of ours, so that the one of the buyer ends at the provider."""
    request_id, order = await _paid(traced_stage)
    asked = await _arrived(collector, await _served(collector, request_id), CHAIN_OF_A_PAYMENT)
    _see_chain(asked, CHAIN_OF_A_PAYMENT)

    told = await _arrived(collector, await _confirmed(collector, order), CHAIN_OF_A_NOTICE)
    _see_chain(told, CHAIN_OF_A_NOTICE)
    assert [] == [span.name for span in (*asked, *told) if span.is_error]


async def test_the_log_lines_of_all_processes_name_the_trace_and_the_request(
    traced_stage: Stage, collector: OtlpReceiver
):
    request_id, _ = await _finalized(traced_stage)
    trace_id = (await _trace_of(collector, request_id))[0].trace_id

    for process, event in WRITTEN:
        lines = [line for line in _lines(traced_stage, process) if line.get("request_id") == request_id]
        assert {trace_id} == {line["trace_id"] for line in lines}, process
        assert event in [line["event"] for line in lines]

    for _ in range(GATEWAY_LINES_BUFFERED):
        await traced_stage.gateway.get("/api/v1/events", params={"limit": 1})
    lines = _lines(traced_stage, "gateway")
    assert [trace_id] == [line["TraceId"] for line in lines if line.get("request_X-Request-Id") == request_id]


async def test_a_hold_is_in_the_trace_of_its_batch(traced_stage: Stage, collector: OtlpReceiver):
    event_id = await traced_stage.event()
    request_id = f"hold-{uuid.uuid4()}"
    wanted = {"event_id": event_id, "seat_ids": ["Stalls-2-1"]}
    await traced_stage.buyer().write(
        "POST", "/holds", wanted, expect=201, headers={"X-Request-Id": request_id}
    )

    served = await _served(collector, request_id)
    batch = _one(collector.of_trace(served.trace_id), ("rowlock-reservation", "internal", "group commit"))
    assert served.span_id == batch.parent_id
    statements = [span.name for span in collector.spans if span.parent_id == batch.span_id]
    assert [
        "INSERT reservation.holds UPDATE reservation.seats INSERT reservation.availability_marks"
    ] == statements


async def test_a_trace_says_nothing_of_a_person(traced_stage: Stage, collector: OtlpReceiver):
    """Of all that this system did so far: no name, no address, no token, no id in a path of ours, no query."""
    request_id, order = await _finalized(traced_stage)
    await traced_stage.buyer().get("/events", query={"text": "canary-query"})
    await _trace_of(collector, request_id)

    said = [
        (span.service, span.name, key, str(value))
        for span in list(collector.spans)
        for key, value in [*span.attributes.items(), ("name", span.name)]
        if not (span.service == "rowlock-gateway" and key in ABOUT_CLIENTS)
    ]
    for secret in (
        *CONTACT.values(),
        *PERSON.values(),
        "canary-query",
        "Bearer",
        traced_stage.organizer.token,
    ):
        assert [] == [each for each in said if secret and secret in each[3]]
    of_the_gateway = {key for service, _, key, _ in said if service == "rowlock-gateway"}
    assert of_the_gateway <= {*OF_THE_GATEWAY, "name"}
    ours = [each for each in said if each[0] != "rowlock-gateway" and each[2] != "rowlock.aggregate_id"]
    assert [] == [each for each in ours if order["order_id"] in each[3]]
    assert [] == [
        each for each in ours if each[2] in ("url.path", "url.full", "url.query", "user_agent.original")
    ]


async def test_a_job_that_finds_nothing_to_do_leaves_no_trace(traced_stage: Stage, collector: OtlpReceiver):
    request_id, _ = await _finalized(traced_stage)
    await _trace_of(collector, request_id)  # so that jobs have run for some seconds

    idle = [span for span in collector.spans if span.attributes.get("rowlock.job.done") == 0]
    assert [] == [(span.service, span.name) for span in idle]
    assert [] == [span.name for span in collector.spans if span.name.startswith("job sample_")]


async def _finalized(stage: Stage) -> tuple[str, dict[str, Any]]:
    """A free order, finalized by a request with an id of its own."""
    request_id = f"finalize-{uuid.uuid4()}"
    buyer = stage.buyer()
    order = await buyer.order(await buyer.hold(await stage.event(), "Stalls-1-1"))
    path = f"/orders/{order['order_id']}/finalization"
    answer = await buyer.write("POST", path, expect=200, headers={**WAIT, "X-Request-Id": request_id})
    assert "confirmed" == answer.json()["state"]
    return request_id, order


async def _paid(stage: Stage) -> tuple[str, dict[str, Any]]:
    """An order that is confirmed because it was paid; its payment began with a request with an id of its own."""
    request_id = f"pay-{uuid.uuid4()}"
    buyer = stage.buyer()
    order = await buyer.order(
        await buyer.hold(await stage.event(prices=PRICED), "Stalls-1-1"), ticket_type="adult"
    )
    path = f"/orders/{order['order_id']}/payments"
    answer = await buyer.write("POST", path, {}, expect=201, headers={"X-Request-Id": request_id})
    await stage.sandbox.pay(answer.json())
    return request_id, await buyer.see_order(order, become="confirmed")


async def _trace_of(collector: OtlpReceiver, request_id: str) -> list[ReceivedSpan]:
    """The trace of a finalization, once every step has arrived."""
    return await _arrived(collector, await _served(collector, request_id), CHAIN)


async def _arrived(collector: OtlpReceiver, one: ReceivedSpan, steps: Sequence[Step]) -> list[ReceivedSpan]:
    """The trace that has this span, once it has these steps."""

    def missing() -> set[Step]:
        return set(steps) - {(s.service, s.kind, s.name) for s in collector.of_trace(one.trace_id)}

    try:
        await wait_until(lambda: not missing(), deadline_s=60)
    except AssertionError:
        raise AssertionError(f"not in the trace: {sorted(missing())}") from None
    return collector.of_trace(one.trace_id)


async def _served(collector: OtlpReceiver, request_id: str) -> ReceivedSpan:
    return await _first(
        collector, lambda s: s.kind == "server" and s.attributes.get("rowlock.request_id") == request_id
    )


async def _confirmed(collector: OtlpReceiver, order: dict[str, Any]) -> ReceivedSpan:
    """Where it was heard that the order is confirmed."""
    return await _first(
        collector,
        lambda s: (
            s.name == f"process notifications.mails {ORDER_CONFIRMED}"
            and s.attributes.get("rowlock.aggregate_id") == order["order_id"]
        ),
    )


async def _first(collector: OtlpReceiver, fits: Callable[[ReceivedSpan], bool]) -> ReceivedSpan:
    return await wait_until(
        lambda: next((span for span in list(collector.spans) if fits(span)), None), deadline_s=60
    )


def _see_chain(spans: list[ReceivedSpan], steps: Sequence[Step]) -> list[ReceivedSpan]:
    """The spans of these steps: the first has no parent, and each is the parent of the next."""
    chain = [_one(spans, step) for step in steps]
    assert "" == chain[0].parent_id
    for before, after in pairwise(chain):
        assert before.span_id == after.parent_id, f"{after.name} does not follow {before.name}"
    return chain


def _one(spans: list[ReceivedSpan], step: Step) -> ReceivedSpan:
    fitting = [span for span in spans if (span.service, span.kind, span.name) == step]
    assert 1 == len(fitting), f"{step}: {len(fitting)} times"
    return fitting[0]


def _lines(stage: Stage, process: str) -> Iterator[dict[str, Any]]:
    for line in (stage.system.home.logs / f"{process}.log").read_text().splitlines():
        if line.startswith("{"):
            yield json.loads(line)
