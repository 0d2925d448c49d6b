"""Compares the ledger's captures, and open payment pages, with what the provider believes.

The provider is read first and orders afterwards, so that whatever the provider had by then should be
here; what moved within `settle_s` of the round's begin, or is about to be asked for, is under way.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Database
from chassis.ids import lowest_id
from orders.clients.payment_provider import Capture, PaymentProvider, ProviderPayment, ProviderPaymentState
from orders.domain.findings import Finding, FindingKind, Report
from orders.domain.order import Money
from orders.domain.states import PaymentState
from orders.queries.reconcile.reading import PIECE_MAX, pieces_of, read
from orders.queries.reconcile.terms import Terms

ASKED_MAX = 100
"""So many captures that the provider's list lacks are asked for one by one before they are findings."""

_PAYMENTS = text("""
SELECT payment_id, order_id, reference, state, look_at, expires_at, changed_at FROM orders.payments
WHERE provider = :provider
  AND (payment_id = ANY(CAST(:payment_ids AS uuid[])) OR reference = ANY(CAST(:references AS text[])))
""")

_CAPTURES = text("""
SELECT reference, payment_id, order_id, amount_minor, currency FROM orders.ledger_entries
WHERE kind = 'captured' AND provider = :provider AND reference = ANY(CAST(:references AS text[]))
""")

# Their payments were created since then here, and later still at the provider.
_CAPTURES_SINCE = text("""
SELECT entry_id, entry.order_id, payment_id, entry.reference, entry.amount_minor, entry.currency,
       payment.reference AS payment_reference
FROM orders.ledger_entries AS entry
JOIN orders.payments AS payment USING (payment_id)
WHERE entry_id > :after AND kind = 'captured' AND entry.provider = :provider
  AND payment.created_at >= :since AND entry.at <= :settled_before
ORDER BY entry_id
LIMIT :entries_max
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ours:
    """What orders knows of some of the provider's payments."""

    by_id: Mapping[UUID, Row[Any]]
    by_reference: Mapping[str, Row[Any]]
    captures: Mapping[str, Row[Any]]

    def payment_of(self, theirs: ProviderPayment) -> Row[Any] | None:
        known = self.by_reference.get(theirs.reference)
        if known is None and theirs.payment_id is not None:
            known = self.by_id.get(theirs.payment_id)
        return known


async def compare_payments(db: Database, *, provider: PaymentProvider, terms: Terms, report: Report) -> None:
    """Compare payments begun since `terms.since`. Raises ProviderUnavailable or ProviderRefused."""
    seen = set[str]()
    async for piece in pieces_of(provider.payments_since(since=terms.since)):
        ours = await _ours(db, provider.name, piece)
        for theirs in piece:
            seen.update(capture.reference for capture in theirs.captures)
            report.add(_differences(theirs, ours, terms))
        report.compared["payments"] += len(piece)
    asked = 0
    async for entry in _captures_since(db, provider.name, terms):
        if entry.reference in seen:
            continue
        asked += 1
        if asked > ASKED_MAX or not await _is_captured(provider, entry):
            report.add([_unknown_to_provider(entry)])


async def _ours(db: Database, provider: str, piece: list[ProviderPayment]) -> _Ours:
    captures = [capture.reference for theirs in piece for capture in theirs.captures]
    payments = await read(
        db,
        _PAYMENTS,
        provider=provider,
        payment_ids=[theirs.payment_id for theirs in piece if theirs.payment_id],
        references=[theirs.reference for theirs in piece],
    )
    return _Ours(
        by_id={row.payment_id: row for row in payments},
        by_reference={row.reference: row for row in payments},
        captures={
            row.reference: row for row in await read(db, _CAPTURES, provider=provider, references=captures)
        },
    )


def _differences(theirs: ProviderPayment, ours: _Ours, terms: Terms) -> Iterator[Finding]:
    known = ours.payment_of(theirs)
    for capture in theirs.captures:
        entry = ours.captures.get(capture.reference)
        if entry is not None:
            yield from _amount_differs(capture, entry)
        elif capture.captured_at > terms.settled_before:
            pass  # its notice is under way
        elif known is not None:
            yield from _not_in_ledger(capture, known, terms)
        elif theirs.payment_id is not None:
            yield _unknown_here(capture, theirs.payment_id)
    if known is not None and theirs.state is ProviderPaymentState.OPEN:
        yield from _open_too_long(theirs, known, terms)


def _amount_differs(capture: Capture, entry: Row[Any]) -> Iterator[Finding]:
    entered = Money(amount_minor=entry.amount_minor, currency=entry.currency)
    if entered != capture.amount:
        yield Finding(
            kind=FindingKind.CAPTURE_DIFFERS,
            order_id=entry.order_id,
            payment_id=entry.payment_id,
            reference=capture.reference,
            expected=str(capture.amount),
            found=str(entered),
        )


def _not_in_ledger(capture: Capture, known: Row[Any], terms: Terms) -> Iterator[Finding]:
    if known.look_at is not None and known.look_at > terms.settled_before:
        return  # a job will ask the provider, and take it in
    yield Finding(
        kind=FindingKind.CAPTURE_NOT_IN_LEDGER,
        order_id=known.order_id,
        payment_id=known.payment_id,
        reference=capture.reference,
        expected=str(capture.amount),
        found=f"nothing, the payment is {known.state}",
    )


def _unknown_here(capture: Capture, payment_id: UUID) -> Finding:
    return Finding(
        kind=FindingKind.PAYMENT_UNKNOWN_HERE,
        payment_id=payment_id,
        reference=capture.reference,
        expected="a payment of this id",
        found=f"none; {capture.amount} were captured",
    )


def _open_too_long(theirs: ProviderPayment, known: Row[Any], terms: Terms) -> Iterator[Finding]:
    is_over = known.state == PaymentState.FAILED and known.changed_at <= terms.settled_before
    lapsed = known.expires_at is not None and known.expires_at <= terms.settled_before
    if is_over or lapsed:
        yield Finding(
            kind=FindingKind.PAGE_OPEN_TOO_LONG,
            order_id=known.order_id,
            payment_id=known.payment_id,
            reference=theirs.reference,
            expected="closed",
            found=f"open, the payment is {known.state}",
        )


async def _captures_since(db: Database, provider: str, terms: Terms) -> AsyncIterator[Row[Any]]:
    since = terms.since + timedelta(seconds=terms.settle_s)
    after = lowest_id(since)
    while page := await read(
        db,
        _CAPTURES_SINCE,
        after=after,
        provider=provider,
        since=since,
        settled_before=terms.settled_before,
        entries_max=PIECE_MAX,
    ):
        for entry in page:
            yield entry
        after = page[-1].entry_id


async def _is_captured(provider: PaymentProvider, entry: Row[Any]) -> bool:
    theirs = await provider.find_payment(reference=entry.payment_reference)
    return theirs is not None and any(capture.reference == entry.reference for capture in theirs.captures)


def _unknown_to_provider(entry: Row[Any]) -> Finding:
    return Finding(
        kind=FindingKind.CAPTURE_UNKNOWN_TO_PROVIDER,
        order_id=entry.order_id,
        payment_id=entry.payment_id,
        reference=entry.reference,
        expected="nothing captured",
        found=f"{entry.amount_minor} {entry.currency}",
    )
