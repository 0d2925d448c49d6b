"""What orders tells of itself in `rowlock status`: orders under way, payments, refunds, the books."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from chassis.clock import utc_now
from chassis.database import Snapshot
from chassis.inspection import PartState, PartStatus, age
from chassis.settings import ServiceSettings
from orders.domain.states import RefundState
from orders.queries.refunds import owed_refunds
from orders.queries.standing import orders_under_way, pending_payments
from orders.settings import Settings
from orders.storage.reconciliation import Round, last_round

STUCK_S = 300
"""An order waits for reservation for milliseconds, a payment for the job that asks about it for seconds."""
ROUNDS_MISSED_MAX = 3
"""Long rounds are further apart than RECONCILE_EVERY_S; so many of them are no round at all."""


async def status(conn: Snapshot, settings: ServiceSettings | None) -> Sequence[PartStatus]:
    """Four lines, from the service's own tables."""
    given = settings if isinstance(settings, Settings) else None
    now = utc_now()
    return [
        await _orders(conn, now),
        await _payments(conn, now),
        await _refunds(conn, now, stuck_s=_setting(given, "reconcile_refund_stuck_s")),
        _books(await last_round(conn), now, every_s=_setting(given, "reconcile_every_s")),
    ]


def _setting(settings: Settings | None, name: str) -> float:
    return float(getattr(settings, name) if settings else Settings.model_fields[name].default)


def _line(part: str, says: str, troubles: Sequence[str], facts: Mapping[str, object]) -> PartStatus:
    state = PartState.TROUBLE if troubles else PartState.OK
    return PartStatus(part=part, state=state, says="; ".join([*troubles, says]), facts=facts)


async def _orders(conn: Snapshot, now: datetime) -> PartStatus:
    row = await orders_under_way(conn, late=now - timedelta(seconds=STUCK_S))
    oldest = f", the oldest for {age(row['oldest_s'])}" if row["orders"] else ""
    troubles = [f"{row['stuck']} stuck for more than {age(STUCK_S)}"] if row["stuck"] else []
    if row["events"]:
        troubles.append(f"{row['events']} cancelled events have orders left")
    return _line("orders under way", f"{row['orders']} wait for their seats{oldest}", troubles, dict(row))


async def _payments(conn: Snapshot, now: datetime) -> PartStatus:
    row = await pending_payments(conn, late=now - timedelta(seconds=STUCK_S))
    troubles = [f"{row['stuck']} without an outcome long after their page closed"] if row["stuck"] else []
    return _line("payments", f"{row['payments']} pending", troubles, dict(row))


async def _refunds(conn: Snapshot, now: datetime, *, stuck_s: float) -> PartStatus:
    owed = {row["state"]: row for row in await owed_refunds(conn)}
    counts = {state: row["refunds"] for state, row in owed.items()}
    oldest_s = max(((now - row["since"]).total_seconds() for row in owed.values()), default=0.0)
    troubles = []
    if failed := counts.pop(RefundState.FAILED, 0):
        troubles.append(
            f"{failed} refused by the provider, left to you (rowlock refunds list --state failed)"
        )
    if oldest_s > stuck_s:
        troubles.append(f"the oldest is owed for {age(oldest_s)}")
    says = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none owed"
    return _line("refunds", says, troubles, {"owed": {**counts, "failed": failed}, "oldest_s": oldest_s})


def _books(ended: Round | None, now: datetime, *, every_s: float) -> PartStatus:
    """What the last comparison of the books found."""
    if ended is None:
        return _line("books", "not compared yet", [], {"ended_at": None})
    ago_s = (now - ended.ended_at).total_seconds()
    findings = {kind: count for kind, count in ended.findings.items() if count}
    troubles = [f"{count} {kind}" for kind, count in sorted(findings.items())]
    troubles += [f"not compared with {part}: {why}" for part, why in ended.not_compared.items()]
    if ago_s > ROUNDS_MISSED_MAX * every_s:
        troubles.append("that is long ago")
    says = f"compared {age(max(ago_s, 0))} ago" + ("" if findings else ", no difference")
    facts = {"ended_at": ended.ended_at, "findings": findings, "not_compared": dict(ended.not_compared)}
    return _line("books", says, troubles, facts)
