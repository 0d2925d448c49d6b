"""Draws the example venues as seating plans, in the format of pretix's plan editor.

All lengths are in the plan's pixels; a seat takes 25 of them, so 50 are about a metre.
`x` grows to the right and `y` downwards, as on a screen.
"""

import json
from collections.abc import Callable
from pathlib import Path

from rowlock_demo.drawing import arena, club, theatre
from rowlock_demo.drawing.plan import Json
from rowlock_demo.drawing.svg import to_svg

PLANS: dict[str, Callable[[], Json]] = {
    "theatre": theatre.draw,
    "arena": arena.draw,
    "club": club.draw,
}
"""How each example is drawn, by the name of its file."""


def write_examples(folder: Path) -> list[Path]:
    """Write every plan as `<name>.json` and its picture as `<name>.svg`; returns the files written."""
    written: list[Path] = []
    for name, draw in PLANS.items():
        plan = draw()
        for suffix, text in ((".json", to_json(plan)), (".svg", to_svg(plan))):
            file = folder / f"{name}{suffix}"
            file.write_text(text, encoding="utf-8")
            written.append(file)
    return written


def to_json(plan: Json) -> str:
    """One line a zone: compact enough for 12,000 seats, and a diff still says which block changed."""
    zones = ",\n".join(json.dumps(zone, separators=(",", ":")) for zone in plan["zones"])
    head = json.dumps({key: value for key, value in plan.items() if key != "zones"}, indent=1)
    return f'{head[:-2]},\n "zones": [\n{zones}\n ]\n}}\n'
