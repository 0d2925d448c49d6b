"""The job that compares the books, and tells what it found as lines of the log and as metrics."""

from contextlib import aclosing
from dataclasses import asdict
from datetime import datetime

from chassis.clock import utc_now
from chassis.database import Database, Snapshot, Transaction
from chassis.jobs import Job
from chassis.logs import get_logger
from chassis.metrics import SampledGauge, each_word
from chassis.sampling import Reading
from orders.clients.payment_provider import PaymentProvider
from orders.clients.sold_seats import SoldSeats
from orders.domain.findings import Finding, FindingKind, Report
from orders.queries.reconcile import PARTS, Terms, reconcile
from orders.settings import Settings
from orders.storage.payment_looks import look_soon
from orders.storage.reconciliation import Round, begin_round, end_round, last_round

BUSY_SHARE_MAX = 0.1
"""Of a worker's time: where a round takes long, rounds are further apart."""
LOGGED_PER_ROUND_MAX = 200
HEALED_BY_ASKING = {FindingKind.CAPTURE_NOT_IN_LEDGER, FindingKind.PAGE_OPEN_TOO_LONG}
"""The provider has something to tell of these payments that no notice and no question brought here."""

FINDINGS = SampledGauge(
    "rowlock_reconcile_findings", "Differences the last comparison of the books found", {"kind": FindingKind}
)
NOT_COMPARED = SampledGauge(
    "rowlock_reconcile_not_compared",
    "1 where the last comparison of the books got no answer",
    {"part": PARTS},
)
ENDED_AT = SampledGauge(
    "rowlock_reconcile_ended_at_seconds", "When the last comparison of the books ended, as Unix time"
)

log = get_logger()


def reconcile_jobs(db: Database, settings: Settings, provider: PaymentProvider | None) -> list[Job]:
    """Replicas take turns: whichever finds a round due does it."""
    every_s = settings.reconcile_every_s

    async def begin(tx: Transaction) -> bool:
        # Pauses vary, so that replicas do not run together: the turn must not be missed by a moment.
        return await begin_round(tx, every_s=every_s / 2, now=utc_now())

    async def take_turn() -> int:
        if not await db.run(begin):
            return 0
        async with aclosing(SoldSeats(settings)) as sold_seats:
            await do_round(db, settings, provider=provider, sold_seats=sold_seats)
        return 1

    return [Job("reconcile", every_s, take_turn, busy_share_max=BUSY_SHARE_MAX)]


async def do_round(
    db: Database, settings: Settings, *, provider: PaymentProvider | None, sold_seats: SoldSeats
) -> Report:
    """Compare everything, log what was found, have missed captures asked for, and keep the figures."""
    report = await compare(db, settings, provider=provider, sold_seats=sold_seats, now=utc_now())
    for finding in report.findings[:LOGGED_PER_ROUND_MAX]:
        log.warning("reconcile_finding", **facts_of(finding))
    log.info(
        "reconciled",
        findings=report.counts.total(),
        compared=dict(report.compared),
        not_compared=report.not_compared,
    )
    ended = Round(ended_at=utc_now(), findings=report.count_by_kind(), not_compared=report.not_compared)
    await db.run(lambda tx: end_round(tx, ended=ended))
    return report


async def compare(
    db: Database,
    settings: Settings,
    *,
    provider: PaymentProvider | None,
    sold_seats: SoldSeats,
    now: datetime,
    report: Report | None = None,
) -> Report:
    """Compare everything, on the settings' terms; what a lost notice left out will be asked for at once.
    Whoever gives a `report` can see how far it has got.
    """
    terms = Terms(
        now=now,
        look_back_s=settings.reconcile_look_back_s,
        settle_s=settings.reconcile_settle_s,
        stuck_s=settings.reconcile_stuck_s,
        refund_stuck_s=settings.reconcile_refund_stuck_s,
    )
    report = await reconcile(db, provider=provider, sold_seats=sold_seats, terms=terms, report=report)
    await _have_asked_for(db, report, now)
    return report


def facts_of(finding: Finding) -> dict[str, str]:
    """What a finding says, as text; without what it is not about."""
    return {name: str(value) for name, value in asdict(finding).items() if value is not None}


async def _have_asked_for(db: Database, report: Report, now: datetime) -> None:
    """Let the job that looks after payments take in what was missed, and close what is still open."""
    missed = {finding.payment_id for finding in report.findings if finding.kind in HEALED_BY_ASKING}
    for payment_id in filter(None, missed):
        await db.run(lambda tx, payment_id=payment_id: look_soon(tx, payment_id=payment_id, at=now))


async def sample_last_round(conn: Snapshot) -> Reading:
    """For /metrics: what the last round found, whichever replica did it; nothing before the first."""
    ended = await last_round(conn)
    if ended is None:
        return {}
    return {
        FINDINGS: each_word(FindingKind, ended.findings),
        NOT_COMPARED: each_word(PARTS, dict.fromkeys(ended.not_compared, 1)),
        ENDED_AT: {(): ended.ended_at.timestamp()},
    }
