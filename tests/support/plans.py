"""Seating plans as organizers' editors write them, no larger than a test needs."""

from typing import Any


def small_plan(*, name: str = "Chamber", rows: int = 2, seats: int = 3, standing: int = 0) -> dict[str, Any]:
    """Rows A, B… of seats `A-1`, `A-2`… in category Stalls, and an area `pit` if it has room to stand."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:rows]
    return {
        "name": name,
        "size": {"width": 1000, "height": 1000},
        "categories": [{"name": "Stalls", "color": "#b4323c"}],
        "zones": [
            {
                "name": "Main",
                "position": {"x": 0, "y": 0},
                "rows": [_row(letter, y=30 * index, seats=seats) for index, letter in enumerate(letters)],
                "areas": [_pit(capacity=standing)] if standing else [],
            }
        ],
    }


def _row(letter: str, *, y: int, seats: int) -> dict[str, Any]:
    return {
        "row_number": letter,
        "position": {"x": 0, "y": y},
        "seats": [
            {
                "seat_guid": f"{letter}-{number}",
                "seat_number": str(number),
                "position": {"x": 25 * number, "y": 0},
                "category": "Stalls",
            }
            for number in range(1, seats + 1)
        ],
    }


def _pit(*, capacity: int) -> dict[str, Any]:
    return {
        "shape": "rectangle",
        "rectangle": {"width": 300, "height": 150},
        "position": {"x": 0, "y": 500},
        "color": "#dddddd",
        "general_admission": {"area_id": "pit", "name": "Pit", "category": "Stalls", "capacity": capacity},
    }
