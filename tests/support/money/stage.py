"""Opens the services of a sale with the model provider in them."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from typing import Any
from unittest.mock import patch

import httpx

from orders.clients.held_seats import HeldSeats
from orders.clients.sold_seats import SoldSeats
from orders.domain.findings import Finding
from orders.jobs.reconcile import do_round
from support.money.crash import Commits, tasks_own_transactions
from support.money.provider import ModelProvider
from support.money.story import REFUND_ATTEMPTS_MAX, MoneyStage
from support.sale.services import Sale, open_sale
from support.tokens import MintToken

# The test is the only clock: no seconds pass between two runs of a job, or between capture and refund.
SETTINGS = {
    "relay_in_api": False,
    "payment_page_s_min": 1,
    "refunds_per_s": 1000,
    "refund_attempts_max": REFUND_ATTEMPTS_MAX,
    "reconcile_settle_s": 0,
    "reconcile_stuck_s": 1,
    "reconcile_refund_stuck_s": 1,
}


@asynccontextmanager
async def open_money_stage(
    *,
    settings_for: Callable[..., Any],
    mint_token: MintToken,
    admin_database_url: str,
    run: Callable[[Coroutine[Any, Any, Any]], Any],
) -> AsyncIterator[MoneyStage]:
    """The stage, with one provider for api and worker of orders."""
    provider = ModelProvider()
    with (
        patch("orders.app.provider_of", lambda _settings: provider),
        patch("orders.worker.provider_of", lambda _settings: provider),
    ):
        async with open_sale(settings_for=_with_patience(settings_for), mint_token=mint_token) as sale:
            orders = sale.apps["orders"].state
            # Orders asks reservation through the app itself, without a socket.
            orders.held_seats = HeldSeats(orders.settings, transport=_reservation(sale))
            databases = [orders.db, sale.databases["orders"]]
            provider.transactions_open = tasks_own_transactions
            yield MoneyStage(
                sale=sale,
                provider=provider,
                commits=Commits.of(databases),
                run=run,
                reconcile=lambda: _compare(sale, provider),
                admin_database_url=admin_database_url,
            )


def _with_patience(settings_for: Callable[..., Any]) -> Callable[..., Any]:
    return lambda service: settings_for(service, **(SETTINGS if service == "orders" else {}))


def _reservation(sale: Sale) -> httpx.ASGITransport:
    return httpx.ASGITransport(sale.apps["reservation"])


async def _compare(sale: Sale, provider: ModelProvider) -> list[Finding]:
    """What a round of the job `reconcile` finds, with no patience for what may be on its way."""
    settings = sale.apps["orders"].state.settings
    async with aclosing(SoldSeats(settings, transport=_reservation(sale))) as sold_seats:
        report = await do_round(sale.databases["orders"], settings, provider=provider, sold_seats=sold_seats)
    assert report.not_compared == {}
    return report.findings
