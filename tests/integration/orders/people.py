"""People with PESELs of their own, and events that ask for them."""

from typing import Any

from stdnum.pl.pesel import calc_check_digit

from chassis.ids import new_id

ORGANIZATION = new_id()


def pesel(number: int = 0) -> str:
    """A valid PESEL for each `number` below 10,000: somebody born on 14 May 1944."""
    digits = f"440514{number:04}"
    return digits + calc_check_digit(digits)


def asks_for_pesel(*, tickets_per_person_max: int | None = None, **changes: Any) -> dict[str, Any]:
    """What `scene.publish_event` takes for an event that requires PESELs."""
    limit = {"tickets_per_person_max": tickets_per_person_max}
    return {"pesel_required": True, "organization_id": ORGANIZATION} | limit | changes
