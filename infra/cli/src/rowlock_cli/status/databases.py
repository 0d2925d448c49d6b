"""PostgreSQL and the outboxes, out of what was seen of each service's database."""

from collections.abc import Mapping

from chassis.inspection import PartState, PartStatus, age
from rowlock_cli.asking import Unanswered
from rowlock_cli.looks.databases import COUNTED_MAX, DatabaseSight, Revisions

CONNECTIONS_SHARE_MAX = 0.9
OUTBOX_LATE_S = 60.0
"""Older than this, nobody is sending: a relay takes milliseconds, and tries again every half a minute."""

Sights = Mapping[str, DatabaseSight | Unanswered]


def postgres_statuses(sights: Sights) -> list[PartStatus]:
    """One line for each server, and one for what could not be asked."""
    servers: dict[str, list[DatabaseSight]] = {}
    silent: dict[str, list[str]] = {}
    for service, sight in sights.items():
        if isinstance(sight, DatabaseSight):
            servers.setdefault(sight.server.server, []).append(sight)
        else:
            silent.setdefault(str(sight), []).append(service)
    return [
        *(_server(several, alone=len(servers) == 1) for several in servers.values()),
        *(
            PartStatus(part="postgres", state=PartState.UNKNOWN, says=f"{', '.join(services)}: {why}")
            for why, services in silent.items()
        ),
    ]


def _server(several: list[DatabaseSight], *, alone: bool) -> PartStatus:
    server = several[0].server
    usable = server.max_connections - server.reserved_connections
    behind = [f"{each.service} {_words(each.revisions)}" for each in several if each.revisions.missing != 0]
    troubles = [f"schema of {what}" for what in behind]
    if server.connections >= CONNECTIONS_SHARE_MAX * usable:
        troubles.append("almost out of connections")
    if server.is_standby:
        troubles.append("a standby, which takes no writes")
    usual = f"{server.version}, {server.connections} of {server.max_connections} connections"
    whose = "" if alone else f" ({', '.join(each.service for each in several)})"
    facts = {
        "version": server.version,
        "connections": server.connections,
        "max_connections": server.max_connections,
        "services": [each.service for each in several],
        "revisions": {
            each.service: {"current": each.revisions.current, "head": each.revisions.head} for each in several
        },
        "is_pooled": any(each.is_pooled for each in several),
    }
    state = PartState.TROUBLE if troubles else PartState.OK
    says = "; ".join([*troubles, usual + whose] if troubles else [f"{usual}, schemas at head{whose}"])
    return PartStatus(part="postgres", state=state, says=says, facts=facts)


def _words(revisions: Revisions) -> str:
    if revisions.current is None:
        return "was never migrated"
    if revisions.missing is None:
        return f"is newer than this installation ({revisions.current})"
    return f"lacks {revisions.missing} migration{'s' if revisions.missing > 1 else ''}"


def outbox_status(sights: Sights) -> PartStatus:
    """What is committed and not sent yet."""
    seen = [sight for sight in sights.values() if isinstance(sight, DatabaseSight)]
    facts = {
        sight.service: {"messages": sight.outbox_messages, "oldest_s": sight.outbox_oldest_s}
        for sight in seen
    }
    if not seen:
        return PartStatus(part="outboxes", state=PartState.UNKNOWN, says="no database answered", facts=facts)
    filled = [f"{sight.service} {_backlog(sight)}" for sight in seen if sight.outbox_messages]
    late = any((sight.outbox_oldest_s or 0) > OUTBOX_LATE_S for sight in seen)
    unseen = [service for service, sight in sights.items() if not isinstance(sight, DatabaseSight)]
    says = ", ".join(filled) if filled else "everything committed is sent"
    if unseen:
        says += f"; not asked: {', '.join(unseen)}"
    state = PartState.TROUBLE if late else PartState.UNKNOWN if unseen else PartState.OK
    return PartStatus(part="outboxes", state=state, says=says, facts=facts)


def _backlog(sight: DatabaseSight) -> str:
    more = "or more " if sight.outbox_messages == COUNTED_MAX else ""
    return f"{sight.outbox_messages} {more}(oldest {age(max(0.0, sight.outbox_oldest_s or 0.0))})"
