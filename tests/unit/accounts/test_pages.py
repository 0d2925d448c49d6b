"""Where mailed links lead: pages that load nothing from elsewhere and send what the API takes."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from accounts.api.pages import PAGES, add_pages
from support.services import openapi_of, operations_of

each_page = pytest.mark.parametrize("page", PAGES)


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette()
    add_pages(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://t") as client:
        yield client


@each_page
async def test_a_page_loads_only_what_is_served_beside_it(browser: httpx.AsyncClient, page: str) -> None:
    answer = await browser.get(f"/account/{page}")
    loaded = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', answer.text)
    scripts = [(await browser.get(asset)).text for asset in loaded if asset.endswith(".js")]
    imported = [f"/account/assets/{name}" for name in re.findall(r'from "\./([^"]+)"', "".join(scripts))]
    assets = loaded + imported

    assert answer.headers["content-type"].startswith("text/html")
    assert (len(loaded), len(imported)) == (2, 1)
    assert {asset: (await browser.get(asset)).status_code for asset in assets} == dict.fromkeys(assets, 200)


@each_page
async def test_a_page_runs_no_script_but_ours_and_tells_nobody_where_it_is(
    browser: httpx.AsyncClient, page: str
) -> None:
    answer = await browser.get(f"/account/{page}")

    assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"\son\w+=|style=|<script>|<style>", answer.text), "the policy would stop it"


@each_page
async def test_a_form_sends_what_its_route_takes(browser: httpx.AsyncClient, page: str) -> None:
    text = (await browser.get(f"/account/{page}")).text
    forms = re.findall(r"<form .+?</form>", text, re.DOTALL)

    assert forms
    for form in forms:
        [path] = re.findall(r'data-to="([^"]+)"', form)
        takes = body_of(path)
        of_the_login = {"email", "password"} if "data-as-account" in form else set()
        sent = set(re.findall(r'<input[^>]+name="([^"]+)"', form)) - of_the_login
        assert set(takes["required"]) <= sent <= set(takes["properties"])


def body_of(path: str) -> dict[str, Any]:
    """The schema of what a POST takes."""
    document = openapi_of("accounts")
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return document["components"]["schemas"][body["$ref"].rpartition("/")[2]]


async def test_every_route_that_a_script_names_is_one_of_ours(browser: httpx.AsyncClient) -> None:
    asked = set()
    for script in ("asking.js", "page.js", "orders.js"):
        text = (await browser.get(f"/account/assets/{script}")).text
        asked |= set(re.findall(r'ask\("([A-Z]+)", [`"](/[^`"?]+)', text))
    ours = {
        (method.upper(), path)
        for service in ("accounts", "orders")
        for method, path in operations_of(service)
    }

    assert len(asked) == 5
    assert {(method, re.sub(r"\$\{[^}]+\}", "{order_id}", path)) for method, path in asked} <= ours


@each_page
async def test_a_page_keeps_no_token(browser: httpx.AsyncClient, page: str) -> None:
    text = (await browser.get(f"/account/{page}")).text
    for asset in ("asking.js", "page.js", "orders.js"):
        text += (await browser.get(f"/account/assets/{asset}")).text

    assert not re.search(r"localStorage|sessionStorage|indexedDB|cookie|console\.", text)


@each_page
async def test_every_field_of_a_page_has_a_label_and_what_happens_is_announced(
    browser: httpx.AsyncClient, page: str
) -> None:
    text = (await browser.get(f"/account/{page}")).text

    assert re.findall(r'<input id="([^"]+)"', text) == re.findall(r'<label for="([^"]+)"', text)
    assert 'role="status"' in text
    assert '<html lang="en">' in text
