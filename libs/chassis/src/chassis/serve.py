"""Starts one process of a service: `python -m chassis.serve <service> api|worker|all`.

SIGTERM and SIGINT stop it gracefully: readiness turns false, DRAIN_NOTICE_S passes while it
still serves, then running work gets DRAIN_S to end.
"""

import argparse
import asyncio
import contextlib
import importlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from chassis import failpoints
from chassis.garbage import spare_long_lived
from chassis.logs import get_logger, set_up_logs
from chassis.process_metrics import tell_build
from chassis.settings import ServiceSettings
from chassis.worker import Worker

log = get_logger()

PROCESS_TYPES = ("api", "worker", "all")
BACKLOG = 2048


class _Server(uvicorn.Server):
    """Leaves the signals to us: uvicorn would stop at once, before readiness was seen to fail."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and run until a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m chassis.serve", description=__doc__)
    parser.add_argument("service", help="name of the service's package")
    parser.add_argument("process", choices=PROCESS_TYPES)
    options = parser.parse_args(arguments)
    uvloop.run(serve(options.service, options.process))


async def serve(service: str, process: str) -> None:
    """Run the process in this event loop."""
    app = _create_app(service) if process != "worker" else None
    worker = _create_worker(service) if process != "api" else None
    settings = app.state.settings if app is not None else worker.settings  # type: ignore[union-attr]
    set_up_logs(level=settings.log_level, log_format=settings.log_format)
    _arm_failpoints(settings)
    stop_tracing = _start_tracing(settings, service, process)
    if app is not None and worker is not None:
        app.state.db.on_messages(worker.wake)
        app.state.request_relay = None  # the worker's is in this process
    tell_build(service, process)
    spare_long_lived()
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    try:
        async with asyncio.TaskGroup() as parts:
            if app is not None:
                parts.create_task(_serve_api(app, settings, stop))
            if worker is not None:
                parts.create_task(_serve_worker(worker, stop))
    finally:
        await asyncio.to_thread(stop_tracing)


def _start_tracing(settings: ServiceSettings, service: str, process: str) -> Callable[[], None]:
    """Returns what ends it, within a few seconds."""
    if not settings.otel_exporter_otlp_endpoint:
        return lambda: None
    # Only here: the SDK takes its share of memory and of the start.
    from chassis.tracing_export import TraceExport  # noqa: PLC0415

    return TraceExport(
        endpoint=settings.otel_exporter_otlp_endpoint,
        sample_ratio=settings.traces_sample_ratio,
        service=service,
        process=process,
    ).stop


def _arm_failpoints(settings: ServiceSettings) -> None:
    if settings.failpoints or settings.failpoints_directory:
        named = settings.failpoints_directory
        failpoints.arm(settings.failpoints, directory=Path(named) / settings.service_name if named else None)
        log.warning("failpoints_armed", failpoints=settings.failpoints, directory=named)


async def _serve_api(app: Any, settings: ServiceSettings, stop: asyncio.Event) -> None:
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            http="httptools",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=settings.keep_alive_s,
            timeout_graceful_shutdown=int(settings.drain_s),
        )
    )
    serving = asyncio.create_task(server.serve())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        app.state.draining = True
        log.info("api_draining", notice_s=settings.drain_notice_s)
        await asyncio.sleep(settings.drain_notice_s)
        server.should_exit = True
    stopped.cancel()
    stop.set()  # an api that could not start takes the worker down with it
    await serving


async def _serve_worker(worker: Worker, stop: asyncio.Event) -> None:
    working = asyncio.create_task(worker.run())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
    worker.stop()
    stopped.cancel()
    stop.set()
    await working


def _create_app(service: str) -> Any:
    return importlib.import_module(f"{service}.app").create_app()


def _create_worker(service: str) -> Worker:
    return importlib.import_module(f"{service}.worker").create_worker()


if __name__ == "__main__":
    main()
