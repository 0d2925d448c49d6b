"""The documentation page and all that it loads come from this machine."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from catalog.api.documentation import add_documentation


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette()
    app.router.redirect_slashes = False
    add_documentation(app)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t", follow_redirects=True) as client:
        yield client


async def test_page_loads_only_what_is_served_beside_it(browser: httpx.AsyncClient):
    page = await browser.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    loaded = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', page.text)
    assert loaded
    assert {asset: (await browser.get(asset)).status_code for asset in loaded} == dict.fromkeys(loaded, 200)


async def test_page_forbids_scripts_from_elsewhere(browser: httpx.AsyncClient):
    assert "default-src 'self'" in (await browser.get("/docs")).text


async def test_assets_are_revalidated_not_sent_again(browser: httpx.AsyncClient):
    etag = (await browser.get("/docs/swagger-ui-bundle.js")).headers["etag"]
    again = await browser.get("/docs/swagger-ui-bundle.js", headers={"If-None-Match": etag})
    assert again.status_code == 304
