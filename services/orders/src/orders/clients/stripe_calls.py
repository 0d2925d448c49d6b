"""Questions to Stripe through its library, and what their answers mean for us.

The library is told its address, key, time limit and way out here, not through its globals.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Mapping
from typing import Any, TypeVar

import stripe
from pydantic import ValidationError

from orders.clients.payment_provider import ProviderRefused, ProviderUnavailable
from orders.clients.provider_answers import ProviderAnswer
from orders.clients.provider_metrics import ProviderMetrics
from orders.clients.stripe_answers import Page, Refund, Session
from orders.clients.stripe_http import StripeHttp

PAGE_MAX = 100
NETWORK_RETRIES = 1
"""Within one question's time: for a connection that broke, and what Stripe says should be asked again."""

NOTHING_THERE = "resource_missing"

_WITH_CHARGE = "payment_intent.latest_charge"
_REFUSALS = (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError)

Answer = TypeVar("Answer", bound=ProviderAnswer)

# Below a warning the library logs whole answers, payment pages among them.
logging.getLogger("stripe").setLevel(logging.WARNING)


class StripeCalls:
    """`timeout_s` is for one whole question with its answer."""

    def __init__(self, *, api_key: str, api_base: str, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._metrics = ProviderMetrics("stripe")
        self._http = StripeHttp(timeout_s=timeout_s)
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")},
            http_client=self._http,
            max_network_retries=NETWORK_RETRIES,
        )

    async def create_session(self, params: Mapping[str, Any], *, key: str) -> Session:
        """A new Checkout Session, or the first answer to `key`."""
        create = self._client.v1.checkout.sessions.create_async
        return await self._one(Session, create(_given(params), {"idempotency_key": key}))

    async def session(self, reference: str) -> Session:
        """A session with its intent and charge."""
        retrieve = self._client.v1.checkout.sessions.retrieve_async
        return await self._one(Session, retrieve(reference, {"expand": [_WITH_CHARGE]}))

    async def expire_session(self, reference: str) -> Session:
        """Close an open session."""
        return await self._one(Session, self._client.v1.checkout.sessions.expire_async(reference))

    async def sessions(self, *, created: Mapping[str, int]) -> AsyncGenerator[Session]:
        """Every session of a time, the newest first."""
        ask = self._client.v1.checkout.sessions.list_async
        params = {"created": dict(created), "expand": [f"data.{_WITH_CHARGE}"]}
        async for each in self._all(Session, ask, params):
            yield each

    async def create_refund(self, params: Mapping[str, Any], *, key: str) -> Refund:
        """A new refund, or the first answer to `key`."""
        create = self._client.v1.refunds.create_async
        return await self._one(Refund, create(_given(params), {"idempotency_key": key}))

    async def refund(self, reference: str) -> Refund:
        """A refund."""
        return await self._one(Refund, self._client.v1.refunds.retrieve_async(reference))

    async def refunds(self, params: Mapping[str, Any]) -> AsyncGenerator[Refund]:
        """Every refund that fits, the newest first."""
        async for each in self._all(Refund, self._client.v1.refunds.list_async, params):
            yield each

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()

    async def _all(self, kind: type[Answer], ask: Any, params: Mapping[str, Any]) -> AsyncGenerator[Answer]:
        after: dict[str, str] = {}
        while True:
            page = await self._one(Page, ask({**params, "limit": PAGE_MAX, **after}))
            for each in page.data:
                yield _read(kind, each)
            if not page.has_more:
                return
            after = {"starting_after": page.data[-1]["id"]}

    async def _one(self, kind: type[Answer], question: Awaitable[Any]) -> Answer:
        with self._metrics.question():
            answer = await self._ask(question)
            return _read(kind, answer.to_dict() if isinstance(answer, stripe.StripeObject) else answer)

    async def _ask(self, question: Awaitable[Any]) -> Any:
        """The library's errors carry what was asked and answered: none is chained."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await question
        except TimeoutError:
            raise ProviderUnavailable(f"Stripe did not answer in {self._timeout_s} s") from None
        except stripe.StripeError as error:
            raise _meaning(error) from None


def _meaning(error: stripe.StripeError) -> Exception:
    if isinstance(error, _REFUSALS) or _is_repeated(error):
        return ProviderRefused(error.code or (error.error and error.error.type) or "unknown")
    return ProviderUnavailable(f"{type(error).__name__} {error.http_status} request {error.request_id}")


def _is_repeated(error: stripe.StripeError) -> bool:
    """Stripe repeats its own failure under the same idempotency key: asking so again is of no use."""
    return isinstance(error, stripe.APIError) and (error.headers or {}).get("idempotent-replayed") == "true"


def _read(kind: type[Answer], answer: Any) -> Answer:
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        raise ProviderUnavailable(f"{error.error_count()} fields of Stripe do not fit") from None


def _given(params: Mapping[str, Any]) -> Any:
    """The library types its parameters field by field; ours are checked by the stand-in's tests."""
    return dict(params)
