"""One run on disk: `bench/reports/<date>-<name>.json`, and a Markdown page made from it alone."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from bench.measurement import Measurement

_REPORTS = Path(__file__).parent / "reports"


def as_row(one: Measurement) -> dict[str, Any]:
    """A measurement as it stands in the JSON report."""
    row = asdict(one) | {
        "holds_per_s": round(one.holds_per_s, 1),
        "answers_per_s": round(one.answers_per_s, 1),
    }
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()}


def write(*, name: str, on: date, ladder: Sequence[Measurement], parts: dict[str, Any]) -> Path:
    """Write both files and return the page; `parts` are the machine and other measurements by name."""
    _REPORTS.mkdir(exist_ok=True)
    report = {"name": name, "date": on.isoformat(), **parts, "ladder": [as_row(one) for one in ladder]}
    json_file = _REPORTS / f"{on.isoformat()}-{name}.json"
    json_file.write_text(json.dumps(report, indent=1) + "\n")
    page = json_file.with_suffix(".md")
    page.write_text(as_page(report))
    return page


def as_page(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    lines = [f"# Bench of {report['date']}: {report['name']}", "", *_machine(report["machine"])]
    for pattern in dict.fromkeys(row["pattern"] for row in report["ladder"]):
        lines += ["", f"## Two-seat holds, {pattern}", "", *_ladder(report["ladder"], pattern)]
    for title, section in report.items():
        if isinstance(section, dict) and title != "machine":
            lines += ["", f"## {title.replace('_', ' ').capitalize()}", "", *_table(section)]
    return "\n".join(lines) + "\n"


def _machine(machine: dict[str, Any]) -> list[str]:
    settings = ", ".join(f"{key} {value}" for key, value in machine["postgresql"].items())
    libraries = ", ".join(f"{key} {value}" for key, value in machine["libraries"].items())
    return [
        (
            f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']} GiB, "
            f"Linux {machine['kernel']}; everything on this one machine. "
            f"Load average at the start {machine['load_average_at_start']}."
        ),
        "",
        (
            f"PostgreSQL {settings}. Python {machine['python']}, {libraries}, Traefik {machine['traefik']}. "
            f"Load from {machine['load_generator']}. Method: [bench/README.md](../README.md)."
        ),
    ]


def _ladder(rows: Sequence[dict[str, Any]], pattern: str) -> list[str]:
    table = [
        (
            "| rung | concurrency | holds/s | answers/s | p50 ms | p99 ms | errors "
            "| ratio | answers ratio | of pgbench's peak | cores busy |"
        ),
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    return table + [_ladder_row(row) for row in rows if row["pattern"] == pattern]


def _ladder_row(row: dict[str, Any]) -> str:
    cores = ", ".join(f"{part} {busy:.2f}" for part, busy in row["cpu_cores"].items())
    figures = [
        row["rung"], row["concurrency"], f"{row['holds_per_s']:.0f}", f"{row['answers_per_s']:.0f}",
        f"{row['p50_ms']:.1f}", f"{row['p99_ms']:.1f}", row["errors"],
        row["ratio"], row["answers_ratio"], row["peak_ratio"], cores,
    ]  # fmt: skip
    return "| " + " | ".join(str(figure) for figure in figures) + " |"


def _table(section: dict[str, Any]) -> list[str]:
    return [
        "| what | figure |",
        "|---|---|",
        *(f"| {_words(key)} | {_cell(value)} |" for key, value in section.items()),
    ]


def _words(key: object) -> str:
    return str(key).replace("_", " ")


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_words(key)} {inner}" for key, inner in value.items())
    return str(value)
