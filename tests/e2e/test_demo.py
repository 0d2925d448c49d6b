"""The demo does what it prints: loads once, and walks a buyer through as often as one likes."""

import asyncio
import os
import subprocess
import sys

import pytest

from support.system import System


@pytest.mark.timeout(300)  # four runs of it, also on a machine that has much else to do
async def test_demo_loads_once_and_walks_again_and_again(system: System):
    loaded = await _demo(system, "load")
    assert "made" in loaded.stdout

    again = await _demo(system, "load")
    assert "made" not in again.stdout
    assert again.stdout.count("was there") == loaded.stdout.count("made")

    for _ in range(2):
        walked = await _demo(system, "walk")
        assert "Everything went as it should." in walked.stdout
        assert "eyJ" not in walked.stdout.replace("eyJhbGciOiJFZE…", "")
        assert (system.home.secrets / "demo-accounts").read_text() not in walked.stdout


async def test_demo_stops_with_a_sentence_where_something_differs(system: System):
    refused = await _demo(system, "load", "--organizer-token", "not-a-token", exit_code=1)
    assert refused.stderr.startswith("GET /api/v1/venues should have answered 200, but answered 401")


async def _demo(system: System, *arguments: str, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "rowlock_demo", *arguments, "--url", system.url],
        env={**os.environ, "ROWLOCK_HOME": str(system.home.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert exit_code == ended.returncode, ended.stdout[-2000:] + ended.stderr
    return ended
