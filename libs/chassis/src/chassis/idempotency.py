"""Idempotent writes: the answer to an `Idempotency-Key` is stored in the transaction of its effect.

    async def create(body: ThingIn, write: IdempotentWrite) -> ThingOut:
        return await write.once(lambda tx: create_thing(tx, name=body.name), status=201)

Only an answer with an effect is stored, sealed (see `sealing`): it may hold tokens and personal data.
A refusal has no effect, and is judged anew each time.
"""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request
from pydantic_core import to_json
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.responses import Response

from chassis.access import OptionalPrincipal
from chassis.database import Database, Transaction
from chassis.fingerprints import Fingerprints
from chassis.problems import ProblemError, ProblemSpec
from chassis.sealing import Place, Sealer
from chassis.tables import idempotency_table

__all__ = ["IdempotentWrite", "Write", "idempotency_table"]

R = TypeVar("R")

KEY_MISSING = ProblemSpec(400, "idempotency-key-missing", "Every write needs an Idempotency-Key")
KEY_INVALID = ProblemSpec(400, "idempotency-key-invalid", "The Idempotency-Key is not valid")
KEY_IN_USE = ProblemSpec(
    409, "idempotency-key-in-use", "A request with this Idempotency-Key is still running"
)
KEY_REUSED = ProblemSpec(422, "idempotency-key-reused", "This Idempotency-Key was used for another request")
KEY_CHARS_MAX = 255
REPLAY_HEADER = "Idempotent-Replay"
_VISIBLE = re.compile("[!-~]+")


@dataclass(frozen=True, slots=True)
class _Stored:
    fingerprint: bytes
    status: int
    sealed: bytes


class _StoredMeanwhile(Exception):
    """Another request with the key committed after our look and before our insert."""


