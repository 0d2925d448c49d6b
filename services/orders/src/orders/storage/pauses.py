"""How pauses grow, in SQL."""

from typing import Any

from sqlalchemy import ColumnElement, Function, func

from orders.domain.pauses import DOUBLINGS_MAX


def doubling_pause(*, first_s: float, longest_s: float, times: ColumnElement[int]) -> Function[Any]:
    """`first_s`, doubled `times` times up to `longest_s`; never less than `first_s`."""
    doublings = func.power(2, func.least(times, DOUBLINGS_MAX))
    pause_s = func.least(first_s * doublings, max(first_s, longest_s))
    return func.make_interval(0, 0, 0, 0, 0, 0, pause_s)
