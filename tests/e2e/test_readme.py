"""The lines under "Try it" in the README do what is said beside them, pasted as they stand."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.timeout(300)
async def test_the_lines_of_the_readme_buy_with_an_account_and_as_a_guest_and_pay(system):
    await run(system, sys.executable, "-m", "rowlock_demo", "load", "--url", system.url)
    asked, shorthand, registered, guest, paid = blocks(system)

    assert "The Tempest" in await run(system, "bash", "-euc", asked)
    for journey, state in ((registered, "confirmed"), (guest, "confirmed"), (paid, "valid")):
        told = await run(system, "bash", "-euo", "pipefail", "-c", shorthand + journey)
        *lines, shown = told.rstrip().split("\n")
        assert "confirmed" in lines, told
        assert [state] == [item["state"] for item in json.loads(shown)["items"]], told


def blocks(system) -> list[str]:
    """The shell blocks of the section; the system under test is at other addresses."""
    section = README.read_text().partition("\n## Try it\n")[2].partition("\n## ")[0]
    found = [block.replace("http://127.0.0.1:8080", system.url) for block in BLOCK.findall(section)]
    found = [block.replace("http://127.0.0.1:8025", system.mailbox_url) for block in found]
    assert 5 == len(found)
    return [re.sub(r"(?m)^make .*$", "", block) for block in found]


async def run(system, *command: str) -> str:
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        env={**os.environ, "ROWLOCK_HOME": str(system.home.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout
