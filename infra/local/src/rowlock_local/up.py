"""`up`: start, say where, follow the logs, and end everything when told to."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

from rowlock_local.demo import demo_login, load_demo
from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.leftovers import end_leftovers
from rowlock_local.lock import only_launcher
from rowlock_local.log_files import cut_long_logs
from rowlock_local.log_view import LogView
from rowlock_local.progress import Progress, progress_for_terminal
from rowlock_local.settings import LocalSettings
from rowlock_local.state import write_state
from rowlock_local.supervisor import Supervisor
from rowlock_local.system import System
from rowlock_local.try_this import try_this

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CUT_LOGS_EVERY_S = 60


def up(*, settings: LocalSettings, home: Home, follow: bool) -> None:
    """Run the system until it is told to stop. Raises LauncherError when it cannot start."""
    home.create()
    with only_launcher(home):
        for name in end_leftovers(home):
            print(f"Ended {name}, which an earlier launcher left running.")
        asyncio.run(run(settings, home, follow=follow))


async def run(settings: LocalSettings, home: Home, *, follow: bool) -> None:
    """Start, wait for the end, stop."""
    progress = progress_for_terminal()
    supervisor = Supervisor(home=home, restart=settings.rowlock_restart, say=lambda line: note(home, line))
    system = System(
        settings=settings, home=home, supervisor=supervisor, progress=progress, checkout=Path.cwd()
    )
    write_state(home, status="starting", url=system.url)
    working = asyncio.create_task(start_and_follow(system, progress, follow=follow))
    watch_signals(working, supervisor)
    try:
        with suppress(asyncio.CancelledError):
            await working
    except LauncherError as error:
        write_state(home, status="failed", url=system.url, error=str(error))
        raise
    finally:
        await stop(supervisor)
    home.state_file.unlink(missing_ok=True)
    print("Everything has ended.", flush=True)


async def start_and_follow(system: System, progress: Progress, *, follow: bool) -> None:
    """Everything between the first process and the order to stop."""
    with progress.shown():
        await system.start()
        await load_demo(system, progress)
    mailbox, sandbox = system.mailbox_url, system.payment_sandbox_url
    write_state(system.home, status="ready", url=system.url, mailbox=mailbox, payment_sandbox=sandbox)
    words = try_this(system.url, mailbox=mailbox, payment_sandbox=sandbox, login=demo_login(system))
    print(words, flush=True)
    view = LogView(system.home)
    view.skip_to_end()
    if follow:
        print("Logs follow; Ctrl-C ends everything.\n", flush=True)
    following = asyncio.create_task(view.follow() if follow else asyncio.sleep(float("inf")))
    while not following.done():
        cut_long_logs(system.home)
        await asyncio.wait([following], timeout=CUT_LOGS_EVERY_S)
    await following


def watch_signals(working: "asyncio.Task[None]", supervisor: Supervisor) -> None:
    """The first signal ends the work in order; another one ends the processes at once."""

    def on_signal() -> None:
        if working.cancelling():
            supervisor.kill()
        working.cancel()

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, on_signal)


async def stop(supervisor: Supervisor) -> None:
    """End every process, whatever happens to the terminal meanwhile."""
    if supervisor.running:
        with suppress(OSError):
            print("\nEnding everything …", flush=True)
    await supervisor.stop()


def note(home: Home, line: str) -> None:
    """A line of the launcher's own among the logs."""
    with home.launcher_log.open("a") as log:
        log.write(f"{line}\n")
