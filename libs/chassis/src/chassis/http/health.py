"""Liveness, readiness, facts and metrics: for whoever runs the process, never routed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from chassis.metrics import CONTENT_TYPE_LATEST, exposition

Check = Callable[[], Awaitable[None]]

CHECK_TIMEOUT_S = 2.0

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> Response:
    """The process is alive; says nothing about what it depends on."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """503 while draining or when a check fails; the gateway then sends requests elsewhere."""
    state = request.app.state
    if state.draining:
        return JSONResponse({"status": "draining"}, 503)
    failing = await failing_checks(state.readiness_checks)
    return JSONResponse(
        {"status": "failing" if failing else "ready", "failing": failing}, 503 if failing else 200
    )


@router.get("/aboutz")
async def aboutz(request: Request) -> Response:
    """Who this process is and what it was told, without a secret: see `process_facts`."""
    return JSONResponse(request.app.state.process_facts())


@router.get("/metrics")
async def metrics() -> Response:
    """What this process counts and measures."""
    return Response(exposition(), media_type=CONTENT_TYPE_LATEST)


async def failing_checks(checks: Mapping[str, Check]) -> list[str]:
    """Names of the checks that raise or take too long."""
    results = await asyncio.gather(*(_passes(check) for check in checks.values()))
    return [name for name, passes in zip(checks, results, strict=True) if not passes]


async def _passes(check: Check) -> bool:
    try:
        await asyncio.wait_for(check(), CHECK_TIMEOUT_S)
    except Exception:  # noqa: BLE001 -- any failure at all means not ready
        return False
    return True