class Write:
    """One write request with its key; get it through `IdempotentWrite`."""

    def __init__(
        self, *, db: Database, sealer: Sealer, schema: str, scope: str, key: str, fingerprint: bytes
    ) -> None:
        self._db = db
        self._sealer = sealer
        self._schema = schema
        self._place = Place(f"{schema}.idempotency", "body")
        self.key = key
        self.scope = scope
        self.fingerprint = fingerprint

    async def once(
        self,
        work: Callable[[Transaction], Awaitable[R]],
        *,
        status: int | Callable[[R], int] = 200,
        respond: Callable[[R], Any] | None = None,
        headers: Mapping[str, str] | Callable[[R], Mapping[str, str]] | None = None,
        location: str | Callable[[R], str] | None = None,
        scope: str | None = None,
    ) -> Response:
        """Run `work(tx)`, store the answer and commit; then, and only then, return it.

        `respond` turns the result into what is sent (a pydantic model or JSON values); `status`,
        `headers` and `location` may be computed from the result. `scope` separates the keys of
        callers without an access token. `work` may run again after a deadlock.
        Raises ProblemError for a key in use or reused, and whatever `work` raises (rolled back).
        """
        owner = scope or self.scope

        async def attempt(tx: Transaction) -> Response:
            stored = await self._stored(tx, owner)
            if stored is not None:
                return await self._replay(stored, owner)
            result = await self._work(tx, owner, work)
            answer = _answer(result, status, respond, headers, location)
            await self._store(tx, owner, answer)
            return answer

        try:
            return await self._db.run(attempt)
        except _StoredMeanwhile:
            return await self._db.run(attempt)
        except IntegrityError:
            # Its transaction answers no more questions; this very request may have been answered elsewhere.
            answer = await self.answered(scope=scope)
            if answer is None:
                raise
            return answer

    async def answered(self, *, scope: str | None = None) -> Response | None:
        """The stored answer, if this request was answered before: for writes of several steps, of which
        `once` is the last. Raises ProblemError for a key in use or reused.
        """
        owner = scope or self.scope

        async def look(tx: Transaction) -> _Stored | None:
            return await self._stored(tx, owner)

        stored = await self._db.run(look)
        return None if stored is None else await self._replay(stored, owner)

    async def _work(self, tx: Transaction, scope: str, work: Callable[[Transaction], Awaitable[R]]) -> R:
        """`work(tx)`; a refusal, unless this very request has just been answered elsewhere with success."""
        try:
            return await work(tx)
        except DBAPIError:
            raise  # `tx` answers no more questions
        except Exception as refusal:
            if await self._stored(tx, scope) is not None:
                raise _StoredMeanwhile from refusal
            raise

    async def _stored(self, tx: Transaction, scope: str) -> _Stored | None:
        row = (
            await tx.execute(
                _look_up(self._schema), {"lock": self._lock_key(scope), "scope": scope, "key": self.key}
            )
        ).one()
        if not row.locked:
            raise ProblemError(
                KEY_IN_USE, "Wait for its answer, then ask again.", headers={"Retry-After": "1"}
            )
        if row.status is None:
            return None
        return _Stored(bytes(row.fingerprint), row.status, bytes(row.body))

    def _lock_key(self, scope: str) -> int:
        digest = hashlib.blake2b(f"{self._schema}\0{scope}\0{self.key}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)

    async def _replay(self, stored: _Stored, scope: str) -> Response:
        if stored.fingerprint != self.fingerprint:
            raise ProblemError(KEY_REUSED, "Use a new key for a new request.")
        answer = await self._sealer.unseal(stored.sealed, place=self._place, row=self._row(scope))
        headers, _, body = answer.partition(b"\n")
        return Response(body, stored.status, {**json.loads(headers), REPLAY_HEADER: "true"})

    def _row(self, scope: str) -> str:
        return f"{scope}\0{self.key}"

    async def _store(self, tx: Transaction, scope: str, answer: Response) -> None:
        # One line of headers, then the body as it is.
        headers = to_json({k: v for k, v in answer.headers.items() if k != "content-length"})
        content = headers + b"\n" + bytes(answer.body)
        values = {
            "scope": scope,
            "key": self.key,
            "fingerprint": self.fingerprint,
            "status": answer.status_code,
            "body": await self._sealer.seal(content, place=self._place, row=self._row(scope)),
        }
        try:
            await tx.execute(_insert(self._schema), values)
        except IntegrityError as error:
            raise _StoredMeanwhile from error


def _answer(
    result: R,
    status: int | Callable[[R], int],
    respond: Callable[[R], Any] | None,
    headers: Mapping[str, str] | Callable[[R], Mapping[str, str]] | None,
    location: str | Callable[[R], str] | None,
) -> Response:
    code = status(result) if callable(status) else status
    sent = dict(headers(result) if callable(headers) else headers or {})
    if location is not None:
        sent["Location"] = location(result) if callable(location) else location
    if code == HTTPStatus.NO_CONTENT:
        return Response(status_code=code, headers=sent)
    content = respond(result) if respond else result
    return Response(to_json(content, by_alias=True), code, sent, media_type="application/json")


@cache
def _look_up(schema: str) -> TextClause:
    # One round trip. The row is read in a snapshot older than the lock, so a request that committed
    # in between is missed here; a second look when the work is refused, or else the primary key at
    # our insert, finds it.
    return text(
        f"""
        SELECT lock.locked, stored.fingerprint, stored.status, stored.body
        FROM (SELECT pg_try_advisory_xact_lock(:lock) AS locked) AS lock
        LEFT JOIN {schema}.idempotency AS stored ON stored.scope = :scope AND stored.key = :key
        """  # noqa: S608 -- the schema is the name of the service
    )


@cache
def _insert(schema: str) -> TextClause:
    return text(
        f"""
        INSERT INTO {schema}.idempotency (scope, key, fingerprint, status, body)
        VALUES (:scope, :key, :fingerprint, :status, :body)
        """  # noqa: S608 -- as above
    )


async def idempotent_write(
    request: Request,
    principal: OptionalPrincipal,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Chosen by the client for this write; the same key gives the same answer again.",
        ),
    ] = None,
) -> Write:
    """Reads the key and the request's fingerprint."""
    return Write(
        db=request.app.state.db,
        sealer=request.app.state.sealer,
        schema=request.app.state.settings.service_name,
        scope=principal.subject if principal else "",
        key=idempotency_key(key),
        fingerprint=await request_fingerprint(request),
    )


def idempotency_key(value: str | None) -> str:
    """The checked key: 1 to 255 visible ASCII characters. Raises a 400 problem."""
    if value is None:
        raise ProblemError(KEY_MISSING, "Send a new random Idempotency-Key, as a UUID.")
    if not 1 <= len(value) <= KEY_CHARS_MAX or not _VISIBLE.fullmatch(value):
        raise ProblemError(KEY_INVALID, f"Use 1 to {KEY_CHARS_MAX} visible ASCII characters.")
    return value


async def request_fingerprint(request: Request) -> bytes:
    """What the client asked for, as 32 bytes: method, path, query and body. Under the lookup key, because
    what a body holds (a password, a personal number) could be guessed from a plain hash.
    """
    digest = hashlib.sha256(request.method.encode())
    digest.update(b"\0".join([b"", request.scope["path"].encode(), request.scope["query_string"], b""]))
    digest.update(await request.body())
    fingerprints: Fingerprints = request.app.state.fingerprints
    return fingerprints.digest("idempotency", digest.digest())


IdempotentWrite = Annotated[Write, Depends(idempotent_write)]
