"""A short way to the endpoint, for the few routes whose every microsecond is paid by a buyer.

FastAPI asks the signature of an endpoint anew at each request which parameters it has; that costs several
times what the parameters do. Here plain code gathers them:

    router = APIRouter(route_class=LeanRoute)

    @router.post("")
    @gathers(_arguments)
    async def place_hold(body: HoldIn, buyer: CurrentPrincipal) -> Response: ...

Documentation is made from the signature as for any route. So is every refusal: where the plain code meets
anything out of the ordinary it gives None, and FastAPI takes the request the long way.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

Arguments = Callable[[Request], Awaitable[Mapping[str, Any] | None]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[Response]])
B = TypeVar("B", bound=BaseModel)

_arguments_of: dict[Callable[..., Any], Arguments] = {}


def gathers(arguments: Arguments) -> Callable[[Endpoint], Endpoint]:
    """Let `arguments` gather what the endpoint is called with; the endpoint makes its own Response."""

    def remember(endpoint: Endpoint) -> Endpoint:
        _arguments_of[endpoint] = arguments
        return endpoint

    return remember


async def plain_body(request: Request, model: type[B]) -> B | None:
    """The body as `model`; None if it is not plain JSON that fits."""
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        return model.model_validate_json(await request.body())
    except ValidationError:
        return None


class LeanRoute(APIRoute):
    """Calls an endpoint marked by `gathers` directly, and every other one as FastAPI does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        long_way = super().get_route_handler()
        endpoint, arguments = self.endpoint, _arguments_of.get(self.endpoint)
        if arguments is None:
            return long_way

        async def short_way(request: Request) -> Response:
            gathered = await arguments(request)
            return await long_way(request) if gathered is None else await endpoint(**gathered)

        return short_way
