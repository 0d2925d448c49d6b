"""Seating-plan documents to import."""

from typing import Any

Document = dict[str, Any]


def plan_document(
    *,
    name: str = "Grand Theatre",
    rows: int = 2,
    seats_per_row: int = 4,
    category: str = "Stalls",
    standing: int = 0,
) -> Document:
    """A plan of one zone with `rows` x `seats_per_row` seats and, if asked for, one standing area."""
    categories = [{"name": category, "color": "#7f4a91"}]
    areas = []
    if standing:
        categories.append({"name": "Standing"})
        areas.append(standing_area(capacity=standing))
    return {
        "name": name,
        "size": {"width": 800, "height": 600},
        "categories": categories,
        "zones": [
            {
                "name": category,
                "position": {"x": 100, "y": 50},
                "rows": [
                    row(number=str(index + 1), y=index * 25, seats=seats_per_row, category=category)
                    for index in range(rows)
                ],
                "areas": areas,
            }
        ],
    }


def row(*, number: str, seats: int, category: str, y: float = 0) -> Document:
    return {
        "row_number": number,
        "position": {"x": 0, "y": y},
        "seats": [
            seat(
                seat_id=f"{category}-{number}-{index + 1}",
                number=str(index + 1),
                x=index * 20,
                category=category,
            )
            for index in range(seats)
        ],
    }


def seat(*, seat_id: str, number: str = "1", x: float = 0, category: str = "Stalls") -> Document:
    return {"seat_guid": seat_id, "seat_number": number, "position": {"x": x, "y": 0}, "category": category}


def standing_area(*, area_id: str = "floor", category: str = "Standing", capacity: int = 100) -> Document:
    return {
        "shape": "rectangle",
        "rectangle": {"width": 300, "height": 100},
        "position": {"x": 0, "y": 200},
        "general_admission": {
            "area_id": area_id,
            "name": "Floor",
            "category": category,
            "capacity": capacity,
        },
    }
