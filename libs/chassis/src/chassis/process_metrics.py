"""Which version of which service a process runs."""

from importlib.metadata import PackageNotFoundError, version

from chassis.metrics import gauge

BUILD = gauge(
    "rowlock_build_info",
    "1, for the version that runs",
    {"service": "its name", "process": ("api", "worker", "all"), "version": "that of its package"},
)


def tell_build(service: str, process: str) -> None:
    """Tell what this process is."""
    try:
        number = version(f"rowlock-{service}")
    except PackageNotFoundError:
        number = "unknown"
    BUILD.labels(service, process, number).set(1)
