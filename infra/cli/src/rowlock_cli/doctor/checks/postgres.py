"""PostgreSQL: its version, its settings, the roles and the schemas."""

from collections.abc import Iterator

from chassis.inspection import Finding
from rowlock_cli.doctor.facts import SystemFacts

VERSION_MIN = 16
"""Of what is tested with; 18 is what we run."""
TIMEOUTS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
NONE = ("0", "0ms", "0s")


def version_recent_enough(facts: SystemFacts) -> Iterator[Finding]:
    """A PostgreSQL that is too old for what the services ask of it."""
    for sight in facts.seen_databases:
        if sight.server.version_num < VERSION_MIN * 10_000:
            yield Finding(
                setting=f"{sight.service.upper()}_DATABASE_URL",
                wrong=f"leads to PostgreSQL {sight.server.version}; {VERSION_MIN} is the oldest that will do",
                remedy="move the schema to PostgreSQL 18 (docs/scaling.md)",
            )


def takes_writes(facts: SystemFacts) -> Iterator[Finding]:
    """A DATABASE_URL that leads to a standby, which takes no writes."""
    for sight in facts.seen_databases:
        if sight.server.is_standby:
            yield Finding(
                setting=f"{sight.service.upper()}_DATABASE_URL",
                wrong="leads to a standby, which takes no writes",
                remedy="name the primary",
            )


def roles_have_timeouts(facts: SystemFacts) -> Iterator[Finding]:
    """A service's role without lock_timeout, statement_timeout or idle_in_transaction_session_timeout."""
    for sight in facts.seen_databases:
        missing = [name for name in TIMEOUTS if getattr(sight.server, name) in NONE]
        if missing:
            yield Finding(
                setting=", ".join(missing),
                wrong=f"the role of {sight.service} has none: one stuck transaction would stop all others",
                remedy=f"run `rowlock provision {sight.service}`, which sets them, and restart the service",
            )


def schemas_at_head(facts: SystemFacts) -> Iterator[Finding]:
    """A schema that lacks migrations, or was migrated by a newer version than the one installed here."""
    for sight in facts.seen_databases:
        revisions = sight.revisions
        name = f"migrations of {sight.service}"
        if revisions.missing is None:
            yield Finding(
                setting=name,
                wrong=f"the schema is at {revisions.current}, which this installation does not know",
                remedy="run the version that made it; schemas are not migrated back",
            )
        elif revisions.missing:
            at = revisions.current or "nothing"
            yield Finding(
                setting=name,
                wrong=f"the schema is at {at}, {revisions.missing} behind {revisions.head}",
                remedy=f"run `rowlock migrate {sight.service}` before its processes",
            )


def commits_survive_a_crash(facts: SystemFacts) -> Iterator[Finding]:
    """Production: fsync, full_page_writes or synchronous_commit off: a 2xx answer may be forgotten."""
    if not facts.is_production:
        return
    for sight in facts.seen_databases:
        off = [
            name
            for name in ("fsync", "full_page_writes", "synchronous_commit")
            if getattr(sight.server, name) == "off"
        ]
        if off:
            yield Finding(
                setting=", ".join(off),
                wrong=f"off for {sight.service}: a crash of the server loses what was answered with 2xx",
                remedy="turn it on, for the server and for the role",
            )
