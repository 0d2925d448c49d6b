"""Where mailed links lead: pages that load nothing from elsewhere and send what the API takes."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from accounts.api.pages import PAGES, add_pages
from support.services import openapi_of

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

    assert answer.headers["content-type"].startswith("text/html")
    assert len(loaded) == 2
    assert {asset: (await browser.get(asset)).status_code for asset in loaded} == dict.fromkeys(loaded, 200)


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
async def test_a_page_sends_what_its_route_takes(browser: httpx.AsyncClient, page: str) -> None:
    text = (await browser.get(f"/account/{page}")).text
    document = openapi_of("accounts")
    [path] = re.findall(r'data-to="([^"]+)"', text)
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    fields = set(document["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"])

    sent = set(re.findall(r'<input[^>]+name="([^"]+)"', text))
    assert sent - ({"email", "password"} if "data-as-account" in text else set()) == fields


@each_page
async def test_every_field_of_a_page_has_a_label_and_what_happens_is_announced(
    browser: httpx.AsyncClient, page: str
) -> None:
    text = (await browser.get(f"/account/{page}")).text

    assert re.findall(r'<input id="([^"]+)"', text) == re.findall(r'<label for="([^"]+)"', text)
    assert 'role="status"' in text
    assert '<html lang="en">' in text
