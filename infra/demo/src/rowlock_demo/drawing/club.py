"""A small club without a single seat: a dance floor and a gallery, both standing."""

from rowlock_demo.drawing.plan import Json, document, drawn_area, standing_area, zone

FLOOR, GALLERY = "Floor", "Gallery"
CATEGORIES = {FLOOR: "#b4323c", GALLERY: "#2f6db5"}


def draw() -> Json:
    """The club's seating plan."""
    stage = drawn_area(label="Stage", at=(160, 60), width=320, height=100)
    bar = drawn_area(label="Bar", at=(620, 190), width=160, height=340)
    floor = drawn_area(label="Dance floor", at=(60, 190), width=520, height=340, color="#eec3c7")
    gallery = drawn_area(label="Gallery", at=(60, 560), width=720, height=110, color="#c4d6ec")
    areas = [
        stage,
        bar,
        standing_area(area_id="dance-floor", category=FLOOR, capacity=320, drawn=floor),
        standing_area(area_id="gallery", category=GALLERY, capacity=80, drawn=gallery),
    ]
    return document(
        name="Cellar Club", size=(840, 730), categories=CATEGORIES, zones=[zone(name="Club", areas=areas)]
    )
