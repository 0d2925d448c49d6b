"""What a mail server may do wrong, on request: for tests of who sends."""

from dataclasses import asdict, dataclass, fields

REFUSED_PREFIX = "refused"
"""A recipient that begins like this is refused with 550, and the reply repeats the address."""


class FailureUnknown(Exception):
    """A failure must be one of those listed, and its number not negative."""


@dataclass
class Failures:
    """How many of the next mails meet which failure; the first that applies is used up.

    `close_after_data`: the mail is kept, and the connection closed without a reply.
    `answer_after_ms` holds for every mail: it is kept, and the reply comes later.
    """

    refuse_temporarily: int = 0
    refuse_permanently: int = 0
    close_after_data: int = 0
    answer_after_ms: int = 0

    def take(self, name: str) -> bool:
        """Use up one of these failures; False when none is left."""
        left = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        return left > 0

    def replace(self, wanted: object) -> None:
        """Set all of them; those not named become 0. Raises FailureUnknown."""
        names = {field.name for field in fields(self)}
        if not isinstance(wanted, dict) or not set(wanted) <= names:
            raise FailureUnknown(f"name some of {', '.join(sorted(names))}")
        if not all(isinstance(number, int) and number >= 0 for number in wanted.values()):
            raise FailureUnknown("numbers from 0")
        for name in names:
            setattr(self, name, wanted.get(name, 0))

    def as_json(self) -> dict[str, int]:
        return asdict(self)
