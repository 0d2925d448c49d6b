"""`make bench`: measure everything and write the report. `python -m bench --help` has the options."""

import argparse
import logging
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bench import buyers, database, generator, machine, report, stadium, system, wrk
from bench.ladder import Stage, climb
from bench.measurement import peak, with_ratios
from bench.parts import PARTS, measure_parts
from bench.plan import FULL, PATTERNS, QUICK, RUNGS, Plan
from bench.processes import memory_mib
from rowlock_demo.gateway import Gateway


def main() -> None:
    """Start the system, climb the ladder, measure the rest, write the report."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before its time"))  # and the system with it
    arguments = _arguments()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    plan = _plan(arguments)
    with system.running() as running:
        facts = machine.describe(running.admin_url)
        stage, tokens, on_sale_after_s = _stage(running, plan)
        parts: dict[str, Any] = {"machine": facts, "load_generator": generator.measure(stage.load)}
        _say(f"load generator alone: {parts['load_generator']}")
        ladder = with_ratios(list(climb(stage, say=_say)))
        parts["memory_mib"] = {name: memory_mib(pid) for name, pid in running.pids().items()}
        best = peak(ladder, rung="gateway", pattern="uniform")
        rate_per_s = arguments.rate or (best.holds_per_s / 2 if best else None)
        for name, figures in measure_parts(
            () if arguments.ladder_only else arguments.parts, stage, tokens=tokens, rate_per_s=rate_per_s
        ):
            parts[name] = figures
            _say(f"{name}: {figures}")
        parts["on_sale"] = {
            "events": plan.events,
            "seats_per_event": plan.seats_per_event,
            "last_on_sale_after_s": on_sale_after_s,
        }
    page = report.write(name=arguments.name, on=datetime.now(UTC).date(), ladder=ladder, parts=parts)
    _say(f"\n{page.read_text()}\nWritten to {page}")


def _stage(running: system.RunningSystem, plan: Plan) -> tuple[Stage, list[str], float]:
    _say(f"{plan.events} events of {plan.seats_per_event} seats go on sale")
    organizer = buyers.access_token(running.token_key, subject="bench-organizer", role="organizer")
    on_sale = stadium.put_on_sale(
        Gateway(running.url), token=organizer, events=plan.events, seats=plan.seats_per_event
    )
    database.prepare(running.admin_url)
    load = wrk.HttpLoad(
        seats_file=running.home.path / "bench-seats", tokens_file=running.home.path / "bench-tokens"
    )
    load.seats_file.write_text("\n".join(stadium.pairs(on_sale.event_ids, seats=plan.seats_per_event)) + "\n")
    tokens = buyers.write_tokens(running.token_key, buyers=plan.buyers, file=load.tokens_file)
    stage = Stage(plan=plan, system=running, event_ids=on_sale.event_ids, load=load)
    return stage, tokens, on_sale.on_sale_after_s


def _plan(arguments: argparse.Namespace) -> Plan:
    plan = QUICK if arguments.quick else FULL
    chosen = {
        "rungs": arguments.rungs,
        "patterns": arguments.patterns,
        "concurrencies": arguments.concurrencies,
        "measure_s": arguments.seconds,
        "events": arguments.events,
    }
    return replace(plan, **{name: value for name, value in chosen.items() if value})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="fewer concurrencies, shorter: about two minutes"
    )
    parser.add_argument("--name", default="local", help="name of the report (default: %(default)s)")
    parser.add_argument("--rungs", type=_listed, help=f"some of: {', '.join(RUNGS)}")
    parser.add_argument("--patterns", type=_listed, help=f"some of: {', '.join(PATTERNS)}")
    parser.add_argument("--concurrencies", type=_numbers, help="as 1,8,32,128")
    parser.add_argument("--seconds", type=int, help="length of each measurement")
    parser.add_argument("--events", type=int, help="events on sale, of 60,000 seats each")
    parser.add_argument("--ladder-only", action="store_true", help="leave out the parts below")
    parser.add_argument("--parts", type=_listed, default=tuple(PARTS), help=f"some of: {', '.join(PARTS)}")
    parser.add_argument(
        "--rate", type=float, help="holds a second where they are paced (default: half of the gateway's peak)"
    )
    return parser.parse_args()


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
