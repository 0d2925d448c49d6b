"""The pages for people and the JSON for tests.

What is shown comes from anywhere, so a mail's HTML is served apart, in a sandbox without scripts, and
no other site's page may read or change anything here.
"""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from rowlock_mailbox.caught import Mail, Mailbox
from rowlock_mailbox.failures import Failures, FailureUnknown

PAGES = Path(__file__).parent / "pages"
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer, under which a browser does not tell where a form comes from.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# No script, no picture from elsewhere, no form; a link opens in a window of its own, out of the sandbox.
MAIL_HEADERS = PAGE_HEADERS | {
    "Content-Security-Policy": "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
}

templates = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def create_app(mailbox: Mailbox, failures: Failures, *, trusted_hosts: list[str]) -> Starlette:
    """The web side of this mailbox."""
    pages = Web(mailbox, failures)
    return Starlette(
        routes=[
            Route("/", pages.show_list),
            Route("/emptying", pages.empty, methods=["POST"]),
            Route("/mails/{number:int}", pages.show_mail),
            Route("/mails/{number:int}/html", pages.show_html),
            Route("/api/messages", pages.list_json),
            Route("/api/messages", pages.empty_json, methods=["DELETE"]),
            Route("/api/state", pages.state_json),
            Route("/api/failures", pages.read_failures),
            Route("/api/failures", pages.set_failures, methods=["PUT"]),
            Route("/readyz", ready),
            Route("/style.css", static),
            Route("/news.js", static),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=trusted_hosts)],
    )


class Web:
    """The routes, each a method."""

    def __init__(self, mailbox: Mailbox, failures: Failures) -> None:
        self._mailbox = mailbox
        self._failures = failures

    async def show_list(self, _request: Request) -> Response:
        return page("list.html", mails=self._mailbox.newest_first(), caught=self._mailbox.caught)

    async def show_mail(self, request: Request) -> Response:
        return page("mail.html", mail=self._asked_for(request))

    async def show_html(self, request: Request) -> Response:
        opens_apart = '<base target="_blank">'
        return HTMLResponse(opens_apart + self._asked_for(request).html, headers=MAIL_HEADERS)

    async def empty(self, request: Request) -> Response:
        """From our own page only: browsers say where a form comes from."""
        if request.headers.get("origin") != f"{request.url.scheme}://{request.headers['host']}":
            raise HTTPException(403, "Only the mailbox's own page may empty it.")
        self._mailbox.empty()
        return RedirectResponse("/", status_code=303)

    async def list_json(self, request: Request) -> Response:
        """`?to=` one address; the newest first."""
        found = self._mailbox.newest_first(to=request.query_params.get("to"))
        return JSONResponse({"items": [mail.as_json() for mail in found]}, headers=PAGE_HEADERS)

    async def state_json(self, _request: Request) -> Response:
        """How many mails ever came in."""
        return JSONResponse({"caught": self._mailbox.caught}, headers=PAGE_HEADERS)

    async def empty_json(self, _request: Request) -> Response:
        self._mailbox.empty()
        return Response(status_code=204)

    async def read_failures(self, _request: Request) -> Response:
        return JSONResponse(self._failures.as_json())

    async def set_failures(self, request: Request) -> Response:
        try:
            self._failures.replace(await request.json())
        except (ValueError, FailureUnknown) as error:
            raise HTTPException(422, str(error)) from None
        return JSONResponse(self._failures.as_json())

    def _asked_for(self, request: Request) -> Mail:
        mail = self._mailbox.find(request.path_params["number"])
        if mail is None:
            raise HTTPException(404, "There is no such mail, or it had to make room for newer ones.")
        return mail


async def ready(_request: Request) -> Response:
    return JSONResponse({"status": "ready"})


async def static(request: Request) -> Response:
    return FileResponse(PAGES / request.url.path.lstrip("/"), headers=PAGE_HEADERS)


def page(name: str, **shown: Any) -> Response:
    return HTMLResponse(templates.get_template(name).render(shown), headers=PAGE_HEADERS)
