"""The part of Stripe's HTTP API that we ask."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from support.stripe_stand_in.account import Account, Thing
from support.stripe_stand_in.faults import OUT_OF_ORDER, Faults
from support.stripe_stand_in.given import Refusal, nested
from support.stripe_stand_in.more_shapes import page

PAGE_MAX = 100
Act = Callable[[Request, Thing], Any]


@dataclass(frozen=True)
class Asked:
    """A request as it came; `given` is its form, or its query, `port` the asking end of its connection."""

    port: int
    method: str
    path: str
    headers: dict[str, str]
    given: Thing


@dataclass
class Api:
    """Answers for an account to whoever shows its key; remembers what it was asked and what it answered."""

    account: Account
    api_key: str
    faults: Faults = field(default_factory=Faults)
    asked: list[Asked] = field(default_factory=list)
    _answered: dict[str, tuple[Any, int, Any]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        account = self.account
        return [
            _route("POST", "/v1/checkout/sessions", self._answers(lambda _, given: account.create_session(given))),
            _route("GET", "/v1/checkout/sessions", self._answers(self._sessions)),
            _route("GET", "/v1/checkout/sessions/{id}", self._answers(self._session)),
            _route("POST", "/v1/checkout/sessions/{id}/expire",
                   self._answers(lambda asked, _: account.expire_session(asked.path_params["id"]))),
            _route("POST", "/v1/refunds", self._answers(lambda _, given: account.create_refund(given))),
            _route("GET", "/v1/refunds", self._answers(self._refunds)),
            _route("GET", "/v1/refunds/{id}",
                   self._answers(lambda asked, _: account.refund(asked.path_params["id"]))),
        ]  # fmt: skip

    def _session(self, asked: Request, given: Thing) -> Thing:
        return self._expanded(self.account.session(asked.path_params["id"]), given.get("expand", []))

    def _sessions(self, asked: Request, given: Thing) -> Thing:
        expand = [each.removeprefix("data.") for each in given.get("expand", [])]
        items = [self._expanded(each, expand) for each in self.account.sessions.values()]
        return _page(asked, items, given)

    def _refunds(self, asked: Request, given: Thing) -> Thing:
        intent = given.get("payment_intent")
        fit = [each for each in self.account.refunds.values() if intent in (None, each["payment_intent"])]
        return _page(asked, fit, given)

    def _expanded(self, session: Thing, expand: list[str]) -> Thing:
        if not (intent := self.account.intents.get(session["payment_intent"])) or not expand:
            return session
        whole = {**intent, "latest_charge": self.account.charges.get(intent["latest_charge"])}
        return {**session, "payment_intent": whole}

    def _answers(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            form = (await request.body()).decode() or request.url.query
            given = nested(parse_qsl(form, keep_blank_values=True))
            port = request.client.port if request.client else 0
            self.asked.append(Asked(port, request.method, request.url.path, dict(request.headers), given))
            return await self._answer(request, given, act)

        return answer

    async def _answer(self, request: Request, given: Thing, act: Act) -> Response:
        headers = {"Request-Id": f"req_{len(self.asked)}"}
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            refusal = Refusal(401, "Invalid API Key provided: sk_test_****")
            return JSONResponse(refusal.body, refusal.status, headers=headers)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        if key in self._answered:
            headers["Idempotent-Replayed"] = "true"
            return JSONResponse(*self._again(key, request, given), headers=headers)
        body, status = await self._first(key, request, given, act)
        kind = HTMLResponse if isinstance(body, str) else JSONResponse
        return kind(body, status, headers=headers)

    def _again(self, key: str, request: Request, given: Thing) -> tuple[Any, int]:
        asked_first, status, body = self._answered[key]
        if asked_first == (request.url.path, given):
            return body, status
        message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        return Refusal(400, message, kind="idempotency_error").body, 400

    async def _first(self, key: str | None, request: Request, given: Thing, act: Act) -> tuple[Any, int]:
        fault = self.faults.take()
        try:
            body, status = (act(request, given) if fault is None or fault.done else None), 200
        except Refusal as refusal:
            body, status = refusal.body, refusal.status
        if fault and fault.answer:
            status, body = fault.answer
        # Kept once the work began, whatever came of it; so a failure of Stripe's own is kept too.
        if key and (fault is None or fault.done or fault.answer == OUT_OF_ORDER):
            self._answered[key] = ((request.url.path, given), status, body)
        if fault and fault.answer is None:
            await self.faults.silence()
        return body, status


def _page(asked: Request, items: list[Thing], given: Thing) -> Thing:
    """The newest first, those of `created` only, from `starting_after` on."""
    created = {name: int(value) for name, value in given.get("created", {}).items()}
    fit = [each for each in reversed(items)
           if created.get("gte", 0) <= each["created"] <= created.get("lte", each["created"])]  # fmt: skip
    after = (
        [each["id"] for each in fit].index(given["starting_after"]) + 1 if "starting_after" in given else 0
    )
    shown = fit[after : after + min(int(given.get("limit", 10)), PAGE_MAX)]
    return page(path=asked.url.path, items=shown, has_more=after + len(shown) < len(fit))


def _route(method: str, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(path, endpoint, methods=[method])
