"""Which route a request took, in the words of the routes list: `/api/v1/orders/{order_id}`."""

from starlette.types import Scope


def route_template(scope: Scope) -> str | None:
    """None where no route fits. Ids and tokens of people, which the path may hold, are not in it.

    Of a router included in another FastAPI tells two routes: the one as it was written, without the outer
    router's prefix, and the one as it is served.
    """
    served = scope.get("fastapi", {}).get("effective_route_context")
    return getattr(served, "path_format", None) or getattr(scope.get("route"), "path_format", None)
