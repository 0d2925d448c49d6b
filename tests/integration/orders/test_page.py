"""The page behind the links of order mails."""

import re
from typing import Any

import httpx
import pytest
from integration.orders.scene import Scene

from chassis.ids import new_id
from orders.domain.states import OrderState as S


@pytest.fixture
def browser(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://orders")


async def test_the_page_is_the_same_whether_or_not_there_is_the_order(
    scene: Scene, browser: httpx.AsyncClient
) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=False)

    known, unknown = [await browser.get(f"/orders/{order_id}") for order_id in (placed.order_id, new_id())]

    assert (known.status_code, known.content) == (200, unknown.content)
    assert known.headers["content-type"].startswith("text/html")


async def test_the_page_loads_nothing_from_elsewhere_and_tells_nobody_where_it_was(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get(f"/orders/{new_id()}")

    loaded = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', page.text)
    assert [(await browser.get(path)).status_code for path in loaded] == [200] * 2
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script>|style=|onclick", page.text)


async def test_the_scripts_ask_for_elements_the_page_has(browser: httpx.AsyncClient) -> None:
    page, script = await browser.get(f"/orders/{new_id()}"), await browser.get("/orders/assets/order.js")
    (imported,) = re.findall(r'from "\./([^"]+)"', script.text)
    view = await browser.get(f"/orders/assets/{imported}")

    asked = set(re.findall(r'\bat\("([^"]+)"\)', script.text))
    assert asked <= set(re.findall(r'id="([^"]+)"', page.text))
    assert view.headers["content-type"].startswith("text/javascript")
    assert "innerHTML" not in script.text + view.text


async def test_the_question_before_cancelling_is_read_out_at_either_answer(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get(f"/orders/{new_id()}")

    described = re.findall(r'<button id="(\w+)"[^>]* aria-describedby="sure-text"', page.text)
    assert described == ["really", "keep"]


async def test_what_is_no_order_id_has_no_page(browser: httpx.AsyncClient) -> None:
    for path in ("/orders/x", "/orders/assets/../page.py", "/orders/assets/order.map"):
        assert (await browser.get(path)).status_code == 404
