"""What several use cases cannot find."""


class EventNotFound(Exception):
    """No such event, or a draft and the caller is no organizer."""

    def __init__(self) -> None:
        super().__init__("There is no such event.")


class VenueNotFound(Exception):
    """No such venue."""

    def __init__(self) -> None:
        super().__init__("There is no such venue.")


class SeatingPlanNotFound(Exception):
    """No such seating plan."""

    def __init__(self) -> None:
        super().__init__("There is no such seating plan.")
