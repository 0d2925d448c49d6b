"""What several use cases cannot find."""


class EventNotFound(Exception):
    """No such event, or one that the caller may not know of: another's, or a draft."""

    def __init__(self) -> None:
        super().__init__("There is no such event.")


class VenueNotFound(Exception):
    """No such venue, or another organization's."""

    def __init__(self) -> None:
        super().__init__("There is no such venue.")


class SeatingPlanNotFound(Exception):
    """No such seating plan, or another organization's."""

    def __init__(self) -> None:
        super().__init__("There is no such seating plan.")
