"""Loads the demo, once the system is up, and tells how its accounts log in."""

import sys
from importlib.util import find_spec

from rowlock_local.errors import LauncherError
from rowlock_local.log_files import last_lines
from rowlock_local.one_shot import run_to_end
from rowlock_local.progress import Progress
from rowlock_local.system import System


def demo_login(system: System) -> str | None:
    """What the demo's accounts log in with; None where there are none."""
    file = system.home.secrets / "demo-accounts"
    if not system.settings.rowlock_demo or not file.exists():
        return None
    return f"organizer@demo.example or buyer@demo.example, password {file.read_text().strip()}"


async def load_demo(system: System, progress: Progress) -> None:
    """Run the demo's own loader, which changes nothing that is there already."""
    if not system.settings.rowlock_demo or find_spec("rowlock_demo") is None:
        return
    log = system.home.logs / "demo.log"
    argv = [sys.executable, "-m", "rowlock_demo", "load", "--url", system.url]
    env = {"ROWLOCK_HOME": str(system.home.path)}
    with progress.step("demo", "loading events"):
        if await run_to_end(argv, log=log, env=env, cwd=system.checkout) != 0:
            raise LauncherError(
                "The demo could not be loaded; ROWLOCK_DEMO=false starts without it:\n"
                f"{last_lines(log, count=10)}"
            )
