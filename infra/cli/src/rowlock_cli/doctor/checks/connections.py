"""The budget of connections: what all processes may open, and what PostgreSQL gives."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from chassis.inspection import Finding
from rowlock_cli.doctor.facts import SystemFacts
from rowlock_cli.looks.databases import DatabaseSight

COMMANDS = 5
"""Left for operators' commands, migrations and whoever else looks."""


def connections_suffice(facts: SystemFacts) -> Iterator[Finding]:
    """Processes that may open more connections than PostgreSQL gives, a rolling restart included."""
    servers: dict[str, list[DatabaseSight]] = defaultdict(list)
    for sight in facts.seen_databases:
        if not sight.is_pooled:  # the pooler's own limits hold then
            servers[sight.server.server].append(sight)
    for several in servers.values():
        yield from _too_few(facts, several)


def _too_few(facts: SystemFacts, sights: list[DatabaseSight]) -> Iterator[Finding]:
    services = {sight.service for sight in sights}
    opened: Counter[str] = Counter()
    for replica in facts.telling:
        if replica.service in services:
            opened[replica.name] += sum(replica.facts.get("connections_max", {}).values())
    if not opened:
        return
    server = sights[0].server
    usable = server.max_connections - server.reserved_connections
    # Rolled one service at a time, new replicas beside the old ones.
    rolled, beside = opened.most_common(1)[0]
    needed = opened.total() + beside + COMMANDS
    if needed > usable:
        yield Finding(
            setting="max_connections",
            wrong=f"PostgreSQL gives {usable} connections; the processes that run may open {opened.total()}, "
            f"{beside} more while {rolled} is rolled, and {COMMANDS} are for commands",
            remedy=f"set max_connections to {needed + server.reserved_connections}, lower "
            "DATABASE_POOL_SIZE, or put PgBouncer in between (docs/scaling.md)",
        )
