"""How pages are made: templates, headers, forms."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from rowlock_payment_sandbox.api.dependencies import is_no_other_site

PAGES = Path(__file__).parents[1] / "pages"
FORM_FIELDS_MAX = 20
DECIMALS = {"JPY": 0, "KRW": 0, "ISK": 0, "BHD": 3, "KWD": 3, "TND": 3}
DECIMALS_USUALLY = 2


def amount(amount_minor: int, currency: str) -> str:
    """As `90.00 PLN`."""
    decimals = DECIMALS.get(currency, DECIMALS_USUALLY)
    return f"{amount_minor / 10**decimals:,.{decimals}f} {currency}"


def time_of(moment: datetime) -> str:
    """As `23 November 2026, 09:30:05 UTC`."""
    return moment.strftime("%d %B %Y, %H:%M:%S UTC")


_templates = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["time_of"] = time_of


def page(name: str, *, status: int = 200, leads_to: str | None = None, **shown: Any) -> Response:
    """The template filled in. `leads_to`: where sending its form may end, besides here."""
    content = _templates.get_template(name).render(shown, amount=amount)
    return HTMLResponse(content, status_code=status, headers=_headers(leads_to))


def style() -> Response:
    return FileResponse(PAGES / "style.css", headers=_headers(None))


async def read_form(request: Request) -> dict[str, str]:
    """What a form of ours sent. Raises HTTPException for anything else, and for forms of other sites."""
    await is_no_other_site(request)
    try:
        body = (await request.body()).decode()
        return dict(parse_qsl(body, max_num_fields=FORM_FIELDS_MAX, strict_parsing=bool(body)))
    except ValueError:
        raise HTTPException(400, "This is not a form.") from None


Form = Annotated[dict[str, str], Depends(read_form)]
"""The fields of a form of ours; asked for before anything that a route does."""


def _headers(leads_to: str | None) -> dict[str, str]:
    """A browser applies form-action to redirects too, so the way back to the shop is allowed by name."""
    back = f" {_origin(leads_to)}" if leads_to else ""
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src 'self'; form-action 'self'{back}; "
        "frame-ancestors 'none'; base-uri 'none'; img-src data:",
        "X-Content-Type-Options": "nosniff",
        # Not no-referrer, under which browsers do not tell where a form comes from.
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
