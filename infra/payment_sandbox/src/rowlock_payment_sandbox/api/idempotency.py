"""One effect for each Idempotency-Key, for good: the first answer is given again, another body refused."""

import hashlib
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from rowlock_payment_sandbox.api.dependencies import Box
from rowlock_payment_sandbox.errors import IdempotencyKeyMissing, IdempotencyKeyReused
from rowlock_payment_sandbox.storage.database import transaction
from rowlock_payment_sandbox.storage.idempotency import Kept, find_answer, keep_answer

KEY_CHARACTERS_MAX = 255


class OnceOnly:
    """The write of one request. Refusals are not kept: what was refused may be tried again."""

    def __init__(
        self, request: Request, sandbox: Box, idempotency_key: Annotated[str, Header()] = ""
    ) -> None:
        if not 0 < len(idempotency_key) <= KEY_CHARACTERS_MAX:
            raise IdempotencyKeyMissing
        self._path = request.url.path
        self._sandbox = sandbox
        self._key = idempotency_key

    def answer(self, body: BaseModel, make: Callable[[], BaseModel]) -> Response:
        """201 with what `make` gives, or gave. Raises IdempotencyKeyReused."""
        fingerprint = hashlib.sha256(f"{self._path} {body.model_dump_json()}".encode()).hexdigest()
        with transaction(self._sandbox.db):
            kept = find_answer(self._sandbox.db, self._key)
            if kept is None:
                made = Kept(fingerprint, make().model_dump_json())
                keep_answer(self._sandbox.db, self._key, made, now=self._sandbox.clock())
                return _created(made.answer)
        if kept.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        return _created(kept.answer, replay=True)


Once = Annotated[OnceOnly, Depends()]


def _created(answer: str, *, replay: bool = False) -> Response:
    headers = {"Idempotent-Replay": "true"} if replay else {}
    return Response(answer, status_code=201, media_type="application/json", headers=headers)
