"""Where mailed links lead: small pages under `/account`, one for each of PAGES.

The link's token stands behind the `#`, which no browser sends to any server. A script of ours takes it
from there, and from the address bar; it is used when somebody presses the button, not when a mail
program looks at the link. `reset-password` without a token asks for the e-mail address to send a link to;
`orders` needs none, one logs in there. Nothing is loaded from elsewhere.
"""

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

PREFIX = "/account"
PAGES = ("verify-email", "reset-password", "invitation", "orders")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_FOLDER = Path(__file__).parent / "landing_pages"


def add_pages(app: Starlette) -> None:
    """Serve the pages and what they load; answers carry an ETag."""
    for page in PAGES:
        app.add_route(f"{PREFIX}/{page}", _page, include_in_schema=False)
    app.mount(f"{PREFIX}/assets", StaticFiles(directory=_FOLDER / "assets"))


async def _page(request: Request) -> Response:
    name = request.url.path.rpartition("/")[2]
    return FileResponse(_FOLDER / f"{name}.html", headers=HEADERS, media_type="text/html")
