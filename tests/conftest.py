"""Gives every test its parts, and says in the header where they come from.

Under pytest-xdist the controller starts the parts once and hands each worker a vhost of its own;
without it a part starts when the first test asks for it. See README.md for the fixtures.
"""

import hypothesis
import pytest
import structlog

from support.parts import AMQP_SETTING, Parts, Share

pytest_plugins = [
    "support.fixtures.clean",
    "support.fixtures.databases",
    "support.fixtures.figures",
    "support.fixtures.settings",
    "support.fixtures.tokens",
]

PARTS = pytest.StashKey[Parts]()
WORKER_INPUT = "rowlock_parts"

# The time of one example says more about the machine than about the code.
hypothesis.settings.register_profile("rowlock", deadline=None)
hypothesis.settings.load_profile("rowlock")


# Into pytest's capture, and with plain tracebacks: drawing rich ones of our objects takes seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer(colors=False),
    ]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-schemas", action="store_true", help="write down the messages as they are now")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[PARTS] = Parts()


def pytest_unconfigure(config: pytest.Config) -> None:
    if PARTS in config.stash:
        config.stash[PARTS].end()


def pytest_report_header(config: pytest.Config) -> str:
    return f"parts: {config.stash[PARTS].source}" if PARTS in config.stash else ""


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Run in the controller before each worker (xdist's WorkerController) starts."""
    parts = node.config.stash[PARTS]
    if parts.source.rabbitmq == AMQP_SETTING and node.workerinput["workercount"] > 1:
        raise pytest.UsageError(f"workers would share the one vhost of {AMQP_SETTING}: run without -n")
    share = parts.share(worker=node.gateway.id)
    node.workerinput[WORKER_INPUT] = (share.run, share.worker, share.admin_url, share.amqp_url)


@pytest.fixture(scope="session")
def parts(request: pytest.FixtureRequest) -> Share:
    """PostgreSQL's superuser URL and an AMQP URL, for this worker alone."""
    config = request.config
    if PARTS in config.stash:
        return config.stash[PARTS].share(worker="main")
    run, worker, admin_url, amqp_url = config.workerinput[WORKER_INPUT]  # pyright: ignore[reportAttributeAccessIssue] - xdist adds it
    return Share(run=run, worker=worker, find_admin_url=lambda: admin_url, find_amqp_url=lambda: amqp_url)


@pytest.fixture(scope="session")
def amqp_url(parts: Share) -> str:
    """A broker's URL; the queues of our consumers in it are empty when a test starts."""
    return parts.amqp_url
