"""Liveness, readiness, facts and metrics: for whoever runs the process, never routed."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from chassis.metrics import CONTENT_TYPE_LATEST, exposition
from chassis.readiness import failing_checks

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
