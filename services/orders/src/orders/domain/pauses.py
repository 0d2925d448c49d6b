"""How pauses grow."""

DOUBLINGS_MAX = 20
"""Keeps the power within its type; the longest pause is long reached by then."""
