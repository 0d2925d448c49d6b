"""What is measured beside the ladder, by name, in the order of the report."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from bench import guests, half_peak, listing, login_flood, saga
from bench.ladder import Stage

LOGINS_PER_S = 20
LOGIN_TURNS = 16
ORDERS_PER_S = 50
PAGES_PER_S = 100


@dataclass(frozen=True, kw_only=True)
class _Terms:
    """What the parts share. `rate_per_s` is that of paced holds; `seconds` the length of one measurement."""

    stage: Stage
    tokens: list[str]
    rate_per_s: float
    seconds: float


def measure_parts(
    names: Collection[str], stage: Stage, *, tokens: list[str], rate_per_s: float | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The figures of each named part; without a rate those that need one are left out."""
    terms = _Terms(stage=stage, tokens=tokens, rate_per_s=rate_per_s or 0, seconds=2 * stage.plan.measure_s)
    for name, (title, measure) in PARTS.items():
        if name in names and (rate_per_s or name not in _PACED):
            yield title, measure(terms)


def _half_peak(terms: _Terms) -> dict[str, Any]:
    return half_peak.measure(
        terms.stage, rate_per_s=terms.rate_per_s, tokens=terms.tokens, seconds=terms.seconds
    )


def _login_flood(share: float) -> Callable[[_Terms], dict[str, Any]]:
    def measure(terms: _Terms) -> dict[str, Any]:
        return login_flood.measure(
            terms.stage,
            rate_per_s=terms.rate_per_s * share,
            logins_per_s=LOGINS_PER_S,
            tokens=terms.tokens,
            seconds=terms.seconds / 2,
            turns=LOGIN_TURNS,
        )

    return measure


def _guests(terms: _Terms) -> dict[str, Any]:
    return guests.measure(terms.stage, seconds=terms.seconds / 2)


def _saga(*, opened_before: bool) -> Callable[[_Terms], dict[str, Any]]:
    def measure(terms: _Terms) -> dict[str, Any]:
        return saga.measure(
            terms.stage,
            orders_per_s=ORDERS_PER_S,
            tokens=terms.tokens,
            seconds=terms.seconds,
            opened_before=opened_before,
        )

    return measure


def _listing(terms: _Terms) -> dict[str, Any]:
    return listing.measure(terms.stage, rate_per_s=PAGES_PER_S, seconds=terms.seconds)


PARTS: dict[str, tuple[str, Callable[[_Terms], dict[str, Any]]]] = {
    "half-peak": ("holds_at_half_of_peak", _half_peak),
    "login-flood-quarter": ("login_flood_at_a_quarter_of_peak", _login_flood(0.5)),
    "login-flood": ("login_flood_at_half_of_peak", _login_flood(1)),
    "guests": ("guests", _guests),
    "saga": ("saga", _saga(opened_before=True)),
    "saga-journeys": ("saga_with_whole_journeys", _saga(opened_before=False)),
    "listing": ("listing", _listing),
}
_PACED = ("half-peak", "login-flood-quarter", "login-flood")
