"""Log lines: quick to write, one a line, and no value can pass for another fact."""

import json
import logging

import pytest
import structlog

from chassis.logs import get_logger, set_up_logs


@pytest.fixture(autouse=True)
def _structlog_as_before():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_line_in_a_file_is_plain(capsys) -> None:
    set_up_logs(log_format="console")

    get_logger().info("hold_placed", seats=2, reason="two words", route="/holds")

    line = capsys.readouterr().out
    assert "[info     ] hold_placed " in line
    assert line.endswith("seats=2 reason='two words' route=/holds\n")


def test_a_value_cannot_begin_a_line_of_its_own(capsys) -> None:
    set_up_logs(log_format="console")

    get_logger().info("hold_placed", name="a\nlevel=error")

    assert capsys.readouterr().out.count("\n") == 1


def test_a_traceback_stands_below_its_line(capsys) -> None:
    set_up_logs(log_format="console")

    try:
        int("three")
    except ValueError:
        get_logger().exception("request_failed", method="POST")

    first, *rest = capsys.readouterr().out.splitlines()
    assert "request_failed" in first
    assert first.endswith("method=POST")
    assert rest[-1].startswith("ValueError: invalid literal")


def test_json_lines_take_any_value(capsys) -> None:
    set_up_logs(log_format="json")

    get_logger().info("hold_placed", error=ValueError("broken"))

    assert json.loads(capsys.readouterr().out)["error"] == "ValueError('broken')"


@pytest.fixture
def _root_logger_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.usefixtures("_root_logger_as_before")
def test_a_traceback_of_the_standard_library_shows_no_values(capsys, log_format) -> None:
    set_up_logs(log_format=log_format)

    def fail(pesel: str) -> None:
        int("three")

    try:
        fail("440514" + "01359")
    except ValueError:
        logging.getLogger("asyncio").exception("task_failed")

    written = capsys.readouterr().out
    assert "ValueError: invalid literal" in written
    assert "44051401359" not in written
