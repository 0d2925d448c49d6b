"""The seating-plan document as OpenAPI describes it, with an example.

The body is read and checked outside of FastAPI, in a thread, so it is described by hand.
"""

from typing import Any

EXAMPLE: dict[str, Any] = {
    "name": "Cellar Club",
    "size": {"width": 400, "height": 300},
    "categories": [{"name": "Tables", "color": "#7f4a91"}, {"name": "Standing"}],
    "zones": [
        {
            "name": "Floor",
            "position": {"x": 20, "y": 20},
            "rows": [
                {
                    "row_number": "1",
                    "position": {"x": 0, "y": 0},
                    "seats": [
                        {
                            "seat_guid": "floor-1-1",
                            "seat_number": "1",
                            "position": {"x": 0, "y": 0},
                            "category": "Tables",
                        },
                        {
                            "seat_guid": "floor-1-2",
                            "seat_number": "2",
                            "position": {"x": 25, "y": 0},
                            "category": "Tables",
                        },
                    ],
                }
            ],
            "areas": [
                {
                    "shape": "rectangle",
                    "rectangle": {"width": 300, "height": 150},
                    "position": {"x": 0, "y": 60},
                    "color": "#dddddd",
                    "general_admission": {
                        "area_id": "standing",
                        "name": "Standing",
                        "category": "Standing",
                        "capacity": 200,
                    },
                }
            ],
        }
    ],
}

PLAN_REQUEST: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/PlanDocument"},
            "examples": {"club": {"summary": "Two seats and standing room", "value": EXAMPLE}},
        }
    },
}
