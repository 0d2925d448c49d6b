"""A client that asks until it is answered, always under the same key, as one must that saw no answer."""

import uuid
from collections import Counter
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

import httpx

from support.stage.person import Person, problem
from support.waiting import wait_until

PATIENCE_S = 90
IN_FLIGHT = {"idempotency-key-in-use"}
"""The request whose answer was lost is still being worked on."""


async def send_patiently(
    person: Person,
    path: str,
    body: Any = None,
    *,
    refusals: Collection[str] = (),
    retries: Counter[str],
    pause_ms: int = 100,
) -> httpx.Response:
    """POST until there is an answer: a success, or one of the problems in `refusals`.

    `retries` counts why it was sent again: the status, or the error of the connection.
    """
    key = str(uuid.uuid4())

    async def answered() -> httpx.Response | None:
        try:
            answer = await person.send("POST", path, body, key=key)
        except httpx.TransportError as error:
            retries[type(error).__name__] += 1
            return None
        if (
            answer.is_server_error
            or is_of_the_gateway(answer)
            or (not answer.is_success and problem(answer) in IN_FLIGHT)
        ):
            retries[str(answer.status_code)] += 1
            return None
        return answer

    answer = await wait_until(answered, deadline_s=PATIENCE_S, poll_ms=pause_ms, what=f"{path} is answered")
    assert answer.is_success or problem(answer) in refusals, f"{path} gave {answer.text}"
    return answer


def is_of_the_gateway(answer: httpx.Response) -> bool:
    """Whether Traefik itself says 404, in plain text: it has just started, and knows no routes yet."""
    return answer.status_code == HTTPStatus.NOT_FOUND and answer.text.startswith("404 page not found")
