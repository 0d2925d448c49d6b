"""Compares refunds with what the provider paid back. Read as payments are: the provider first."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Database
from chassis.ids import lowest_id
from orders.clients.payment_provider import PaymentProvider, ProviderRefund, ProviderRefundState
from orders.domain.findings import Finding, FindingKind, Report
from orders.domain.states import RefundState
from orders.queries.reconcile.reading import PIECE_MAX, pieces_of, read
from orders.queries.reconcile.terms import Terms

ASKED_MAX = 100
"""So many refunds that seem to differ are asked for one by one before they are findings."""

_KNOWN = text("""
SELECT refund_id, provider_reference
FROM orders.refunds
JOIN orders.payments USING (payment_id)
WHERE provider = :provider
  AND (refund_id = ANY(CAST(:refund_ids AS uuid[]))
       OR provider_reference = ANY(CAST(:references AS text[])))
""")

_CAPTURES = text("""
SELECT reference, payment_id, order_id FROM orders.ledger_entries
WHERE kind = 'captured' AND provider = :provider AND reference = ANY(CAST(:references AS text[]))
""")

# They were started since then here, and later still at the provider.
_REFUNDS_SINCE = text("""
SELECT refund_id, refund.order_id, payment_id, capture_reference, provider_reference, refund.state,
       refund.amount_minor, refund.currency, settled_at
FROM orders.refunds AS refund
JOIN orders.payments USING (payment_id)
WHERE refund_id > :after AND provider = :provider AND refund.created_at >= :since
ORDER BY refund_id
LIMIT :refunds_max
""")


async def compare_refunds(db: Database, *, provider: PaymentProvider, terms: Terms, report: Report) -> None:
    """Compare refunds started since `terms.since`. Raises ProviderUnavailable or ProviderRefused."""
    theirs = defaultdict[UUID, list[ProviderRefund]](list)
    async for piece in pieces_of(provider.refunds_since(since=terms.since)):
        known = await _known(db, provider.name, piece)
        for refund in piece:
            if refund.reference in known:
                theirs[known[refund.reference]].append(refund)
        strangers = [refund for refund in piece if refund.reference not in known]
        report.add(await _unknown_here(db, provider.name, strangers))
        report.compared["refunds"] += len(piece)
    asked = 0
    async for ours in _refunds_since(db, provider.name, terms):
        finding = _difference(ours, theirs[ours.refund_id], terms)
        if finding is not None and asked < ASKED_MAX:
            asked += 1
            finding = _difference(ours, await _ask(provider, ours), terms)
        report.add([finding] if finding else [])


async def _known(db: Database, provider: str, piece: Sequence[ProviderRefund]) -> Mapping[str, UUID]:
    """Which refund of ours each of the provider's is, by the provider's reference."""
    refund_ids = [refund.refund_id for refund in piece if refund.refund_id]
    references = [refund.reference for refund in piece]
    rows = await read(db, _KNOWN, provider=provider, refund_ids=refund_ids, references=references)
    by_id = {row.refund_id for row in rows}
    known: dict[str, UUID] = {row.provider_reference: row.refund_id for row in rows}
    # An attempt that failed has another reference than the one that is kept.
    attempts = ((refund.reference, refund.refund_id) for refund in piece)
    return known | {
        reference: refund_id for reference, refund_id in attempts if refund_id and refund_id in by_id
    }


async def _unknown_here(db: Database, provider: str, strangers: Sequence[ProviderRefund]) -> list[Finding]:
    """Those that took money from a capture of ours; an account may have other shops' refunds."""
    took = [refund for refund in strangers if refund.state is not ProviderRefundState.FAILED]
    references = [refund.capture_reference for refund in took if refund.capture_reference]
    rows = await read(db, _CAPTURES, provider=provider, references=references)
    captures = {row.reference: row for row in rows}
    return [
        Finding(
            kind=FindingKind.REFUND_UNKNOWN_HERE,
            order_id=captures[refund.capture_reference].order_id,
            payment_id=captures[refund.capture_reference].payment_id,
            refund_id=refund.refund_id,
            reference=refund.reference,
            expected="nothing paid back",
            found=str(refund.amount),
        )
        for refund in took
        if refund.capture_reference in captures
    ]


async def _refunds_since(db: Database, provider: str, terms: Terms) -> AsyncIterator[Row[Any]]:
    since = terms.since + timedelta(seconds=terms.settle_s)
    after = lowest_id(since)
    while page := await read(
        db, _REFUNDS_SINCE, after=after, provider=provider, since=since, refunds_max=PIECE_MAX
    ):
        for ours in page:
            yield ours
        after = page[-1].refund_id


async def _ask(provider: PaymentProvider, ours: Row[Any]) -> list[ProviderRefund]:
    of_capture = await provider.find_refunds_of(capture_reference=ours.capture_reference)
    return [
        refund
        for refund in of_capture
        if refund.refund_id == ours.refund_id or refund.reference == ours.provider_reference
    ]


def _difference(ours: Row[Any], theirs: Sequence[ProviderRefund], terms: Terms) -> Finding | None:
    if ours.state == RefundState.SETTLED and ours.settled_at > terms.settled_before:
        return None
    by_hand = ours.state == RefundState.SETTLED and ours.provider_reference is None
    if ours.state in (RefundState.SETTLED, RefundState.SUBMITTED) and not theirs and not by_hand:
        return _finding(FindingKind.REFUND_UNKNOWN_TO_PROVIDER, ours, expected=ours.state, found="unknown")
    paid, owed = _paid_back(theirs), Counter({ours.currency: ours.amount_minor})
    if ours.state == RefundState.FAILED or by_hand:
        fits, expected = not paid, _text(Counter())
    elif ours.state == RefundState.SETTLED:
        fits, expected = paid == owed, _text(owed)
    else:  # it may have succeeded this moment: a job will ask, or be told
        fits, expected = paid <= owed, f"at most {_text(owed)}"
    return None if fits else _finding(FindingKind.REFUND_DIFFERS, ours, expected=expected, found=_text(paid))


def _paid_back(theirs: Iterable[ProviderRefund]) -> Counter[str]:
    """What succeeded, in minor units by currency."""
    paid = Counter[str]()
    for refund in theirs:
        if refund.state is ProviderRefundState.SUCCEEDED:
            paid[refund.amount.currency] += refund.amount.amount_minor
    return paid


def _finding(kind: FindingKind, ours: Row[Any], *, expected: str, found: str) -> Finding:
    return Finding(
        kind=kind,
        order_id=ours.order_id,
        payment_id=ours.payment_id,
        refund_id=ours.refund_id,
        reference=ours.provider_reference,
        expected=expected,
        found=f"{found}, the refund is {ours.state}",
    )


def _text(money: Counter[str]) -> str:
    return ", ".join(f"{minor} {currency}" for currency, minor in money.items()) or "nothing paid back"
