"""The API documentation of all services on one page, at `/docs`.

It stands in catalog because the gateway can serve no files of its own. The page asks the gateway
for each service's OpenAPI document and joins them in the browser, so catalog knows no other
service. Swagger UI comes with the package `fastapi-swagger`: nothing is fetched from a CDN, and
the page works on a machine without a network.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

PATH = "/docs"


def add_documentation(app: Starlette) -> None:
    """Serve the page and its assets below `/docs`; answers carry an ETag."""
    files = StaticFiles(
        packages=[("catalog", "api/documentation_page"), ("fastapi_swagger", "resources")], html=True
    )
    app.add_route(PATH, _with_slash, include_in_schema=False)
    app.mount(PATH, files)


async def _with_slash(_request: Request) -> Response:
    """What people type, to where the page is; without a host, so that it holds behind any gateway."""
    return RedirectResponse(f"{PATH}/", status_code=308)
