"""The logs of all processes, as one."""

import io
import json

from rowlock_local.home import Home
from rowlock_local.log_view import LogView, readable


def test_lines_carry_the_name_of_their_process_and_halves_wait(tmp_path):
    home, out = Home(tmp_path), io.StringIO()
    home.create()
    view = LogView(home, out=out)
    (home.logs / "postgres.log").write_text("ready\nhal")
    (home.logs / "catalog-api-1.log").write_text("listening\n")
    view.print_new()
    with (home.logs / "postgres.log").open("a") as log:
        log.write("f a line\n")
    view.print_new()

    lines = [line.split("│ ") for line in out.getvalue().splitlines()]
    assert [(name.strip(), text) for name, text in lines] == [
        ("catalog-api-1", "listening"),
        ("postgres", "ready"),
        ("postgres", "half a line"),
    ]


def test_a_log_that_was_emptied_is_read_from_its_start(tmp_path):
    home, out = Home(tmp_path), io.StringIO()
    home.create()
    view = LogView(home, out=out)
    log = home.logs / "gateway.log"
    log.write_text("a rather long line\n")
    view.print_new()
    log.write_text("short\n")
    view.print_new()

    assert [line.split("│ ")[1] for line in out.getvalue().splitlines()] == ["a rather long line", "short"]


def test_the_lines_of_the_gateway_are_shown_in_short():
    line = {
        "RequestMethod": "GET",
        "RequestPath": "/api/v1/events",
        "DownstreamStatus": 200,
        "Duration": 1_500_000,
    }

    assert readable(json.dumps(line)).strip() == "GET /api/v1/events 200 1.5 ms"
    assert readable('{"level":"warn","message":"careful"}') == "warn careful"
    assert readable("{ not json") == "{ not json"
