"""Where the links of order mails lead: `/orders/{order_id}#<order access token>`.

One and the same page for every order. Its script takes the token from behind the `#`, which no browser
sends to any server, and asks the API like any client. Nothing is loaded from elsewhere.
"""

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_FOLDER = Path(__file__).parent / "order_page"


def add_page(app: Starlette) -> None:
    """Serve the page and what it loads; answers carry an ETag."""
    app.mount("/orders/assets", StaticFiles(directory=_FOLDER / "assets"))
    app.add_route("/orders/{order_id:uuid}", _page, include_in_schema=False)


async def _page(_request: Request) -> Response:
    return FileResponse(_FOLDER / "order.html", headers=HEADERS, media_type="text/html")
