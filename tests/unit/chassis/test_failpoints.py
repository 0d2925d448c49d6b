"""Where a test may end a process as by a power cut."""

import signal
import subprocess
import sys

import pytest
from pydantic import ValidationError

from chassis import failpoints
from chassis.settings import ServiceSettings


class Ended(BaseException):
    """Instead of the end of the process that runs the tests."""


def end(name):
    raise Ended(name)


@pytest.fixture(autouse=True)
def disarmed_afterwards():
    yield
    failpoints.disarm()


def reach_until_ended(name, *, times):
    """How often the point was reached when it ended us; None if it never did."""
    for reached in range(1, times + 1):
        try:
            failpoints.reach(name)
        except Ended:
            return reached
    return None


def test_nothing_happens_at_an_unarmed_failpoint():
    failpoints.reach("a.b")


def test_a_process_ends_where_it_is_told_to_and_nowhere_else():
    failpoints.arm("a.b, c.d:3", act=end)
    assert reach_until_ended("a.b", times=5) == 1
    assert reach_until_ended("c.d", times=5) == 3
    assert reach_until_ended("e.f", times=5) is None


@pytest.mark.parametrize("points", ["a.b:0", "a.b:-1", "a.b:x", ":2"])
def test_a_count_that_is_none_is_refused(points):
    with pytest.raises(ValueError, match=r"failpoint|literal"):
        failpoints.arm(points)


def test_a_file_ends_one_process_once_however_often_it_is_started_again(tmp_path):
    (tmp_path / "a.b").touch()
    ends = []
    for _start in range(3):
        failpoints.arm(directory=tmp_path, act=end)
        ends.append(reach_until_ended("a.b", times=3))
    assert ends == [1, None, None]


def test_a_file_that_comes_later_counts_too(tmp_path):
    failpoints.arm(directory=tmp_path, act=end)
    assert reach_until_ended("a.b", times=2) is None
    (tmp_path / "a.b").touch()
    assert reach_until_ended("a.b", times=2) == 1


def test_it_ends_as_by_kill_9():
    program = (
        "from chassis import failpoints\n"
        "failpoints.arm('a.b')\n"
        "try:\n    failpoints.reach('a.b')\n"
        "finally:\n    print('still here')\n"
    )
    ended = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "")


@pytest.mark.parametrize("armed", [{"failpoints": "a.b"}, {"failpoints_directory": "/somewhere"}])
def test_no_settings_arm_them_in_production(armed):
    urls = {"database_url": "postgresql://x", "amqp_url": "amqp://x"}
    with pytest.raises(ValidationError, match="not for production"):
        ServiceSettings(**urls, rowlock_mode="production", **armed)
    assert ServiceSettings(**urls, **armed)
