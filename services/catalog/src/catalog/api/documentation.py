"""The API documentation of all services on one page, at `/docs`.

It stands in catalog because the gateway can serve no files of its own. The page asks the gateway
for each service's OpenAPI document and joins them in the browser, so catalog knows no other
service. Swagger UI comes with the package `fastapi-swagger`: nothing is fetched from a CDN, and
the page works on a machine without a network.
"""

from starlette.staticfiles import StaticFiles


def documentation_page() -> StaticFiles:
    """The page and its assets, to be mounted at `/docs`; answers carry an ETag."""
    return StaticFiles(
        packages=[("catalog", "api/documentation_page"), ("fastapi_swagger", "resources")], html=True
    )
