"""The payment sandbox: its pages as a person uses them, what it told us, and its switches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any

import httpx

from support.stage.person import Json, expected
from support.waiting import wait_until

SUCCEEDS = "4242424242424242"
DECLINED = "4000000000000002"
INSUFFICIENT_FUNDS = "4000000000009995"
ASKS_CONFIRMATION = "4000002500003155"
CAPTURED_LATE = "4000000000000341"
CAPTURED_TWICE = "4000000000000259"
NEVER_ANSWERS = "4000000000000119"
AMOUNT_DIFFERS = "4000000000000077"
CURRENCY_DIFFERS = "4000000000000085"
REFUNDS_SETTLE_LATER = "4000000000005126"
REFUNDS_FAIL_FIRST = "4000000000007726"

NOTICED_DEADLINE_S = 30
"""How long a notice may need on a machine that is busy with other tests."""


@dataclass(frozen=True)
class Sandbox:
    """One sandbox; `api_key` is what merchants show it."""

    url: str
    api_key: str

    async def pay(self, payment: Json, *, card: str = SUCCEEDS, answer: str | None = None) -> str:
        """Open the payment's page and press the button of a card, then of an `answer` (confirm or refuse) if
        it asks; where that leads.
        """
        leads_to = await self._press(payment["page_url"], name="card", value=card)
        return await self._press(leads_to, name="answer", value=answer) if answer else leads_to

    async def notices(self, about: str) -> list[Json]:
        """What it told us about a payment or refund of its own, the oldest first."""
        answer = await self.ask("GET", "/control/notices", params={"about": about})
        return list(reversed(answer.json()["items"]))

    async def told(self, payment: Json, *kinds: str) -> list[Json]:
        """The notices about our payment, once so many are delivered; they must be of these kinds."""

        async def look() -> list[Json] | None:
            theirs = await self.find(payment)
            notices = await self.notices(theirs["payment_id"])
            delivered = [notice for notice in notices if notice["delivered_at"]]
            return notices if len(delivered) == len(notices) >= len(kinds) else None

        notices: list[Json] = await wait_until(
            look, deadline_s=NOTICED_DEADLINE_S, what="every notice is delivered"
        )
        assert list(kinds) == [notice["kind"] for notice in notices]
        return notices

    async def find(self, payment: Json) -> Json:
        """Our payment, as the sandbox believes it is."""
        answer = await self.ask("GET", "/v1/payments", params={"merchant_reference": payment["payment_id"]})
        (found,) = answer.json()["items"]
        return found

    async def find_refunds(self, payment: Json) -> list[Json]:
        """What it gave back of our payment, or tried to, the oldest first."""
        captures = (await self.find(payment))["captures"]
        answers = [
            await self.ask("GET", "/v1/refunds", params={"capture_id": capture["capture_id"]})
            for capture in captures
        ]
        return [refund for answer in answers for refund in answer.json()["items"]]

    async def send_again(self, notice: Json) -> Json:
        """Send the notice once more; the notice as it is then."""
        return (await self.ask("POST", f"/control/notices/{notice['notice_id']}/deliveries")).json()

    @asynccontextmanager
    async def delivering_notices(self, mode: str, **more: int) -> AsyncIterator[None]:
        """Within, notices are delivered so: late, twice, out_of_order or none."""
        await self.ask("PUT", "/control/notices", json={"mode": mode, **more})
        try:
            yield
        finally:
            await self.ask("PUT", "/control/notices", json={"mode": "normal"})

    @asynccontextmanager
    async def failing(self, **outage: int) -> AsyncIterator[None]:
        """Within, its API does these things wrong: fail_next, lose_answers, answer_after_ms."""
        await self.ask("PUT", "/control/outage", json=outage)
        try:
            yield
        finally:
            await self.ask("PUT", "/control/outage", json={})

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A call of its API or its switches that must succeed."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        async with self._client() as client:
            return (await client.request(method, path, headers=headers, **more)).raise_for_status()

    async def _press(self, page_url: str, *, name: str, value: str) -> str:
        """The button of this name and value on a page; where sending its form leads."""
        async with self._client() as client:
            page = expected(await client.get(page_url), HTTPStatus.OK)
            form = _form_with(page.text, name=name, value=value)
            answer = await client.post(form, data={name: value})
            return str(answer.url.join(expected(answer, HTTPStatus.SEE_OTHER).headers["location"]))

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=30)


def _form_with(page: str, *, name: str, value: str) -> str:
    """Where the form goes that has this button."""
    forms = _Forms()
    forms.feed(page)
    assert (name, value) in forms.buttons, f"no button {name}={value} in {page}"
    return forms.buttons[name, value]


class _Forms(HTMLParser):
    """`buttons`: name and value of each button -> action of its form."""

    def __init__(self) -> None:
        super().__init__()
        self.buttons: dict[tuple[str | None, str | None], str] = {}
        self._action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form":
            assert has["method"] == "post", "the pages of the sandbox send what changes something"
            self._action = has["action"] or ""
        elif tag == "button":
            self.buttons[has.get("name"), has.get("value")] = self._action
