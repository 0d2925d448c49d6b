"""A system with tracing on, and the collector it sends its spans to."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from support.otlp_receiver import OtlpReceiver, otlp_receiver
from support.stage.stage import Stage
from support.system import System, run_system


@pytest.fixture(scope="module")
def collector() -> Iterator[OtlpReceiver]:
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def traced_system(collector: OtlpReceiver) -> Iterator[System]:
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "LOG_FORMAT": "json"}
    with run_system(replicas=1, **settings) as system:
        yield system


@pytest.fixture(scope="module")
async def traced_gateway(traced_system: System) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=traced_system.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def traced_stage(traced_system: System, traced_gateway: httpx.AsyncClient) -> Stage:
    return Stage(traced_system, traced_gateway)
