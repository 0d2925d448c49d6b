"""Shows that the load generator is no bottleneck: what it reaches against an answer that costs nothing."""

import subprocess
import sys
import time
from typing import Any

from bench import wrk
from bench.processes import CpuMeter
from rowlock_local.ports import is_free

_CONCURRENCY = 32
_SECONDS = 4


def measure(load: wrk.HttpLoad) -> dict[str, Any]:
    """The very requests of the `gateway` rung, sent to bench.canned instead."""
    port = next(port for port in range(18_200, 18_300) if is_free(port))
    server = subprocess.Popen([sys.executable, "-m", "bench.canned", str(port)], stdin=subprocess.DEVNULL)
    try:
        while is_free(port):
            time.sleep(0.05)
        meter = CpuMeter({"canned answers": [server.pid]}, children="wrk")
        with meter.measuring():
            result = wrk.place_holds(
                url=f"http://127.0.0.1:{port}/api/v1/holds",
                load=load,
                pattern="uniform",
                concurrency=_CONCURRENCY,
                seconds=_SECONDS,
            )
    finally:
        server.terminate()
        server.wait()
    requests_per_s = result.granted / result.seconds
    return {
        "requests_per_s": round(requests_per_s),
        "concurrency": _CONCURRENCY,
        "cores_busy": meter.cores,
        "generator_us_per_request": round(meter.cores["wrk"] / requests_per_s * 1e6, 1),
    }
