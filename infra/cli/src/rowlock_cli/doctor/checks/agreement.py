"""What must be the same for all: keys, addresses, proxies, clocks. Processes tell what they were told."""

from collections import defaultdict
from collections.abc import Iterator

from chassis.inspection import Finding
from rowlock_cli.doctor.facts import SystemFacts
from rowlock_cli.looks.replicas import ReplicaSight

ALIKE = {
    "settings": (
        "ROWLOCK_MODE",
        "TRUSTED_PROXIES",
        "ACCESS_TOKEN_ISSUER",
        "ACCESS_TOKEN_AUDIENCE",
        "HOLD_TOKEN_ISSUER",
        "HOLD_TOKEN_AUDIENCE",
        "PUBLIC_URL",
    ),
    "addresses": ("AMQP_URL", "ACCESS_TOKEN_JWKS"),
    "files": ("WRAPPING_KEYS", "LOOKUP_KEY", "INTERNAL_API_KEY"),
}
"""Kind of fact -> settings that must be the same wherever they are told."""
OF_REPLICAS = {"files": ("HOLD_TOKEN_PRIVATE_KEY", "HOLD_TOKEN_JWKS"), "settings": ("PAYMENT_PROVIDER",)}
SKEW_S_MAX = 2.0
"""Tokens and notices are believed for seconds around their time."""


def processes_told_the_same(facts: SystemFacts) -> Iterator[Finding]:
    """Processes that do not share a key, the broker, the mode, or how many proxies are in front."""
    for kind, names in ALIKE.items():
        for name in (*names, *OF_REPLICAS.get(kind, ())):
            yield from _unlike(name, kind, facts.telling)


def _unlike(name: str, kind: str, replicas: list[ReplicaSight]) -> Iterator[Finding]:
    told: dict[str, list[str]] = defaultdict(list)
    for replica in replicas:
        value = replica.facts.get(kind, {}).get(name)
        # A key that is not set is none of that process: it would not have started if it needed it.
        if value is not None and value != "unset":
            told[str(value)].append(replica.name)
    if len(told) < 2:  # noqa: PLR2004 -- one value is what we want
        return
    groups = sorted(told.items(), key=lambda item: -len(item[1]))
    words = "; ".join(f"{_some(names)}: {value}" for value, names in groups)
    what = "has not the same content everywhere (fingerprints)" if kind == "files" else "is not the same"
    yield Finding(
        setting=name,
        wrong=f"{what}: {words}",
        remedy="give every process the same, and restart those that had another",
    )


def _some(names: list[str]) -> str:
    return ", ".join(sorted(set(names)))


def gateway_counts_the_same_proxies(facts: SystemFacts) -> Iterator[Finding]:
    """TRUSTED_PROXIES other than the gateway's: limits would count the wrong addresses."""
    wanted = facts.operator.gateway_trusted_proxies
    if wanted is None:
        return
    other = sorted(
        {
            f"{each.name}: {told}"
            for each in facts.telling
            if (told := each.setting("TRUSTED_PROXIES")) != wanted
        }
    )
    if other:
        yield Finding(
            setting="TRUSTED_PROXIES",
            wrong=f"the gateway has GATEWAY_TRUSTED_PROXIES={wanted}, but {', '.join(other)}",
            remedy="give every process the gateway's number, and restart it",
        )


def clocks_agree(facts: SystemFacts) -> Iterator[Finding]:
    """Clocks of this machine, PostgreSQL and the processes that are more than two seconds apart."""
    clocks = [(each.name, each.clock_ahead_s, each.took_s) for each in facts.telling]
    clocks += [
        (f"PostgreSQL of {each.service}", each.clock_ahead_s, each.took_s) for each in facts.seen_databases
    ]
    for name, ahead_s, took_s in clocks:
        if ahead_s is None or abs(ahead_s) - took_s <= SKEW_S_MAX:
            continue
        direction = "ahead of" if ahead_s > 0 else "behind"
        yield Finding(
            setting="clock",
            wrong=f"the clock of {name} is {abs(ahead_s):.0f} s {direction} this machine's",
            remedy="let all machines take their time from the same servers (chrony, systemd-timesyncd)",
        )
