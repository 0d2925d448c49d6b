"""Compares everything that says something about money or seats, and lists the differences.

It only reads, in bounded pieces, and holds no lock. What it finds is real: whatever may merely be on its
way from one side to the other is told apart (see each part for how).
"""

from chassis.database import Database
from chassis.internal_client import InternalKeyUnusable, ServiceUnavailable
from orders.clients.payment_provider import PaymentProvider, ProviderRefused, ProviderUnavailable
from orders.clients.sold_seats import SoldSeats
from orders.domain.findings import Report
from orders.queries.reconcile.books import compare_books
from orders.queries.reconcile.provider_payments import compare_payments
from orders.queries.reconcile.provider_refunds import compare_refunds
from orders.queries.reconcile.seats import compare_seats
from orders.queries.reconcile.terms import Terms

__all__ = ["PARTS", "Terms", "reconcile"]

PARTS = ("reservation", "provider")
"""What has to be asked, and may be away."""


async def reconcile(
    db: Database,
    *,
    provider: PaymentProvider | None,
    sold_seats: SoldSeats,
    terms: Terms,
    report: Report | None = None,
) -> Report:
    """Compare ledger, payments, refunds, orders and tickets; tickets with reservation; and all that with
    the provider, unless there is none. A part that does not answer is named in `not_compared`.
    Whoever gives a `report` can see how far it has got.
    """
    report = report or Report()
    await compare_books(db, terms=terms, report=report)
    try:
        await compare_seats(db, sold_seats=sold_seats, terms=terms, report=report)
    except (ServiceUnavailable, InternalKeyUnusable) as error:
        report.not_compared["reservation"] = str(error)
    if provider is not None:
        try:
            await compare_payments(db, provider=provider, terms=terms, report=report)
            await compare_refunds(db, provider=provider, terms=terms, report=report)
        except (ProviderUnavailable, ProviderRefused) as error:
            report.not_compared["provider"] = str(error)
    return report
