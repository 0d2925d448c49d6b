"""What services tell only each other, under `/internal/...`, which is never routed.

@router.get("/internal/things/{thing_id}")
async def thing(thing_id: UUID, _caller: InternalCaller) -> ThingOut: ...
"""

import hmac
from typing import Annotated

from fastapi import Depends, Request

from chassis.internal_client import KEY_HEADER, InternalClient, ServiceUnavailable, read_internal_key
from chassis.problems import UNAUTHENTICATED, ProblemError
from chassis.settings import ServiceSettings

__all__ = ["InternalCaller", "InternalClient", "InternalKey", "ServiceUnavailable", "internal_caller"]


class InternalKey:
    """The secret services show each other; read when it is first compared."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._path = settings.internal_api_key
        self._key: bytes | None = None

    def check(self) -> None:
        """Raise InternalKeyUnusable unless the secret can be read."""
        self._key = read_internal_key(self._path).encode()

    def is_shown_by(self, request: Request) -> bool:
        """Compared in a time that tells nothing; raises InternalKeyUnusable where none is set."""
        if self._key is None:
            self.check()
        return hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode(), self._key or b"")


async def internal_caller(request: Request) -> None:
    """401 for everybody but our own services."""
    key: InternalKey = request.app.state.internal_key
    if not key.is_shown_by(request):
        challenge = {"WWW-Authenticate": f'{KEY_HEADER} realm="rowlock"'}
        raise ProblemError(UNAUTHENTICATED, "This is for Rowlock's own services.", headers=challenge)


InternalCaller = Annotated[None, Depends(internal_caller)]
