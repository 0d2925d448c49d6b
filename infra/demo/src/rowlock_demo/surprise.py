"""What the demo raises when the system does something else than it should."""


class Surprise(Exception):
    """A sentence that says what was expected and what came instead."""


def expect(truth: bool, sentence: str) -> None:  # noqa: FBT001  # reads as an assert does
    """Stop the demo with `sentence` unless it holds."""
    if not truth:
        raise Surprise(sentence)
